"""TSIG (RFC 8945): who may, what is refused and how, checked by dnspython's implementation."""

from base64 import b64encode

import dns.exception
import dns.message
import dns.rcode
import dns.tsig
import dns.tsigkeyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.dns.tsig_client import RING, SECRET, Signer

from homeport.services.dns.message import parse
from homeport.services.dns.tsig import ALGORITHMS, BadKey, MalformedTsig, check, parse_key
from homeport.world.zones.name import name_text, parse_name


@pytest.fixture
def signer(monkeypatch):
    return Signer(monkeypatch)


def query(name="www.example.test.", kind="A", **more):
    return dns.message.make_query(name, kind, **more)


def tsig_of(wire):
    """Return the TSIG record of an answer, not checked."""
    return parse(wire).tsig


def fields_of(wire):
    from homeport.services.dns.tsig import read_fields

    return read_fields(tsig_of(wire))


@pytest.mark.parametrize("algorithm", [name_text(name) for name in ALGORITHMS])
def test_requests_and_answers_are_signed_by_every_algorithm(client, signer, algorithm):
    keys = [f"{algorithm}:its.key:{SECRET}"]
    asked = query()
    reply = client(keys=keys).send(signer.sign(asked, name="its.key", algorithm=algorithm))
    ring = dns.tsigkeyring.from_text({"its.key": (algorithm, SECRET)})
    answer = signer.read(reply.wire, asked, ring=ring)
    assert answer.had_tsig
    assert answer.rcode() == dns.rcode.NOERROR
    assert answer.answer
    assert reply.findings == []


def test_an_answer_to_a_request_without_tsig_has_none(client):
    assert tsig_of(client().ask("www").wire) is None


def test_a_well_known_key_is_there_by_default(client, signer):
    asked = query()
    assert signer.read(client().send(signer.sign(asked)).wire, asked).had_tsig


def test_the_name_and_the_algorithm_of_a_key_are_compared_in_any_case(client, signer):
    asked = query()
    wire = signer.sign(asked)
    reply = client(keys=[f"HMAC-SHA256:HomePort:{SECRET}"]).send(wire)
    assert signer.read(reply.wire, asked).had_tsig


def test_an_answer_with_edns_has_tsig_after_opt(client, signer):
    asked = query(use_edns=0)
    reply = client().send(signer.sign(asked))
    assert signer.read(reply.wire, asked).edns == 0
    assert parse(reply.wire).trailing == 0


@pytest.mark.parametrize(
    ("signing", "finding"),
    [
        ({"name": "unknown."}, "tsig-key"),
        ({"algorithm": "hmac-sha512"}, "tsig-key"),
        ({"secret": b64encode(b"another").decode()}, "tsig-signature"),
    ],
)
def test_a_wrong_key_or_signature_is_answered_by_an_error_that_is_not_signed(client, signer, signing, finding):
    reply = client().send(signer.sign(query(), **signing))
    parsed = parse(reply.wire)
    assert parsed.flags & 0xF == dns.rcode.NOTAUTH
    assert parsed.answers == ()
    fields = fields_of(reply.wire)
    assert fields.error == {"tsig-key": dns.rcode.BADKEY, "tsig-signature": dns.rcode.BADSIG}[finding]
    assert fields.mac == b""
    assert reply.findings == [finding]


@pytest.mark.parametrize("ahead_s", [-301, 301])
def test_a_wrong_time_is_answered_by_a_signed_error_with_the_time_of_the_server(client, signer, ahead_s):
    signer.ahead_s = ahead_s
    asked = query()
    reply = client().send(signer.sign(asked))
    fields = fields_of(reply.wire)
    assert reply.findings == ["tsig-time"]
    assert parse(reply.wire).flags & 0xF == dns.rcode.NOTAUTH
    assert fields.error == dns.rcode.BADTIME
    assert fields.time - int.from_bytes(fields.other) == ahead_s
    with pytest.raises(dns.tsig.PeerBadTime):  # dnspython has found the MAC right before it looked at the error
        signer.read(reply.wire, asked)


@pytest.mark.parametrize("ahead_s", [-300, 300])
def test_clocks_may_differ_by_the_fudge(client, signer, ahead_s):
    signer.ahead_s = ahead_s
    asked = query()
    assert parse(client().send(signer.sign(asked)).wire).flags & 0xF == dns.rcode.NOERROR


def test_time_is_that_of_the_real_clock_or_of_the_world_by_option(client, signer, world):
    world.clock.set(world.clock.now() + 86_400)
    assert client().send(signer.sign(query())).findings == []
    assert client(signed_by="world").send(signer.sign(query())).findings == ["tsig-time"]
    signer.ahead_s = 86_400
    assert client(signed_by="world").send(signer.sign(query())).findings == []


def test_a_request_is_answered_in_a_world_before_1970(client, signer, world):
    world.clock.set(-1e9)
    reply = client(signed_by="world").send(signer.sign(query()))
    assert reply.findings == ["tsig-time"]
    assert int.from_bytes(fields_of(reply.wire).other) == int(world.clock.now()) & (1 << 48) - 1


def test_a_message_that_was_changed_on_the_way_is_refused(client, signer):
    wire = bytearray(signer.sign(query()))
    wire[14] ^= 1
    assert client().send(bytes(wire)).findings == ["tsig-signature"]


def test_another_id_than_the_signed_one_is_allowed_because_forwarders_change_it(client, signer):
    asked = query()
    wire = signer.sign(asked)
    reply = client().send(bytes((wire[0] ^ 1, *wire[1:])))
    assert reply.findings == []


def replace_mac(wire, mac):
    """Return a request whose MAC is another one."""
    message = parse(wire)
    old = fields_of(wire)
    data = message.tsig.data
    at = data.index(old.mac)
    data = data[: at - 2] + len(mac).to_bytes(2) + mac + data[at + len(old.mac) :]
    head = wire[: wire.index(message.tsig.data) - 2]
    return head + len(data).to_bytes(2) + data


@pytest.mark.parametrize(
    ("size", "finding"), [(32, ""), (31, "tsig-truncated"), (16, "tsig-truncated"), (15, "tsig-form"), (1, "tsig-form")]
)
def test_a_truncated_mac_is_refused_and_one_that_is_too_short_is_malformed(client, signer, size, finding):
    wire = signer.sign(query())
    reply = client().send(replace_mac(wire, fields_of(wire).mac[:size]))
    assert reply.findings == ([finding] if finding else [])
    wanted = {"tsig-form": dns.rcode.FORMERR, "tsig-truncated": dns.rcode.NOTAUTH, "": dns.rcode.NOERROR}[finding]
    assert parse(reply.wire).flags & 0xF == wanted


@pytest.mark.parametrize("mac", [b"", bytes(33)])
def test_an_empty_mac_is_wrong_and_one_that_is_too_long_is_malformed(client, signer, mac):
    reply = client().send(replace_mac(signer.sign(query()), mac))
    assert reply.findings == ["tsig-form" if mac else "tsig-signature"]


def test_an_answer_over_udp_leaves_room_for_tsig(client, signer):
    asked = query("huge.example.test.", "TXT")
    reply = client().send(signer.sign(asked))
    assert len(reply.wire) <= 512
    assert signer.read(reply.wire, asked).flags & dns.flags.TC


@given(st.binary(max_size=60))
def test_any_data_of_tsig_are_refused_or_read(data):
    head = bytes.fromhex("000100000000000000000001")
    wire = head + b"\1k\0" + bytes.fromhex("00fa00ff00000000") + len(data).to_bytes(2) + data
    message = parse(wire)
    try:
        signature = check(wire, message.tsig, message.tsig_at, [parse_key(f"k:{SECRET}")], lambda: 0.0)
    except MalformedTsig:
        return
    assert signature.error


def test_keys_are_written_as_dig_takes_them():
    key = parse_key("hmac-md5:a.b:AAAA")
    assert (key.name, name_text(key.algorithm), key.secret) == (
        parse_name("a.b"),
        "hmac-md5.sig-alg.reg.int.",
        bytes(3),
    )
    assert name_text(parse_key("a.b:AAAA").algorithm) == "hmac-sha256."


@pytest.mark.parametrize(
    "text", ["", "a", "a:", ":AAAA", "a:???", "rot13:a:AAAA", "hmac-sha256:a..b:AAAA", "x:y:a:AAAA"]
)
def test_text_that_is_no_key_is_refused_with_the_form_of_one(text):
    with pytest.raises(BadKey, match="write "):
        parse_key(text)


def test_the_keyring_of_the_tests_has_the_default_key():
    from homeport.services.dns.options import DEFAULT_KEY

    assert f"hmac-sha256:homeport:{SECRET}" == DEFAULT_KEY
    assert list(RING) == [dns.name.from_text("homeport.")]
