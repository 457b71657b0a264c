"""Password policies over LDAP, moved by the world's clock (draft-behera-ldap-password-policy-11)."""

import hmac
from typing import Any

import msgspec
import pytest
from conftest import make_world
from services.ldap.asker import (
    ADMIN,
    ALICE,
    BASE,
    Asker,
    Response,
    add,
    bind,
    compare,
    delete,
    equals,
    extended,
    modify,
    octets,
    rename,
    search,
)
from services.ldap.policy_asker import (
    ADDED,
    ASKED,
    BOB,
    DAY,
    DELETED,
    POLICY,
    PPOLICY,
    REPLACED,
    WHO_AM_I,
    ask,
    change,
    events,
    log_in,
    policy,
    state,
    told,
)

from homeport.protocol.ber import encode_integer, encode_sequence
from homeport.protocol.events import TimerFired
from homeport.world.directory.contents import DirectoryContents
from homeport.world.people import Person
from homeport.world.world import WorldContents


def test_without_a_policy_nothing_expires_and_nobody_is_locked_out(client):
    one = client()
    assert [log_in(one, "wrong")[0] for _ in range(20)] == [49] * 20
    one.world.clock.advance(3650 * DAY)
    assert log_in(one) == (0, {})
    assert state(client(one.world).login()) == {}


def test_the_root_dse_lists_the_control(client):
    assert PPOLICY.encode() in client().ask(search("", 0, attributes=("+",)))[0].attributes["supportedControl"]


# Expiry


def test_7_3_a_password_expires_with_the_worlds_clock(client):
    one = client(policy(max_age=90 * DAY))
    one.world.clock.advance(90 * DAY)
    assert log_in(one) == (0, {})
    one.world.clock.advance(1)
    assert log_in(one) == (49, {"error": "passwordExpired"})
    assert log_in(one, "wrong") == (49, {})
    assert one.code(bind(ALICE, "alice-pass")) == 49
    assert events(one) == ["expired", "expired"]


def test_a_password_set_by_the_administrator_has_a_new_age(client):
    one = client(policy(max_age=90 * DAY))
    one.world.clock.advance(91 * DAY)
    assert client(one.world).login().code(modify(ALICE, (REPLACED, "userPassword", ("fresh",)))) == 0
    assert log_in(one, "fresh") == (0, {})
    one.world.clock.advance(91 * DAY)
    assert log_in(one, "fresh")[0] == 49


def test_a_password_changed_elsewhere_has_a_new_age(client):
    one = client(policy(max_age=90 * DAY, in_history=3))
    one.world.clock.advance(91 * DAY)
    alice = one.world.people.get("alice")
    one.world.people.put(msgspec.structs.replace(alice, password="by-api"))
    one.world.people.put(msgspec.structs.replace(alice, password="by-api", phone="+1 555"))
    assert log_in(one, "by-api") == (0, {})
    assert change(one, "alice-pass") == (19, "passwordInHistory")


def test_a_person_who_is_added_later_has_a_younger_password(client):
    one = client(policy(max_age=90 * DAY))
    one.world.clock.advance(60 * DAY)
    one.world.people.put(Person(login="eve", name="Eve Quay", password="eve-pass"))
    one.world.clock.advance(60 * DAY)
    assert log_in(one)[0] == 49
    assert log_in(one, "eve-pass", f"uid=eve,ou=people,{BASE}") == (0, {})


def test_7_5_a_password_that_expires_soon_is_a_warning(client):
    one = client(policy(max_age=90 * DAY, expire_warning=7 * DAY))
    one.world.clock.advance(83 * DAY - 1)
    assert log_in(one) == (0, {})
    one.world.clock.advance(1)
    assert log_in(one) == (0, {"expires_in": 7 * DAY})
    one.world.clock.advance(7 * DAY)
    assert log_in(one) == (0, {"expires_in": 0})
    assert events(one) == ["expiring", "expiring"]


def test_8_1_2_3_an_expired_password_has_grace_logins(client):
    one = client(policy(max_age=90 * DAY, grace_authn_limit=2))
    one.world.clock.advance(91 * DAY)
    assert log_in(one) == (0, {"grace_left": 1})
    assert log_in(one) == (0, {"grace_left": 0})
    assert log_in(one) == (49, {"error": "passwordExpired"})
    times = state(client(one.world).login())["pwdGraceUseTime"]
    assert len(set(times)) == 2  # though the clock stands still
    assert events(one) == ["grace", "grace", "expired"]


def test_7_4_grace_runs_out(client):
    one = client(policy(max_age=90 * DAY, grace_authn_limit=5, grace_expiry=2 * DAY))
    one.world.clock.advance(91 * DAY)
    assert log_in(one) == (0, {"grace_left": 4})
    one.world.clock.advance(2 * DAY)
    assert log_in(one) == (49, {"error": "passwordExpired"})


def test_a_password_changed_in_a_grace_login_gives_the_grace_back(client):
    one = client(policy(max_age=90 * DAY, grace_authn_limit=1))
    one.world.clock.advance(91 * DAY)
    assert log_in(one) == (0, {"grace_left": 0})
    assert change(one, "fresh") == (0, "")
    assert log_in(one, "fresh") == (0, {})
    one.world.clock.advance(91 * DAY)
    assert log_in(one, "fresh") == (0, {"grace_left": 0})


def test_the_control_is_sent_to_those_who_ask(client):
    one = client(policy(max_age=90 * DAY, grace_authn_limit=1))
    one.world.clock.advance(91 * DAY)
    (done,) = one.ask(bind(ALICE, "alice-pass"))
    assert (done.code, done.controls) == (0, {})


def test_the_older_controls_are_an_option(client):
    world = policy(max_age=90 * DAY, expire_warning=7 * DAY)
    one = client(world, netscape_controls=True)
    world.clock.advance(89 * DAY)
    assert one.ask(bind(ALICE, "alice-pass"))[0].controls == {"2.16.840.1.113730.3.4.5": b"86400"}
    world.clock.advance(2 * DAY)
    assert one.ask(bind(ALICE, "alice-pass"))[0].controls == {"2.16.840.1.113730.3.4.4": b"0"}


# Lockout


def test_8_1_3_too_many_failures_lock_an_account_and_time_unlocks_it(client):
    one = client(policy(max_failure=3, lockout_duration=15 * 60))
    assert log_in(one, "wrong") == (49, {})
    assert log_in(one, "wrong") == (49, {})
    assert log_in(one, "wrong") == (49, {"error": "accountLocked"})
    assert log_in(one) == (49, {"error": "accountLocked"})
    assert log_in(client(one.world), "bob-pass", BOB)[0] == 0
    one.world.clock.advance(15 * 60 - 1)
    assert log_in(one) == (49, {"error": "accountLocked"})
    one.world.clock.advance(1)
    assert log_in(one) == (0, {})
    assert events(one) == ["locked", "refused", "refused"]
    assert "pwdFailureTime" not in state(client(one.world).login())


def test_a_locked_account_answers_as_a_wrong_password_does(client):
    one = client(policy(max_failure=1))
    one.code(bind(ALICE, "wrong"))
    (done,) = one.ask(bind(ALICE, "alice-pass"))
    assert (done.code, done.matched, done.controls) == (49, "", {})


def test_a_login_forgets_failures(client):
    one = client(policy(max_failure=2))
    assert [log_in(one, word)[0] for word in ("wrong", "alice-pass", "wrong", "alice-pass")] == [49, 0, 49, 0]


def test_7_6_failures_are_forgotten_after_their_interval(client):
    one = client(policy(max_failure=2, failure_count_interval=60))
    log_in(one, "wrong")
    one.world.clock.advance(60)
    assert log_in(one, "wrong") == (49, {})
    one.world.clock.advance(59)
    assert log_in(one, "wrong") == (49, {"error": "accountLocked"})


def test_a_lock_without_duration_ends_with_a_new_password(client):
    one = client(policy(max_failure=1))
    log_in(one, "wrong")
    one.world.clock.advance(365 * DAY)
    assert log_in(one) == (49, {"error": "accountLocked"})
    assert client(one.world).login().code(modify(ALICE, (REPLACED, "userPassword", ("fresh",)))) == 0
    assert log_in(one, "fresh") == (0, {})


def test_5_3_3_an_administrator_locks_for_good_and_unlocks(client):
    admin = client().login()
    one = client(admin.world)
    assert admin.code(modify(ALICE, (REPLACED, "pwdAccountLockedTime", ("000001010000Z",)))) == 0
    assert admin.entries(search(BASE, 2, equals("pwdAccountLockedTime", "000001010000Z"))) == [ALICE]
    assert log_in(one) == (49, {"error": "accountLocked"})
    assert state(admin)["pwdAccountLockedTime"] == [b"000001010000Z"]
    assert admin.code(modify(ALICE, (DELETED, "pwdAccountLockedTime", ()))) == 0
    assert log_in(one) == (0, {})


def test_a_wrong_password_does_not_unlock_what_an_administrator_locked(client):
    admin = client(policy(max_failure=3)).login()
    assert admin.code(modify(ALICE, (REPLACED, "pwdAccountLockedTime", ("000001010000Z",)))) == 0
    log_in(client(admin.world), "wrong")
    assert state(admin)["pwdAccountLockedTime"] == [b"000001010000Z"]


def test_people_do_not_unlock_themselves(client):
    one = client(policy(must_change=True)).login(ALICE, "alice-pass")
    for kind, value in (
        ("pwdReset", "TRUE"),
        ("pwdAccountLockedTime", "000001010000Z"),
        ("pwdPolicySubentry", POLICY.replace("default", "lax")),
        ("pwdEndTime", "20400101000000Z"),
    ):
        assert one.code(modify(ALICE, (REPLACED, kind, (value,)))) == 50
    assert one.code(modify(ALICE, (REPLACED, "pwdChangedTime", ("20300101000000Z",)))) == 19


def test_administrators_are_not_locked_out(client):
    one = client(policy(max_failure=1, max_age=DAY))
    log_in(one, "wrong", ADMIN)
    one.world.clock.advance(365 * DAY)
    assert log_in(one, "admin-pass", ADMIN) == (0, {})


def test_7_1_an_idle_account_is_locked(client):
    one = client(policy(max_idle=30 * DAY))
    assert log_in(one) == (0, {})
    one.world.clock.advance(30 * DAY)
    assert log_in(one) == (49, {"error": "accountLocked"})


def test_7_1_a_password_is_valid_within_its_times(client):
    admin = client().login()
    day = admin.world.clock.moment().strftime("%Y%m%d")
    assert admin.code(modify(ALICE, (REPLACED, "pwdEndTime", (f"{day}235959Z",)))) == 0
    assert log_in(client(admin.world)) == (0, {})
    admin.world.clock.advance(DAY)
    assert log_in(client(admin.world)) == (49, {"error": "accountLocked"})


@pytest.mark.parametrize("mechanism", ["PLAIN", "CRAM-MD5"])
def test_wrong_passwords_of_sasl_count(client, mechanism):
    one = client(policy(max_failure=2, lockout_duration=60))
    assert sasl(one, mechanism, "wrong") == (49, {})
    assert sasl(one, mechanism, "wrong") == (49, {"error": "accountLocked"})
    assert sasl(one, mechanism, "alice-pass") == (49, {"error": "accountLocked"})
    one.world.clock.advance(60)
    assert sasl(one, mechanism, "alice-pass") == (0, {})


def test_an_expired_password_is_expired_by_sasl_too(client):
    one = client(policy(max_age=DAY, grace_authn_limit=1))
    one.world.clock.advance(2 * DAY)
    assert sasl(one, "PLAIN", "alice-pass") == (0, {"grace_left": 0})
    assert sasl(one, "CRAM-MD5", "alice-pass") == (49, {"error": "passwordExpired"})


def sasl(one: Asker, mechanism: str, password: str) -> tuple[int, dict[str, Any]]:
    """Log alice in by SASL; return the result code and what the control says."""

    def send(response: bytes | None) -> Response:
        parts = [octets(mechanism)] + ([] if response is None else [octets(response)])
        request = encode_sequence(encode_integer(3), octets(""), encode_sequence(*parts, tag=0xA3), tag=0x60)
        (done,) = one.ask(request, ASKED)
        return done

    if mechanism == "PLAIN":
        done = send(b"\0alice\0" + password.encode())
    else:
        challenge = send(None).more[0x87]
        done = send(b"alice " + hmac.new(password.encode(), challenge, "md5").hexdigest().encode())
    return done.code, told(done) if PPOLICY in done.controls else {}


def test_7_7_the_answer_to_a_wrong_password_is_delayed(client):
    one = client(policy(min_delay=1, max_delay=3))
    seconds = []
    for _ in range(4):
        assert one.ask(bind(ALICE, "wrong")) == []
        (name,) = [name for name in one.talk.timers if name.startswith("wait-")]
        seconds.append(one.talk.timers.pop(name))
        assert b"\x0a\x01\x31" in one.hear(TimerFired(name))  # invalidCredentials
    assert seconds == [1, 2, 3, 3]
    assert log_in(one) == (0, {})


def test_a_delayed_answer_can_be_abandoned(client):
    one = client(policy(min_delay=1, max_delay=1))
    assert one.ask(bind(ALICE, "wrong")) == []
    assert one.ask(encode_integer(1, 0x50)) == []
    assert one.hear(TimerFired("delay-1")) == b""


def test_8_1_a_compare_is_a_login_elsewhere(client):
    admin = client(policy(max_failure=2, max_age=90 * DAY, grace_authn_limit=1)).login()

    def told_by(password):
        (done,) = admin.ask(compare(ALICE, "userPassword", password), ASKED)
        return done.code, told(done) if PPOLICY in done.controls else {}

    assert [told_by("wrong"), told_by("alice-pass"), told_by("wrong")] == [(5, {}), (6, {}), (5, {})]
    assert told_by("wrong") == (5, {"error": "accountLocked"})
    assert told_by("alice-pass") == (5, {"error": "accountLocked"})
    assert admin.code(modify(ALICE, (DELETED, "pwdAccountLockedTime", ()))) == 0
    admin.world.clock.advance(91 * DAY)
    assert told_by("alice-pass") == (6, {"grace_left": 0})
    assert told_by("alice-pass") == (5, {"error": "passwordExpired"})


def test_a_wrong_old_password_counts(client):
    one = client(policy(max_failure=2)).login(BOB, "bob-pass")
    assert change(one, "x", "wrong", ALICE) == (49, "")
    assert change(one, "x", "wrong", ALICE) == (49, "accountLocked")
    assert change(one, "x", "alice-pass", ALICE) == (49, "accountLocked")
    assert log_in(client(one.world)) == (49, {"error": "accountLocked"})


# Must change


def test_8_1_2_2_a_password_that_was_reset_must_be_changed(client):
    admin = client(policy(must_change=True)).login()
    assert admin.code(modify(ALICE, (REPLACED, "userPassword", ("temporary",)))) == 0
    assert state(admin)["pwdReset"] == [b"TRUE"]
    one = client(admin.world)
    assert log_in(one, "temporary") == (0, {"error": "changeAfterReset"})
    for request in (
        search(),
        compare(ALICE, "cn", "x"),
        add(f"ou=x,{BASE}", objectClass="organizationalUnit", ou="x"),
        delete(ALICE),
        rename(ALICE, "uid=alyce"),
        modify(ALICE, (REPLACED, "description", ("x",))),
        modify(ALICE, (REPLACED, "userPassword", ("x",)), (REPLACED, "description", ("x",))),
        modify(BOB, (REPLACED, "userPassword", ("x",))),
        extended("1.2.3"),
    ):
        assert ask(one, request) == (50, "changeAfterReset")
    assert one.code(search()) == 50
    assert one.code(extended(WHO_AM_I)) == 0
    assert change(one, "my-own") == (0, "")
    assert one.code(search()) == 0
    assert log_in(client(admin.world), "my-own") == (0, {})
    assert "pwdReset" not in state(admin)


def test_a_reset_password_is_changed_by_modify_too(client):
    admin = client(policy(must_change=True, safe_modify=True, min_age=DAY)).login()
    assert admin.code(modify(ALICE, (REPLACED, "userPassword", ("temporary",)))) == 0
    one = client(admin.world)
    assert log_in(one, "temporary") == (0, {"error": "changeAfterReset"})
    mine = modify(ALICE, (DELETED, "userPassword", ("temporary",)), (ADDED, "userPassword", ("my-own",)))
    assert ask(one, mine) == (0, "")
    assert one.code(search()) == 0


def test_a_new_entry_has_a_password_of_the_administrator(client):
    admin = client(policy(must_change=True)).login()
    eve = f"uid=eve,ou=people,{BASE}"
    assert admin.code(add(eve, objectClass="inetOrgPerson", uid="eve", cn="Eve", sn="E", userPassword="first")) == 0
    assert log_in(client(admin.world), "first", eve) == (0, {"error": "changeAfterReset"})


def test_an_administrator_asks_for_a_change_by_hand(client):
    admin = client().login()
    assert admin.code(modify(ALICE, (REPLACED, "pwdReset", ("TRUE",)))) == 0
    assert log_in(client(admin.world)) == (0, {"error": "changeAfterReset"})
    assert admin.code(modify(ALICE, (DELETED, "pwdReset", ()))) == 0
    assert log_in(client(admin.world)) == (0, {})


def test_a_password_and_its_reset_are_set_by_one_request(client):
    admin = client(policy(must_change=True)).login()
    both = modify(ALICE, (REPLACED, "userPassword", ("fresh",)), (REPLACED, "pwdReset", ("TRUE",)))
    assert admin.code(both) == 0
    assert state(admin)["pwdReset"] == [b"TRUE"]


# Policies


def test_a_policy_begins_when_its_entry_is_added(client):
    admin = client().login()
    admin.world.clock.advance(365 * DAY)
    assert admin.code(add(f"ou=policies,{BASE}", objectClass="organizationalUnit", ou="policies")) == 0
    rules = {"pwdAttribute": "userPassword", "pwdMaxAge": str(90 * DAY)}
    assert admin.code(add(POLICY, objectClass=("device", "pwdPolicy"), cn="default", **rules)) == 0
    one = client(admin.world)
    assert log_in(one) == (0, {})
    one.world.clock.advance(91 * DAY)
    assert log_in(one) == (49, {"error": "passwordExpired"})
    assert admin.code(delete(POLICY)) == 0
    assert log_in(one) == (0, {})


def test_the_age_of_passwords_counts_from_when_a_policy_is_there(client):
    admin = client().login()
    rules = {"pwdAttribute": "userPassword", "pwdMaxAge": str(90 * DAY)}
    for _ in range(2):
        admin.code(add(f"ou=policies,{BASE}", objectClass="organizationalUnit", ou="policies"))
        assert admin.code(add(POLICY, objectClass=("device", "pwdPolicy"), cn="default", **rules)) == 0
        admin.world.clock.advance(90 * DAY)
        assert log_in(client(admin.world)) == (0, {})
        admin.world.clock.advance(1)
        assert log_in(client(admin.world)) == (49, {"error": "passwordExpired"})
        assert admin.code(delete(POLICY)) == 0
        admin.world.clock.advance(90 * DAY)


def test_a_policy_of_ldif_begins_with_the_world(client):
    entries = f"dn: {POLICY}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: default\npwdAttribute: userPassword\n"
    world = make_world(WorldContents(directory=DirectoryContents(ldif=f"{entries}pwdMaxAge: {90 * DAY}\n")))
    world.clock.advance(91 * DAY)
    assert log_in(client(world)) == (49, {"error": "passwordExpired"})


def test_people_who_are_read_again_are_followed(client):
    one = client(policy(max_age=90 * DAY))
    log_in(one)
    one.world.clock.advance(91 * DAY)
    one.world.begin_people()
    alice = one.world.people.get("alice")
    one.world.people.put(msgspec.structs.replace(alice, password="fresh"))
    assert log_in(one, "fresh") == (0, {})


def test_a_policy_is_changed_while_it_runs(client):
    admin = client(policy(max_failure=3)).login()
    assert admin.ask(search(POLICY, 0))[0].attributes["pwdMaxFailure"] == [b"3"]
    assert admin.code(modify(POLICY, (REPLACED, "pwdMaxFailure", ("1",)))) == 0
    assert log_in(client(admin.world), "wrong") == (49, {"error": "accountLocked"})


def test_an_entry_names_a_policy_of_its_own(client):
    admin = client(policy(max_failure=3)).login()
    strict = POLICY.replace("default", "strict")
    rules = {"pwdAttribute": "userPassword", "pwdLockout": "TRUE", "pwdMaxFailure": "1"}
    assert admin.code(add(strict, objectClass=("device", "pwdPolicy"), cn="strict", **rules)) == 0
    assert admin.code(modify(ALICE, (REPLACED, "pwdPolicySubentry", (strict,)))) == 0
    one = client(admin.world)
    assert log_in(one, "wrong") == (49, {"error": "accountLocked"})
    assert log_in(one, "wrong", BOB) == (49, {})
    assert state(admin)["pwdPolicySubentry"] == [strict.encode()]
    assert state(admin, BOB)["pwdPolicySubentry"] == [POLICY.encode()]


def test_entries_of_ones_own_have_passwords_under_the_policy(client):
    admin = client(policy(max_failure=1)).login()
    app = f"cn=app,{BASE}"
    held = {"objectClass": ("device", "simpleSecurityObject"), "cn": "app", "userPassword": "app-pass"}
    assert admin.code(add(app, **held)) == 0
    one = client(admin.world)
    assert log_in(one, "wrong", app) == (49, {"error": "accountLocked"})
    assert admin.code(rename(app, "cn=application")) == 0
    assert log_in(one, "app-pass", f"cn=application,{BASE}") == (49, {"error": "accountLocked"})
    assert admin.code(delete(f"cn=application,{BASE}")) == 0
    assert admin.code(add(app, **held)) == 0
    assert log_in(one, "app-pass", app) == (0, {})


def test_the_state_of_a_person_goes_along_and_goes_away(client):
    admin = client(policy(max_failure=1)).login()
    one = client(admin.world)
    log_in(one, "wrong")
    assert admin.code(rename(ALICE, "uid=alyce")) == 0
    assert log_in(one, name=f"uid=alyce,ou=people,{BASE}") == (49, {"error": "accountLocked"})
    alyce = admin.world.people.get("alyce")
    admin.world.people.remove("alyce")
    admin.world.people.put(alyce)
    assert log_in(one, name=f"uid=alyce,ou=people,{BASE}") == (0, {})


def test_a_reset_of_the_world_unlocks_everybody(client):
    one = client(policy(max_failure=1))
    log_in(one, "wrong")
    one.world.reset()
    assert log_in(client(one.world)) == (0, {})


def test_failures_are_bounded(client):
    one = client(policy(max_failure=1_000, failure_count_interval=DAY))
    for _ in range(300):
        one.code(bind(ALICE, "wrong"))
    assert len(state(client(one.world).login())["pwdFailureTime"]) == 200


def test_attributes_of_the_state(client):
    one = client(policy(max_age=90 * DAY)).login(ALICE, "alice-pass")
    now = one.world.clock.moment().strftime("%Y%m%d%H%M%SZ").encode()
    held = state(client(one.world).login())
    assert held == {"pwdChangedTime": [now], "pwdLastSuccess": [now], "pwdPolicySubentry": [POLICY.encode()]}
    assert one.entries(search(BASE, 2, encode_sequence(octets("pwdChangedTime"), octets(now), tag=0xA6))) != []


def test_every_attribute_and_the_class_are_in_the_schema(client):
    found = client().ask(search("cn=subschema", 0, attributes=("attributeTypes", "objectClasses")))[0].attributes
    types = b"".join(found["attributeTypes"])
    (policies,) = [one for one in found["objectClasses"] if b"'pwdPolicy'" in one]
    for name in (b"pwdMaxLength", b"pwdGraceExpiry", b"pwdMinDelay", b"pwdMaxDelay", b"pwdMaxIdle"):
        assert b"'" + name + b"'" in types
        assert name in policies
