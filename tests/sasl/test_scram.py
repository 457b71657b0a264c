"""SCRAM-SHA-256 and -PLUS: the exchange of RFC 7677 3, our own client, and every possible error."""

from base64 import b64decode

import pytest
from tests.sasl.scram_client import ScramClient

from homeport.protocol.events import Tls
from homeport.sasl import Challenge, Failure, Success, start
from homeport.sasl.authority import WorldAuthority
from homeport.world.people import Person

TLS = Tls(
    version="TLSv1.3",
    cipher="TLS_AES_256_GCM_SHA384",
    bindings={"tls-exporter": b"\x01" * 32, "tls-server-end-point": b"\x02" * 32},
)


@pytest.fixture
def exchange(authority):
    return start("SCRAM-SHA-256", authority, None)


@pytest.fixture
def plus(authority):
    return start("SCRAM-SHA-256-PLUS", authority, TLS)


class Published(WorldAuthority):
    """The server's values in RFC 7677's exchange."""

    def nonce(self):
        return "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"

    def salt(self, name):
        return b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")


def test_the_exchange_of_rfc_7677(world):
    world.people.put(Person(login="user", name="User", password="pencil"))
    exchange = start("SCRAM-SHA-256", Published(world), None)
    nonce = b"rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    challenge = exchange.begin(b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
    assert challenge == Challenge(b"r=" + nonce + b",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
    step = exchange.respond(b"c=biws,r=" + nonce + b",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    assert step == Success("user", "user", b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")


def test_both_sides_prove_that_they_know_the_password(exchange):
    client = ScramClient("alice", "alice-pass")
    step = exchange.respond(client.final(exchange.begin(client.first()).data))
    assert step == Success("alice", "alice", client.verifier)


def test_without_an_initial_response_the_client_is_asked(exchange):
    client = ScramClient("alice", "alice-pass")
    assert exchange.begin(None) == Challenge(b"")
    assert isinstance(exchange.respond(client.final(exchange.respond(client.first()).data)), Success)


def test_if_success_carries_no_data_the_proof_is_a_separate_challenge(authority):
    exchange = start("SCRAM-SHA-256", authority, None, final_challenge=True)
    client = ScramClient("alice", "alice-pass")
    final = client.final(exchange.begin(client.first()).data)
    assert exchange.respond(final) == Challenge(client.verifier)
    assert exchange.respond(b"") == Success("alice", "alice")
    assert exchange.respond(b"") == Failure("malformed", "this exchange is over")


def test_the_final_challenge_needs_an_empty_response(authority):
    exchange = start("SCRAM-SHA-256", authority, None, final_challenge=True)
    client = ScramClient("alice", "alice-pass")
    exchange.respond(client.final(exchange.begin(client.first()).data))
    assert exchange.respond(b"thanks") == Success("alice", "alice", findings=("sasl-final-response",))


def test_names_are_escaped_and_prepared(world, exchange):
    world.people.put(Person(login="bob", name="Bob", email="bob=a,b@example.test", password="\u2168"))
    client = ScramClient("bob=3Da=2Cb@example.test", "IX")
    step = exchange.respond(client.final(exchange.begin(client.first()).data))
    assert step == Success("bob", "bob", client.verifier)


def test_unknown_extensions_are_ignored(exchange):
    client = ScramClient("alice", "alice-pass")
    client.bare += ",x=1"
    step = exchange.respond(client.final(exchange.begin(client.first()).data, extensions=",y=2,Z=3"))
    assert step == Success("alice", "alice", client.verifier)


def test_acting_as_another_login_is_refused_after_the_proof(exchange):
    client = ScramClient("alice", "alice-pass", header="n,a=bob,")
    step = exchange.respond(client.final(exchange.begin(client.first()).data))
    assert step == Failure("authorization", "'alice' may not act as 'bob'")


@pytest.mark.parametrize(
    ("message", "kind", "data", "findings"),
    [
        (b"", "malformed", b"e=other-error", ("sasl-scram-form",)),
        (b"n=alice,r=abc", "malformed", b"e=other-error", ("sasl-scram-form",)),
        (b"x,,n=alice,r=abc", "malformed", b"e=other-error", ("sasl-scram-form",)),
        (b"n,alice,n=alice,r=abc", "malformed", b"e=other-error", ("sasl-scram-form",)),
        (b"n,a=,n=alice,r=abc", "malformed", b"e=other-error", ("sasl-scram-form",)),
        (b"n,,r=abc,n=alice", "malformed", b"e=other-error", ("sasl-scram-form",)),
        (b"n,,n=alice", "malformed", b"e=other-error", ("sasl-scram-form",)),
        (b"n,,n=,r=abc", "malformed", b"e=other-error", ("sasl-scram-form",)),
        (b"n,,n=alice,r=", "malformed", b"e=other-error", ("sasl-scram-form",)),
        (b"n,,n=alice,r=a b", "malformed", b"e=other-error", ("sasl-scram-form",)),
        (b"n,,n=alice,r=abc,xyz", "malformed", b"e=other-error", ("sasl-scram-form",)),
        (b"n,,n=alice,r=abc,", "malformed", b"e=other-error", ("sasl-scram-form",)),
        (b"n,,n=alice,r=abc,x=1,x=2", "malformed", b"e=other-error", ("sasl-scram-form",)),
        (b"n,,m=1,n=alice,r=abc", "malformed", b"e=extensions-not-supported", ("sasl-scram-extension",)),
        (b"n,,n=a=b,r=abc", "malformed", b"e=invalid-username-encoding", ("sasl-name-escape",)),
        (b"n,,n=\xff,r=abc", "malformed", b"", ("sasl-not-utf8",)),
        (b"n,,n=a\x07,r=abc", "credentials", b"", ("sasl-prohibited",)),
        (b"p=tls-exporter,,n=alice,r=abc", "binding", b"e=channel-binding-not-supported", ("sasl-binding-flag",)),
    ],
)
def test_a_wrong_first_message_is_refused(exchange, message, kind, data, findings):
    step = exchange.begin(message)
    assert isinstance(step, Failure)
    assert (step.kind, step.data, step.findings) == (kind, data, findings)


@pytest.mark.parametrize(
    ("mistake", "kind", "reason", "findings"),
    [
        ({"nonce": "fyko+d2lbbFgONRv9qkxdawL"}, "malformed", "which lacks the server's part", ("sasl-scram-nonce",)),
        ({"nonce": "other"}, "malformed", "got 'other'", ("sasl-scram-nonce",)),
        ({"header": "y,,"}, "binding", "must repeat the gs2 header 'n,,'; got b'y,,'", ("sasl-scram-header",)),
        ({"binding": b"\x07"}, "binding", "has 07 after the gs2 header; expected nothing", ("sasl-binding-data",)),
        ({"extensions": ",r=abc"}, "malformed", "an attribute is repeated: c=,r=,r=,p=", ("sasl-scram-form",)),
    ],
)
def test_a_wrong_final_message_is_refused(exchange, mistake, kind, reason, findings):
    client = ScramClient("alice", "alice-pass")
    step = exchange.respond(client.final(exchange.begin(client.first()).data, **mistake))
    assert isinstance(step, Failure)
    assert (step.kind, step.findings) == (kind, findings)
    assert reason in step.reason


@pytest.mark.parametrize(
    ("final", "reason", "findings"),
    [
        (b"", "attribute 1 is not a letter", ("sasl-scram-form",)),
        (b"c=biws,r=abc", "are c=,r=,p= in this order; got c=,r=", ("sasl-scram-form",)),
        (b"r=abc,c=biws,p=AAAA", "in this order; got r=,c=,p=", ("sasl-scram-form",)),
        (b"c=biws,r=%(nonce)s,p=AAAA", "has 32 bytes with SHA-256; got 3", ("sasl-scram-form",)),
        (b"c=biws,r=%(nonce)s,p=AAA", "p= is not base64", ("sasl-base64-padding",)),
        (b"c=bi ws,r=%(nonce)s,p=AAAA", "c= is not base64: it has white space", ("sasl-base64",)),
    ],
)
def test_a_malformed_final_message_is_refused(exchange, final, reason, findings):
    challenge = exchange.begin(b"n,,n=alice,r=abc").data
    step = exchange.respond(final.replace(b"%(nonce)s", challenge[2:].partition(b",")[0]))
    assert isinstance(step, Failure)
    assert (step.kind, step.findings) == ("malformed", findings)
    assert reason in step.reason


def test_a_wrong_password_shows_what_was_signed(exchange):
    client = ScramClient("alice", "bob-pass")
    challenge = exchange.begin(client.first()).data
    step = exchange.respond(client.final(challenge))
    assert (step.kind, step.data) == ("credentials", b"e=invalid-proof")
    assert client.bare in step.reason
    assert "-pass" not in step.reason


def test_an_unknown_name_fails_only_at_the_end(exchange):
    client = ScramClient("mallory", "x")
    challenge = exchange.begin(client.first())
    assert isinstance(challenge, Challenge)
    step = exchange.respond(client.final(challenge.data))
    assert step == Failure("credentials", "unknown account 'mallory'", b"e=unknown-user")


@pytest.mark.parametrize("binding", ["tls-exporter", "tls-server-end-point"])
def test_plus_binds_the_channel(plus, binding):
    client = ScramClient("alice", "alice-pass", header=f"p={binding},,", binding=TLS.bindings[binding])
    step = plus.respond(client.final(plus.begin(client.first()).data))
    assert step == Success("alice", "alice", client.verifier)


def test_plus_refuses_another_channel(plus):
    client = ScramClient("alice", "alice-pass", header="p=tls-exporter,,", binding=b"\x03" * 32)
    step = plus.respond(client.final(plus.begin(client.first()).data))
    assert (step.kind, step.data, step.findings) == (
        "binding",
        b"e=channel-bindings-dont-match",
        ("sasl-binding-data",),
    )


def test_plus_refuses_a_binding_that_the_connection_does_not_have(plus):
    step = plus.begin(b"p=tls-unique,,n=alice,r=abc")
    assert (step.kind, step.data) == ("binding", b"e=unsupported-channel-binding-type")
    assert "it has tls-exporter, tls-server-end-point" in step.reason


@pytest.mark.parametrize("flag", [b"n", b"y"])
def test_plus_refuses_a_client_without_binding(plus, flag):
    step = plus.begin(flag + b",,n=alice,r=abc")
    assert (step.kind, step.findings) == ("binding", ("sasl-binding-flag",))


def test_a_downgrade_is_seen_by_the_flag_y(authority):
    step = start("SCRAM-SHA-256", authority, TLS).begin(b"y,,n=alice,r=abc")
    assert (step.kind, step.data) == ("binding", b"e=server-does-support-channel-binding")
    assert step.findings == ("sasl-binding-downgrade",)


def test_the_flag_y_is_correct_if_plus_was_not_offered(authority):
    exchange = start("SCRAM-SHA-256", authority, TLS, advertised=["SCRAM-SHA-256"])
    client = ScramClient("alice", "alice-pass", header="y,,")
    assert isinstance(exchange.respond(client.final(exchange.begin(client.first()).data)), Success)


def test_the_salt_depends_on_the_login_and_not_on_the_name_sent(authority):
    def salt(name):
        challenge = start("SCRAM-SHA-256", authority, None).begin(b"n,,n=" + name + b",r=abc")
        return challenge.data.split(b",")[1]

    assert salt(b"alice") == salt(b"ALICE@homeport.test") != salt(b"bob")
    assert salt(b"mallory") == salt(b"mallory")
