"""Changes of passwords under a policy over LDAP (draft-behera-ldap-password-policy-11, 8.2)."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from services.ldap.asker import ALICE, BASE, Asker, add, compare, control, equals, modify, octets, present, search
from services.ldap.policy_asker import ADDED, BOB, DAY, DELETED, REPLACED, ask, change, log_in, policy, state

from homeport.protocol.ber import encode_sequence
from homeport.world.row_store import StoreError


def test_8_2_1_the_old_password_must_be_given(client):
    one = client(policy(safe_modify=True)).login(ALICE, "alice-pass")
    refused = (50, "mustSupplyOldPassword")
    assert ask(one, modify(ALICE, (REPLACED, "userPassword", ("fresh",)))) == refused
    assert ask(one, modify(ALICE, (DELETED, "userPassword", ()), (ADDED, "userPassword", ("fresh",)))) == refused
    assert change(one, "fresh") == refused
    assert change(one, "fresh", "wrong")[0] == 49
    assert change(one, "fresh", "alice-pass") == (0, "")
    again = modify(ALICE, (DELETED, "userPassword", ("fresh",)), (ADDED, "userPassword", ("fresher",)))
    assert ask(one, again) == (0, "")
    assert client(one.world).login().code(modify(ALICE, (REPLACED, "userPassword", ("by-admin",)))) == 0


def test_8_2_3_people_may_not_change_their_password(client):
    one = client(policy(allow_user_change=False)).login(ALICE, "alice-pass")
    assert change(one, "fresh") == (50, "passwordModNotAllowed")
    assert ask(one, modify(ALICE, (REPLACED, "userPassword", ("fresh",)))) == (50, "passwordModNotAllowed")
    assert one.code(modify(ALICE, (REPLACED, "description", ("x",)))) == 0
    assert client(one.world).login().code(modify(ALICE, (REPLACED, "userPassword", ("by-admin",)))) == 0


def test_8_2_4_a_young_password_stays(client):
    one = client(policy(min_age=DAY)).login(ALICE, "alice-pass")
    assert change(one, "fresh") == (19, "passwordTooYoung")
    one.world.clock.advance(DAY)
    assert change(one, "fresh") == (0, "")
    assert change(one, "fresher") == (19, "passwordTooYoung")


@pytest.mark.parametrize(
    ("options", "new", "code", "error"),
    [
        ({"min_length": 8}, "short", 19, "passwordTooShort"),
        ({"min_length": 8}, "longenough", 0, ""),
        ({"min_length": 8}, "älterö8b", 0, ""),  # characters, not bytes
        ({"max_length": 8, "check_quality": 2}, "muchtoolong", 19, "passwordTooLong"),
        ({"min_length": 8, "check_quality": 0}, "short", 0, ""),
        ({"check_quality": 1, "min_length": 50}, "{SSHA}UhWD7vrNGR8nI7LOKCNO0mJDiiH3NLbL", 0, ""),
        ({"check_quality": 2}, "{SSHA}UhWD7vrNGR8nI7LOKCNO0mJDiiH3NLbL", 19, "insufficientPasswordQuality"),
        ({"check_quality": 2}, "ALICE", 19, "insufficientPasswordQuality"),
        ({"check_quality": 2}, "Alice Liddell", 19, "insufficientPasswordQuality"),
    ],
)
def test_8_2_5_the_quality_of_passwords(client, options, new, code, error):
    one = client(policy(**options)).login(ALICE, "alice-pass")
    admin = client(one.world).login()
    assert ask(admin, modify(ALICE, (REPLACED, "userPassword", (new,)))) == (code, error)
    assert change(admin, new, name=ALICE) == (code, error)
    if not code:
        return
    assert [fields["error"] for kind, fields in admin.talk.logs if kind == "password"] == [error, error]
    assert ask(one, modify(ALICE, (REPLACED, "userPassword", (new,)))) == (code, error)
    assert change(one, new) == (code, error)
    assert log_in(one) == (0, {})


def test_8_2_5_the_quality_of_a_new_entrys_password(client):
    admin = client(policy(min_length=8)).login()
    eve = {"objectClass": "inetOrgPerson", "uid": "eve", "cn": "Eve", "sn": "E"}
    assert ask(admin, add(f"uid=eve,ou=people,{BASE}", **eve, userPassword="short")) == (19, "passwordTooShort")
    assert ask(admin, add(f"uid=eve,ou=people,{BASE}", **eve, userPassword="longenough")) == (0, "")


def test_8_an_entry_has_one_password(client):
    admin = client(policy(min_length=1)).login()
    assert ask(admin, modify(ALICE, (ADDED, "userPassword", ("second",)))) == (19, "")


def test_8_2_6_old_passwords_are_not_used_again(client):
    one = client(policy(in_history=2)).login(ALICE, "alice-pass")
    assert change(one, "alice-pass") == (19, "passwordInHistory")
    assert change(one, "second") == (0, "")
    assert change(one, "third") == (0, "")
    assert change(one, "alice-pass") == (19, "passwordInHistory")
    assert change(one, "fourth") == (0, "")
    assert change(one, "alice-pass") == (0, "")


def test_hashed_passwords_are_in_the_history(client):
    one = client(policy(in_history=5)).login(ALICE, "alice-pass")
    assert change(one, "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=") == (0, "")  # "secret"
    assert change(one, "secret") == (19, "passwordInHistory")
    assert change(one, "other") == (0, "")
    assert change(one, "secret") == (19, "passwordInHistory")


def test_5_3_5_the_history_is_for_administrators(client):
    one = client(policy(in_history=2)).login(ALICE, "alice-pass")
    assert change(one, "second") == (0, "")
    admin = client(one.world).login()
    (old,) = state(admin)["pwdHistory"]
    time, *rest = old.split(b"#")
    assert (len(time), rest) == (15, [b"1.3.6.1.4.1.1466.115.121.1.40", b"10", b"alice-pass"])
    assert "pwdHistory" not in state(one)
    assert one.entries(search(BASE, 2, present("pwdHistory"))) == []
    assert admin.entries(search(BASE, 2, present("pwdHistory"))) == [ALICE]


def test_nobody_finds_out_passwords_by_other_ways_than_filters(client):
    one = client(policy(in_history=2)).login(ALICE, "alice-pass")
    assert change(one, "second") == (0, "")
    time = state(client(one.world).login())["pwdChangedTime"][0].decode()
    other = client(one.world).login(BOB, "bob-pass")
    old = f"{time}#1.3.6.1.4.1.1466.115.121.1.40#10#alice-pass"
    assert other.code(compare(ALICE, "pwdHistory", old)) == 50
    assert client(one.world).login().code(compare(ALICE, "pwdHistory", old)) == 6
    guess = control("1.3.6.1.1.12", equals("userPassword", "second"), critical=True)
    assert other.code(compare(ALICE, "uid", "alice"), guess) == 122
    assert client(one.world).login().code(compare(ALICE, "uid", "alice"), guess) == 6
    key = encode_sequence(octets("userPassword"), octets("2.5.13.18", 0x80))
    assert other.code(search(), control("1.2.840.113556.1.4.473", encode_sequence(key), critical=True)) == 12


def test_a_change_that_cannot_be_stored_is_refused(client, monkeypatch):
    admin = client(policy(max_failure=3)).login()

    def fail(_rows):
        raise StoreError("no room")

    monkeypatch.setattr(admin.world.directory.changes, "keep", fail)
    assert admin.code(modify(ALICE, (REPLACED, "userPassword", ("fresh",)))) == 52
    assert log_in(client(admin.world), "wrong") == (52, {})


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("log in"), st.sampled_from(["alice-pass", "first", "second", "wrong"])),
        st.tuples(st.just("change"), st.sampled_from(["first", "second", "alice-pass", "x", "{SHA}no"])),
        st.tuples(st.just("reset"), st.sampled_from(["first", "alice-pass"])),
        st.tuples(st.just("lock"), st.sampled_from(["000001010000Z", "20260101000000.5Z", "99991231235960Z"])),
        st.tuples(st.just("elsewhere"), st.sampled_from(["first", "second"])),
        st.tuples(st.just("wait"), st.integers(-100, 100 * DAY)),
    ),
    max_size=25,
)


@examples(40)
@given(STEPS)
def test_any_order_of_logins_and_changes_ends_in_a_state_that_can_be_read(steps):
    admin = Asker(policy(max_failure=2, max_age=90 * DAY, in_history=2, must_change=True, min_length=2)).login()
    world = admin.world
    one = Asker(world)
    for what, value in steps:
        if what == "log in":
            assert log_in(one, value)[0] in (0, 49)
        elif what == "change":
            assert change(one, value)[0] in (0, 8, 19)
        elif what == "reset":
            assert admin.code(modify(ALICE, (REPLACED, "userPassword", (value,)))) in (0, 19)
        elif what == "lock":
            assert admin.code(modify(ALICE, (REPLACED, "pwdAccountLockedTime", (value,)))) == (
                21 if value[:4] == "9999" else 0
            )
        elif what == "elsewhere":
            world.people.put(msgspec.structs.replace(world.people.get("alice"), password=value))
        else:
            world.clock.set(world.clock.now() + value)
        held = state(admin)
        assert len(held.get("pwdHistory", ())) <= 2
        assert len(held["pwdChangedTime"]) == 1
    assert admin.code(modify(ALICE, (DELETED, "userPassword", ()), (ADDED, "userPassword", ("brand-new",)))) == 0
    assert log_in(one, "brand-new") == (0, {"error": "changeAfterReset"})
