"""Computed zones, signed: whatever EPP, acts and clock did, a validator accepts each answer."""

from hypothesis import given, settings
from hypothesis import strategies as st
from world.zones.test_registry_model import NOW, QUESTIONS, STEPS, TEST, ZONES, make, run
from world.zones.validator import Validator

from homeport.world.zones.lookup import look_up, zone_of
from homeport.world.zones.signing import Policy, complete, denial, whole


@settings(max_examples=25, deadline=None)
@given(ZONES, STEPS, st.sampled_from(["nsec", "nsec3"]), st.booleans(), st.randoms(use_true_random=False))
def test_every_answer_is_valid(zone, steps, kind, minimal, chance):
    world = make(**zone)
    zones = world.zones
    zones.keys.set_default(Policy(denial=kind))
    limit, denial.MAX_COMPUTED_NAMES = denial.MAX_COMPUTED_NAMES, 0 if minimal else 100
    try:
        for step in steps:
            run(world, step)
            for name, type_ in chance.sample(QUESTIONS, 15):
                asked = zone_of(zones, name, type_)
                found = look_up(zones, name, type_)
                complete(zones, found, NOW)
                if asked is not None and asked.origin not in zones.stored:
                    Validator.of(asked, NOW).validate(found, name, type_)
        tld = zones.find(TEST)
        records = [one for piece in whole(zones.keys, tld, NOW) for one in piece]
        Validator.of(tld, NOW).signed_sets(records)
    finally:
        denial.MAX_COMPUTED_NAMES = limit
