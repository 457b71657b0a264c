"""LDAP in tests: logins and requests waited for, groups put, results planned."""

import socket

import pytest
from services.ldap.asker import ADMIN, ALICE, BASE, UNBIND, bind, equals, message, read, search

from homeport.testing import Refused, TimedOut


def ask(ldap, *requests):
    """Send requests and an unbind; return the answers."""
    with socket.create_connection(ldap.address, timeout=10) as client:
        for number, one in enumerate((*requests, UNBIND), 1):
            client.sendall(message(number, one))
        answer = b""
        while data := client.recv(65536):
            answer += data
        return read(answer)


def test_logins_and_searches_are_waited_for(world):
    ask(world.ldap, bind(ALICE, "alice-pass"), search(chosen=equals("uid", "bob"), attributes=("cn",)))
    assert world.ldap.wait_for_login("alice").code == "success"
    found = world.ldap.wait_for("search", code="success")
    assert found.argument == f"{BASE} sub (uid=bob)"
    assert [event.conn for event in world.ldap.searches()] == [found.conn]
    ask(world.ldap, bind(ADMIN, "wrong"))
    assert [event.code for event in world.ldap.logins()] == ["success", "invalidCredentials"]
    with pytest.raises(TimedOut):
        world.ldap.wait_for_login("bob", timeout=0.01)


def test_a_transcript_shows_messages_without_passwords(world):
    ask(world.ldap, bind(ALICE, "alice-pass"), search(ALICE, 0, attributes=("uid", "userPassword")))
    text = world.transcript(world.ldap.wait_for_login().conn).text
    assert f"C: bind #1 {ALICE}" in text
    assert "bind result #1 0 success" in text
    assert "uid: alice" in text
    assert "userPassword: ***" in text
    assert "alice-pass" not in text


def test_a_group_that_is_put_is_found(world):
    world.groups.put("pilots", members=["alice"])
    entry, _done = ask(world.ldap, search(chosen=equals("cn", "pilots")))
    assert entry.attributes["memberUid"] == [b"alice"]
    world.groups.change("pilots", description="of the channel")
    assert world.groups["pilots"].members == ["alice"]
    del world.groups["pilots"]
    assert "pilots" not in world.groups


def test_entries_are_found_and_exported(world):
    (alice,) = world.ldap.entries("(uid=alice)")
    assert (alice.dn, alice.attributes["cn"]) == (world.ldap.dn("alice"), ["Alice Liddell"])
    assert len(world.ldap.entries(base=f"ou=people,{BASE}", scope="one")) == len(world.people)
    assert f"dn: {ALICE}\n" in world.ldap.ldif()


def test_ldif_is_added(world):
    answer = world.ldap.add_ldif(f"dn: cn=lamp,{BASE}\nobjectClass: device\ncn: lamp\n")
    assert (answer.added, answer.modified) == (1, 0)
    assert len(world.ldap.entries("(cn=lamp)")) == 1
    with pytest.raises(Refused, match=f"line 1: cn=lamp,{BASE}: .*entryAlreadyExists"):
        world.ldap.add_ldif(f"dn: cn=lamp,{BASE}\nobjectClass: device\ncn: lamp\n")


def test_urls_are_those_of_its_listeners(world):
    assert world.ldap.starttls.url == world.ldap.url == f"ldap://{world.ldap.host}:{world.ldap.port}"
    assert world.ldap.tls.url.startswith("ldaps://")


def test_a_result_is_planned_by_its_name(world):
    world.ldap.fail("bind", "unavailable", optional=True)
    (answer,) = [one for one in ask(world.ldap, bind(ALICE, "alice-pass")) if one.tag == 0x61]
    assert answer.code == 52


def test_passwords_are_locked_expired_and_to_be_changed_for_ldap(world):
    def log_in():
        return ask(world.ldap, bind(ALICE, "alice-pass"))[0].code

    assert world.ldap.lock("alice").locked
    assert log_in() == 49
    assert not world.ldap.unlock("alice").locked
    assert log_in() == 0
    assert world.ldap.expire_password("alice").expired
    assert log_in() == 49
    assert not world.ldap.renew_password("alice").expired
    assert world.ldap.require_new_password("alice").must_change
    assert [one.code for one in ask(world.ldap, bind(ALICE, "alice-pass"), search(ALICE, 0))] == [0, 50]
    assert world.ldap.wait_for_event("password", what="must-change").login == "alice"


def test_a_password_policy_is_set_and_moved_by_the_clock(world):
    with pytest.raises(Refused, match="no password policy"):
        world.ldap.password_policy()
    made = world.ldap.set_password_policy(max_age="90d", grace_authn_limit=1)
    assert (made.max_age, world.ldap.password_policy()) == ("90d", made)
    world.clock.advance("P91D")
    assert ask(world.ldap, bind(ALICE, "alice-pass"))[0].code == 0
    state = world.ldap.password_state("alice")
    assert (state.expired, state.grace_left, state.policy) == (True, 0, f"cn=default,ou=policies,{BASE}")
    assert ask(world.ldap, bind(ALICE, "alice-pass"))[0].code == 49
    world.ldap.remove_password_policy()
    assert ask(world.ldap, bind(ALICE, "alice-pass"))[0].code == 0
