"""Messages as text in transcripts; no secret among them."""

from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from services.ldap.asker import (
    ADMIN,
    ALICE,
    BASE,
    UNBIND,
    add,
    bind,
    control,
    equals,
    extended,
    message,
    modify,
    search,
)

from homeport.services.ldap.messages import Result
from homeport.services.ldap.responses import notice
from homeport.services.ldap.transcript import MAX_LINES, transcribe


def shown(*requests, controls=()):
    """Return messages as text."""
    texts, rest = transcribe(b"".join(message(number, one, *controls) for number, one in enumerate(requests, 1)))
    assert not rest
    return texts


def sent(client):
    """Return all that a client was sent as text."""
    texts, rest = transcribe(client.talk.sent)
    assert not rest
    return texts


def test_a_search_and_what_it_finds(client):
    one = client()
    one.ask(search(chosen=equals("uid", "alice"), attributes=("cn", "uid"), size=3))
    assert shown(search(chosen=equals("uid", "alice"), attributes=("cn", "uid"), size=3)) == [
        f"search #1 {BASE} sub (uid=alice)\n  attributes: cn uid\n  size limit 3"
    ]
    assert sent(one) == [
        f"entry #1 {ALICE}\n  uid: alice\n  cn: Alice Liddell",
        "search result #1 0 success",
    ]


def test_a_login_shows_neither_password_nor_credentials():
    assert shown(bind(ADMIN, "admin-pass"), bind()) == [
        f"bind #1 {ADMIN}\n  simple, with a password",
        "bind #2\n  simple, without a password",
    ]


def test_passwords_of_entries_are_masked_in_requests_and_answers(client, admin):
    texts = shown(
        add("uid=zoe,ou=people," + BASE, userPassword="zoe-pass", cn="Zoe"),
        modify(ALICE, (2, "userPassword", ("new-pass",)), (0, "mail", ("alice@homeport.test",))),
    )
    assert texts == [
        f"add #1 uid=zoe,ou=people,{BASE}\n  userPassword: ***\n  cn: Zoe",
        f"modify #2 {ALICE}\n  replace: userPassword\n  userPassword: ***\n  add: mail\n  mail: alice@homeport.test",
    ]
    admin.ask(search(ALICE, 0, attributes=("userPassword",)))
    assert f"entry #2 {ALICE}\n  userPassword: ***" in sent(admin)
    assert "pass" not in "".join(sent(admin)).replace("userPassword", "")


def test_results_have_their_names_and_texts(client):
    one = client()
    one.ask(search(f"cn=nobody,{BASE}"))
    assert sent(one)[0].splitlines()[0].startswith("search result #1 32 noSuchObject: ")
    assert sent(one)[0].splitlines()[1] == f"  matched: {BASE}"
    assert transcribe(notice(Result(52, "", "bye")))[0] == [
        "extended result #0 52 unavailable: bye\n  notice of disconnection"
    ]


def test_controls_and_extended_operations_have_their_names():
    paged = control("1.2.840.113556.1.4.319", b"0\5\2\1\5\4\0", critical=True)
    assert shown(search(), controls=[paged, control("1.2.3.4")]) == [
        f"search #1 {BASE} sub (objectClass=*)\n  control: paged results, critical\n  control: 1.2.3.4"
    ]
    assert shown(extended("1.3.6.1.4.1.1466.20037"), UNBIND) == [
        "extended #1 1.3.6.1.4.1.1466.20037\n  StartTLS",
        "unbind #2",
    ]


def test_control_characters_and_binary_values_are_escaped():
    assert shown(add("cn=a\x1b[2J", photo="\0\1")) == ["add #1 cn=a\\x1b[2J\n  photo: \\00\\01"]


def test_a_long_message_is_cut():
    (text,) = shown(add(BASE, member=tuple(f"cn={number}" for number in range(1000))))
    assert len(text.splitlines()) == MAX_LINES + 1
    assert text.endswith("\n...")


def test_an_incomplete_message_and_what_is_no_message_remain():
    whole = message(1, bind())
    assert transcribe(whole[:-1]) == ([], whole[:-1])
    assert transcribe(whole + b"GET /") == (["bind #1\n  simple, without a password"], b"GET /")


def test_a_malformed_message_is_named_and_what_follows_is_read():
    malformed = b"0\3\2\1\1"
    texts, rest = transcribe(malformed + message(2, UNBIND))
    assert texts[0].startswith("malformed message, 5 bytes: ")
    assert texts[1:] == ["unbind #2"]
    assert rest == b""


@examples(200)
@given(st.data())
def test_no_bytes_make_it_fail(data):
    whole = message(1, add(BASE, member="a", cn="b"), control("1.2.3"))
    place = data.draw(st.integers(0, len(whole) - 1))
    noise = data.draw(st.binary(max_size=8))
    mutated = whole[:place] + noise + whole[place + len(noise) :]
    _texts, rest = transcribe(mutated)
    assert mutated.endswith(rest)
    tag = data.draw(st.sampled_from(range(0x60, 0x7A)))
    body = data.draw(st.binary(max_size=60))
    transcribe(message(1, bytes((tag, len(body))) + body))
