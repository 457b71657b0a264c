"""Password policies without LDAP: the rules over time, and the states on disk."""

from dataclasses import dataclass

import msgspec
import pytest
from conftest import NOW
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples

from homeport.config.quantities import Duration
from homeport.disk.directory_store import open_directory
from homeport.world.directory.contents import DirectoryContents, PasswordPolicyOptions
from homeport.world.directory.password_policy import (
    MAX_FAILURES,
    MAX_GRACE,
    PERMANENT,
    PasswordState,
    Policy,
    PolicyError,
    PolicyRefusal,
    Window,
    after_failure,
    after_success,
    check_quality,
    delay,
    is_locked,
    policy_attributes,
    policy_of,
)
from homeport.world.directory.passwords import options_of_policy, policy_of_options
from homeport.world.directory.schema.syntaxes import GENERALIZED_TIME
from homeport.world.directory.stamps import exact_time_text, read_time
from homeport.world.journal import JournalOptions
from homeport.world.row_store import StoreError
from homeport.world.world import World, WorldContents

DAY = 86400.0
POLICIES = st.builds(
    Policy,
    max_age=st.integers(0, 100),
    expire_warning=st.integers(0, 100),
    grace_authn_limit=st.integers(0, 3),
    grace_expiry=st.integers(0, 100),
    lockout=st.booleans(),
    lockout_duration=st.integers(0, 100),
    max_failure=st.integers(0, 5),
    failure_count_interval=st.integers(0, 100),
    max_idle=st.integers(0, 100),
    min_delay=st.integers(0, 100),
    max_delay=st.integers(0, 100),
)


# Rules


@given(POLICIES, st.lists(st.tuples(st.sampled_from(["right", "wrong"]), st.integers(-50, 200)), max_size=40))
@examples(200)
def test_no_history_of_logins_breaks_the_rules(policy, logins):
    state, now = PasswordState(), 1000.0
    for word, seconds in logins:
        now += seconds
        if is_locked(policy, state, now):
            continue
        if word == "wrong":
            state = after_failure(policy, state, now)
            assert is_locked(policy, state, now) == (policy.lockout and 0 < policy.max_failure <= len(state.failures))
            assert 0 <= delay(policy, state) <= max(policy.min_delay, policy.max_delay)
            continue
        verdict = after_success(policy, state, 1000.0, now)
        assert verdict.is_refused == (verdict.error is PolicyError.PASSWORD_EXPIRED)
        if verdict.is_refused:
            assert policy.max_age
            assert now > 1000 + policy.max_age
        else:
            assert (verdict.state.failures, verdict.state.locked, verdict.state.succeeded) == ((), None, now)
        state = verdict.state
        assert len(set(state.grace)) == len(state.grace) <= policy.grace_authn_limit
        assert verdict.expires_in is None or 0 <= verdict.expires_in <= policy.expire_warning


@given(st.builds(Policy, max_age=st.integers(0, 10**9), must_change=st.booleans(), check_quality=st.integers(0, 2)))
def test_a_policy_is_its_entry_and_its_options(policy):
    assert policy_of(policy_attributes(policy)) == policy
    assert policy_of_options(options_of_policy(policy)) == policy


def test_values_that_make_no_sense_count_as_none():
    assert policy_of({"pwdmaxage": (b"-1",), "pwdminage": (b"9" * 5000,), "pwdlockout": (b"MAYBE",)}) == Policy()


def test_failures_and_grace_logins_are_bounded():
    state, policy = PasswordState(), Policy(max_age=1, grace_authn_limit=10**6, max_failure=10**6, lockout=True)
    for _ in range(MAX_FAILURES + 10):
        state = after_failure(policy, state, 5.0)
    assert len(state.failures) == len(set(state.failures)) == MAX_FAILURES
    for _ in range(MAX_GRACE + 10):
        state = after_success(policy, state, 0.0, 5.0).state
    assert len(state.grace) == MAX_GRACE
    assert after_success(policy, state, 0.0, 5.0).is_refused


def test_a_clock_that_goes_back_neither_unlocks_nor_expires():
    policy = Policy(lockout=True, max_failure=1, lockout_duration=60, max_age=100)
    locked = after_failure(policy, PasswordState(), 1000.0)
    assert is_locked(policy, locked, 500.0)
    assert not after_success(policy, PasswordState(), 1000.0, 500.0).is_refused


def test_7_1_a_start_after_the_end_disables():
    assert is_locked(Policy(), PasswordState(), 5.0, Window(start=10.0, end=1.0))
    assert not is_locked(Policy(), PasswordState(), 5.0, Window(start=5.0, end=6.0))


@pytest.mark.parametrize(
    ("value", "options", "error"),
    [
        (b"\xff" * 4, {"min_length": 5}, PolicyError.PASSWORD_TOO_SHORT),
        ("ä".encode() * 5, {"min_length": 5, "max_length": 5}, None),
        (b"{CRYPT}x", {}, PolicyError.INSUFFICIENT_PASSWORD_QUALITY),
        (b"{CRYPT}x", {"check_quality": 1, "min_length": 100}, None),
        (b"ALICE", {}, PolicyError.INSUFFICIENT_PASSWORD_QUALITY),
    ],
)
def test_8_2_5_quality(value, options, error):
    policy = Policy(**{"check_quality": 2, **options})
    if error is None:
        check_quality(policy, value, ("alice",))
        return
    with pytest.raises(PolicyRefusal) as refused:
        check_quality(policy, value, ("alice",))
    assert refused.value.error is error


@given(st.floats(0, 4e9))
def test_times_are_written_and_read(moment):
    moment = round(moment, 6)
    assert read_time(exact_time_text(moment)) == pytest.approx(moment, abs=1e-6)


def test_the_permanent_lock_is_the_year_0():
    assert read_time(b"00010101000000Z") - 366 * DAY == PERMANENT
    assert read_time(b"000001010000Z") is None


@given(st.binary(max_size=40) | st.from_regex(GENERALIZED_TIME, fullmatch=True))
def test_any_time_is_read_or_is_none(value):
    assert read_time(value) is None or -63e9 < read_time(value) < 254e9


@pytest.mark.parametrize("value", [b"99991231235960Z", b"00010101000000+2359", b"20260101000000." + b"9" * 5000 + b"Z"])
def test_times_at_the_edges(value):
    assert read_time(value) is None or value.startswith(b"2026")


# States on disk


@dataclass
class Farm:
    """A world with a policy whose directory is kept in a folder."""

    folder: object
    now: float = NOW

    def start(self, **options):
        """Start, or start again."""
        policy = PasswordPolicyOptions(max_failure=1, in_history=2, **options)
        contents = WorldContents(directory=DirectoryContents(password_policy=policy))
        store = open_directory(self.folder)
        self.world = World("w", contents, JournalOptions(), lambda: self.now, directory_store=store)
        self.passwords = self.world.directory.passwords
        return self.entry("alice")

    def entry(self, login):
        """Return the entry of a person."""
        directory = self.world.directory
        return directory.tree.get(directory.fold(directory.dn_of_login(login)))

    def stop(self):
        """Write what waits, and stop."""
        if (work := self.world.directory.changes.settle()) is not None:
            work()
        self.world.close()


@pytest.fixture
def farm(tmp_path):
    """Return a farm that has not started."""
    return Farm(tmp_path)


def test_the_state_of_passwords_is_kept(farm):
    alice = farm.start()
    state = after_failure(farm.passwords.policy(alice), farm.passwords.state(alice), farm.now)
    farm.passwords.keep(alice, state)
    bob = farm.world.people.get("bob")
    farm.world.people.put(msgspec.structs.replace(bob, password="second"))
    of_bob = farm.passwords.state(farm.entry("bob"))
    assert [one.value for one in of_bob.history] == [b"bob-pass"]
    locked = farm.passwords.set_state(farm.entry("carol"), locked=True, expired=None, must_change=True)
    farm.stop()
    farm.now += 10 * DAY
    alice = farm.start()
    assert farm.passwords.state(alice) == state
    assert farm.passwords.state(farm.entry("bob")) == of_bob
    assert farm.passwords.state(farm.entry("carol")) == locked
    farm.world.reset()
    assert farm.passwords.state(farm.entry("alice")) == PasswordState()
    farm.stop()


def test_the_age_of_passwords_goes_on_after_a_restart(farm):
    alice = farm.start(max_age=Duration(90 * DAY))
    assert farm.passwords.changed(alice) == NOW
    farm.stop()
    farm.now += 100 * DAY
    alice = farm.start(max_age=Duration(90 * DAY))
    assert farm.passwords.changed(alice) == NOW
    farm.world.reset()
    assert farm.passwords.changed(farm.entry("alice")) == farm.now
    farm.stop()


def test_a_state_that_cannot_be_stored_is_rolled_back(farm, monkeypatch):
    alice = farm.start()
    farm.stop()
    alice = farm.start()
    before = farm.passwords.state(alice)

    def fail(*_arguments):
        raise StoreError("no room")

    monkeypatch.setattr(farm.world.directory_store, "_write", fail)
    farm.passwords.set_state(alice, locked=True, expired=None, must_change=None)
    changes = farm.world.directory.changes
    with pytest.raises(StoreError):
        changes.flush(changes.unsettled)
    changes.rollback_failed()
    assert farm.passwords.state(alice) == before
    monkeypatch.undo()
    farm.stop()
