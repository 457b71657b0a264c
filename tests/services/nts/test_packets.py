"""Requests with extension fields of NTS to their answers (RFC 8915 5)."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from nts_client import (
    AUTHENTICATOR,
    COOKIE_FIELD,
    GCM_SIV,
    PLACEHOLDER,
    SIV,
    TRANSMIT,
    UNIQUE,
    extension,
    fields,
    header,
    request,
)
from services.nts.conftest import Ntp

DAY = 86_400


def client_of(ntp, algorithm=SIV):
    """Exchange keys; return a client with eight cookies."""
    return ntp.association(ntp.exchange(request(algorithms=(algorithm,))).sent, algorithm)


@pytest.fixture
def client(ntp):
    return client_of(ntp)


def is_nak(answer, unique):
    """Return True if an answer is the kiss code NTSN for a request, without protection."""
    return (
        answer is not None
        and answer[0] >> 6 == 3
        and answer[1] == 0
        and answer[12:16] == b"NTSN"
        and answer[24:32] == TRANSMIT.to_bytes(8)
        and [(kind, body) for kind, body, _ in fields(answer[48:])] == [(UNIQUE, unique)]
    )


@pytest.mark.parametrize("algorithm", [SIV, GCM_SIV])
def test_an_authentic_request_gets_a_protected_answer_with_one_new_cookie_of_its_own_size(ntp, algorithm):
    client = client_of(ntp, algorithm)
    for _ in range(30):  # more than the first eight cookies
        packet = client.packet()
        answer = ntp.ask(packet)
        assert len(answer) == len(packet)
        assert client.read(answer) == 1
        assert ntp.findings == []


def test_the_time_in_the_answer_is_the_worlds_and_lives_of_keys_follow_real_time(ntp, client):
    ntp.world.clock.set(4_102_444_800.0)  # 2100-01-01
    answer = ntp.ask(client.packet())
    assert client.read(answer) == 1
    assert int.from_bytes(answer[32:36]) == (4_102_444_800 + 2_208_988_800) % (1 << 32)


@pytest.mark.parametrize("algorithm", [SIV, GCM_SIV])
@pytest.mark.parametrize("number", [1, 7])
def test_placeholders_get_a_cookie_each_and_the_answer_has_the_size_of_the_request(ntp, algorithm, number):
    client = client_of(ntp, algorithm)
    packet = client.packet(placeholders=number)
    answer = ntp.ask(packet)
    assert len(answer) == len(packet)
    assert client.read(answer) == 1 + number
    assert ntp.findings == []


def test_encrypted_placeholders_count_too(ntp, client):
    inside = extension(PLACEHOLDER, bytes(104)) * 2
    assert client.read(ntp.ask(client.packet(encrypted=inside))) == 3


def test_no_answer_has_more_than_eight_cookies(ntp, client):
    assert client.read(ntp.ask(client.packet(placeholders=9))) == 8
    assert ntp.findings == ["nts-too-many-placeholders"]


@pytest.mark.parametrize("size", [12, 100, 108, 400])
def test_a_placeholder_of_another_length_than_the_cookie_is_none(ntp, client, size):
    assert client.read(ntp.ask(client.packet(extra=extension(PLACEHOLDER, bytes(size))))) == 1
    assert ntp.findings == ["nts-placeholder-length"]


def test_a_placeholder_should_have_zeros(ntp, client):
    assert client.read(ntp.ask(client.packet(extra=extension(PLACEHOLDER, b"x" * 104)))) == 2
    assert ntp.findings == ["nts-placeholder-content"]


def test_unknown_fields_are_ignored_in_the_clear_and_encrypted(ntp, client):
    packet = client.packet(extra=extension(0x7FFF, bytes(32)), encrypted=extension(0x7FFE, b"secret12"))
    assert client.read(ntp.ask(packet)) == 1
    assert ntp.findings == []


def test_new_cookies_are_encrypted(ntp, client):
    answer = ntp.ask(client.packet())
    client.read(answer)
    assert client.cookies[-1] not in answer


def test_the_unique_identifier_alone_is_echoed_without_protection(ntp):
    unique = bytes(range(32))
    answer = ntp.ask(header() + extension(UNIQUE, unique))
    assert answer[1] != 0
    assert [(kind, body) for kind, body, _ in fields(answer[48:])] == [(UNIQUE, unique)]
    assert ntp.findings == []


def damaged(cookie, at):
    return cookie[:at] + bytes((cookie[at] ^ 1,)) + cookie[at + 1 :]


@pytest.mark.parametrize("at", [0, 3, 4, 19, 20, 60, 103])
def test_a_cookie_that_was_changed_gets_ntsn(ntp, client, at):
    packet = client.packet(cookie=damaged(client.cookies[0], at))
    assert is_nak(ntp.ask(packet), client.unique)
    assert ntp.findings == ["nts-stale-cookie"]


@pytest.mark.parametrize("cookie", [b"abcd" * 4, bytes(104), bytes(20), bytes(400)])
def test_a_cookie_that_never_was_one_gets_ntsn(ntp, client, cookie):
    assert is_nak(ntp.ask(client.packet(cookie=cookie)), client.unique)
    assert ntp.findings == ["nts-stale-cookie"]


def test_a_cookie_of_another_world_gets_ntsn(ntp, client):
    other = Ntp()
    assert is_nak(other.ask(client.packet()), client.unique)


def test_a_reset_makes_cookies_stale(ntp, client):
    ntp.world.reset()
    assert is_nak(ntp.ask(client.packet()), client.unique)


def test_cookies_are_valid_for_three_lives_of_a_key_and_no_longer(ntp):
    client = client_of(ntp)
    old = client.cookies.copy()
    for day in (0.5, 1.5, 2.5):
        ntp.now = 1_792_000_000.0 + day * DAY
        assert client.read(ntp.ask(client.packet(cookie=old.pop()))) == 1, day
    ntp.now = 1_792_000_000.0 + 3.5 * DAY
    assert is_nak(ntp.ask(client.packet(cookie=old.pop())), client.unique)
    assert client.read(ntp.ask(client.packet(cookie=client.cookies[-1]))) == 1  # of day 2.5


def test_cookies_end_after_a_long_standstill_too(ntp):
    client = client_of(ntp)
    ntp.now += 1000 * DAY
    assert is_nak(ntp.ask(client.packet()), client.unique)


def test_a_key_without_an_end_stays(make_ntp):
    ntp = make_ntp(nts_key_life=0)
    client = client_of(ntp)
    ntp.now += 1000 * DAY
    assert client.read(ntp.ask(client.packet())) == 1


@pytest.mark.parametrize("algorithm", [SIV, GCM_SIV])
def test_every_octet_of_a_request_is_authenticated(ntp, algorithm):
    """All but those whose change makes another request of it: the version, the lengths, the types, the identifier."""
    client = client_of(ntp, algorithm)
    packet = client.packet(placeholders=1)
    changed = 0
    for at in range(1, len(packet)):
        answer = ntp.ask(damaged(packet, at))
        if answer is not None and any(kind == AUTHENTICATOR for kind, _, _ in fields(answer[48:])):
            changed += 1
            assert ntp.findings, at
    assert changed == 0


def test_keys_of_another_client_do_not_fit_the_cookie(ntp, client):
    assert is_nak(ntp.ask(client.packet(key=bytes(32))), client.unique)
    assert ntp.findings == ["nts-bad-authenticator"]


@pytest.mark.parametrize(
    "body", [b"\0\x10\0\xff" + bytes(32), b"\xff\xff\xff\xff" + bytes(24), bytes(32), b"\0\x10\0\0" + bytes(24)]
)
def test_an_authenticator_whose_lengths_do_not_fit_gets_ntsn(ntp, client, body):
    packet = client.packet(authenticated=False) + extension(AUTHENTICATOR, body)
    assert is_nak(ntp.ask(packet), client.unique)
    assert ntp.findings in (["nts-malformed-authenticator"], ["nts-bad-authenticator"])


@pytest.mark.parametrize("inside", [b"\0\0", b"\x03\x04\0\x03" + bytes(4), b"\x03\x04\x01\0" + bytes(4), bytes(4)])
def test_encrypted_fields_that_are_malformed_get_ntsn(ntp, client, inside):
    assert is_nak(ntp.ask(client.packet(encrypted=inside)), client.unique)
    assert ntp.findings == ["nts-malformed-authenticator"]


def test_a_cookie_without_an_authenticator_gets_ntsn(ntp, client):
    assert is_nak(ntp.ask(client.packet(authenticated=False)), client.unique)
    assert ntp.findings == ["nts-no-authenticator"]


def test_an_authenticator_without_a_cookie_gets_ntsn(ntp, client):
    assert is_nak(ntp.ask(client.packet(cookie=b"")), client.unique)
    assert ntp.findings == ["nts-no-cookie"]


def test_without_a_unique_identifier_there_is_no_answer(ntp, client):
    assert ntp.ask(client.packet(unique=b"")) is None
    assert ntp.findings == ["nts-no-unique-id"]


def test_a_short_unique_identifier_is_a_finding_and_strict_servers_do_not_answer(make_ntp):
    ntp = make_ntp()
    client = client_of(ntp)
    assert client.read(ntp.ask(client.packet(unique=b"only sixteen ..."))) == 1
    assert ntp.findings == ["nts-short-unique-id"]
    strict = make_ntp(syntax="strict")
    assert strict.ask(client_of(strict).packet(unique=b"only sixteen ...")) is None


@pytest.mark.parametrize("kind", [UNIQUE, COOKIE_FIELD])
def test_fields_that_may_come_once_and_come_twice_get_no_answer(ntp, client, kind):
    assert ntp.ask(client.packet(extra=extension(kind, bytes(104)))) is None
    assert ntp.findings == ["nts-field-twice"]


def test_an_encrypted_cookie_is_a_finding(ntp, client):
    assert client.read(ntp.ask(client.packet(encrypted=extension(COOKIE_FIELD, bytes(104))))) == 1
    assert ntp.findings == ["nts-cookie-encrypted"]


def test_what_comes_after_the_authenticator_is_not_read(ntp, client):
    packet = client.packet(after=extension(PLACEHOLDER, bytes(104)))
    assert client.read(ntp.ask(packet)) == 1
    assert ntp.findings == ["nts-after-authenticator"]


def test_a_cookie_may_be_used_once_and_a_unique_identifier_too(ntp, client):
    cookie = client.cookies[0]
    assert client.read(ntp.ask(client.packet(cookie=cookie))) == 1
    assert client.read(ntp.ask(client.packet(cookie=cookie))) == 1
    assert ntp.findings == ["nts-cookie-again"]
    assert client.read(ntp.ask(client.packet(unique=bytes(31) + b"\1"))) == 1
    assert ntp.findings == ["nts-unique-id-again"]


def test_an_answer_is_no_longer_than_its_request_if_the_client_leaves_no_room_for_the_nonce(ntp, client):
    packet = client.packet(nonce=b"four", placeholders=2)
    answer = ntp.ask(packet)
    assert len(answer) <= len(packet)
    assert client.read(answer) == 2
    assert ntp.findings == ["nts-no-padding"]
    padded = client.packet(nonce=b"four", placeholders=2, padding=bytes(12))
    assert client.read(ntp.ask(padded)) == 3
    assert ntp.findings == []


def test_an_empty_nonce_gets_ntsn(ntp, client):
    packet = client.packet(authenticated=False) + extension(AUTHENTICATOR, struct.pack("!HH", 0, 16) + bytes(16))
    assert is_nak(ntp.ask(packet), client.unique)


def test_what_is_remembered_of_cookies_is_bounded(ntp):
    from homeport.services.ntp.nts.cookies import MAX_USED, CookieKeys

    keys = CookieKeys()
    for number in range(3 * MAX_USED):
        keys.use(bytes(4) + number.to_bytes(16))
    assert len(keys._used) <= MAX_USED


PIECES = st.lists(
    st.tuples(st.sampled_from((UNIQUE, COOKIE_FIELD, PLACEHOLDER, AUTHENTICATOR, 0x2005)), st.binary(max_size=120)),
    max_size=6,
)


@given(PIECES, st.binary(max_size=40))
@examples(150)
def test_no_packet_breaks_the_server_or_gets_more_than_it_has(pieces, rest):
    ntp, _client = shared()
    packet = header() + b"".join(extension(*one) for one in pieces) + rest
    answer = ntp.ask(packet)
    assert answer is None or len(answer) <= len(packet)


@given(st.data())
@examples(100)
def test_no_changed_packet_gets_a_protected_answer(data):
    ntp, client = shared()
    packet = bytearray(client.packet(cookie=client.cookies[0], placeholders=1))
    at = data.draw(st.integers(1, len(packet) - 1))
    packet[at] ^= data.draw(st.integers(1, 255))
    answer = ntp.ask(bytes(packet))
    assert answer is None or AUTHENTICATOR not in [kind for kind, _, _ in fields(answer[48:])]


SHARED = []


def shared():
    """Return a server and a client for many examples."""
    if not SHARED:
        ntp = Ntp()
        SHARED.append((ntp, client_of(ntp)))
    return SHARED[0]
