"""Whois (RFC 3912): the dialogue, queries, and the network."""

import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.protocol.effects import Close, Effect, ReportFinding, Send
from homeport.protocol.events import Closed, Data, Eof, LimitReached, Opened
from homeport.protocol.session import Context
from homeport.services.whois import SERVICE
from homeport.services.whois.options import WhoisOptions
from homeport.world.journal import JournalOptions
from homeport.world.people import Person
from homeport.world.registry import Contact, PostalInfo, RegistryContents
from homeport.world.whois_texts import WhoisText
from homeport.world.world import World, WorldContents

NOW = 1_792_000_000.0
CLEAN = {
    "utf-8": re.compile(r"(?:[^\x00-\x08\x0a-\x1f\x7f-\x9f]{0,900}\r\n)*"),
    "latin-1": re.compile(r"(?:[^\x00-\x08\x0a-\x1f\x7f-\x9f]{0,900}\r\n)*"),
    "ascii": re.compile(r"(?:[\t\x20-\x7e]{0,900}\r\n)*"),
}


def make_world(**contents):
    return World("default", WorldContents(**contents), JournalOptions(), lambda: NOW)


def session(world=None, **options):
    peer, local = ("127.0.0.1", 40000), ("127.0.0.1", 10043)
    return SERVICE.session(Context(world or make_world(), WhoisOptions(**options), "tcp", peer, local))


@pytest.fixture
def asked(talk):
    """Return the first line of the answer to a query in the plain layout, which shows the record found."""

    def first_line(query, **options):
        told = talk("whois", f"{query}\r\n".encode(), layout="plain", **options)
        assert told.closed
        return re.sub(" +", " ", told.sent.decode().split("\r\n")[0])

    return first_line


# Queries


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("homeport.test", "Domain: homeport.test"),
        ("  HomePort.TEST.  ", "Domain: homeport.test"),
        ("leuchtfeuer-süd.test", "Domain: xn--leuchtfeuer-sd-ssb.test"),
        ("domain homeport.test", "Domain: homeport.test"),
        ("DOMAIN   homeport.test", "Domain: homeport.test"),
        ("ns1.homeport.test", "Host: ns1.homeport.test"),
        ("nameserver ns1.homeport.test", "Host: ns1.homeport.test"),
        ("host ns1.homeport.test", "Host: ns1.homeport.test"),
        ("192.0.2.53", "Host: ns1.homeport.test"),
        ("2001:DB8:0::53", "Host: ns1.homeport.test"),
        ("host 192.0.2.54", "Host: ns2.homeport.test"),
        ("lighthouse", "Registrar: lighthouse"),
        ("registrar harbour names ltd.", "Registrar: harbour"),
        ("registrar 9902", "Registrar: lighthouse"),
        ("contact hm-1", "Contact: HM-1"),
        ("AL-1", "Contact: AL-1"),
        ("alice", "Person: alice"),
        ("person carol anchor", "Person: carol"),
        ("name keel", "Person: dave"),
        (".keel", "Person: dave"),
        ("jörg", "Contact: LK-1"),
        ("xn--jrg-sna", "Contact: LK-1"),
        ("!bob", "Person: bob"),
        ("!H2-HOMEPORT", "Host: ns2.homeport.test"),
        ("bob@", "Person: bob"),
        ("joerg@lighthouse.test", "Contact: LK-1"),
        ("abuse@harbour.test", "Registrar: harbour"),
        ("rules", "Rules of the harbour of Port Meridian"),
        ("expir...", "Domain: expiring-tomorrow.test"),
        ("person dav*", "Person: dave"),
        ("LEUCHTTURMVEREIN*", "Contact: LK-1"),
    ],
)
def test_a_query_finds_its_record(asked, query, answer):
    assert asked(query) == answer


@pytest.mark.parametrize(
    "query",
    ["nowhere.test", "domain ns1.homeport.test", "nameserver homeport.test", "registrar alice", "contact bob",
     "person harbour-rules", "!liddell", "@", "nobody@homeport.test", "zzz...", "*", "...", "domain *", ".", "!",
     "-k", "-B x"],
)  # fmt: skip
def test_an_unknown_key_is_no_match(asked, query):
    assert asked(query) == f'No match for "{query}".'


def test_several_matches_are_listed_with_the_query_for_each(talk):
    told = talk("whois", b"liddell\r\n", layout="plain")
    assert told.sent.decode().split("\r\n") == [
        '2 records match "liddell"; ask for one of them:',
        "",
        "  !alice        Alice Liddell",
        "  contact AL-1  Alice Liddell",
        "",
    ]
    assert told.logs == [("command", {"verb": "any", "argument": "liddell", "code": "several"})]


def test_every_query_that_a_list_gives_finds_one_record(talk, asked):
    listed = re.findall(r"^  (\S+(?: \S+)?)(?:  |\r)", talk("whois", b"h*\r\n", layout="plain").sent.decode(), re.M)
    assert len(listed) >= 4
    for query in listed:
        assert re.match("(Domain|Host|Registrar|Contact|Person): ", asked(query)) or query == "harbour-rules"


def test_a_list_is_bounded(talk):
    people = [Person(login=f"p{number}", name="Many Smith") for number in range(150)]
    lines = talk("whois", b"smith\r\n", layout="plain", world=lambda: make_world(people=people)).sent.split(b"\r\n")
    assert lines[0].startswith(b"150 records match")
    assert lines[-2] == b"  ... and 50 more"
    assert len(lines) == 104


@pytest.mark.parametrize("query", [b"help\r\n", b"?\r\n", b"HELP\r\n"])
@pytest.mark.parametrize("layout", ["icann", "ripe", "plain"])
def test_help_lists_the_forms_of_queries(talk, query, layout):
    told = talk("whois", query, layout=layout)
    assert b"nameserver NAME" in told.sent
    assert told.logs[0][1]["code"] == "help"


@pytest.mark.parametrize("query", [b"\r\n", b" \t \r\n"])
def test_an_empty_query_is_an_error_with_advice(talk, query):
    said = b"no search key: send a domain, a host, an address or a name, or help\r\n"
    assert talk("whois", query).sent == b"Error: " + said
    assert talk("whois", query, layout="ripe").sent == b"%ERROR:106: " + said


def test_the_words_for_no_match_can_be_chosen(talk):
    options = {"layout": "plain", "no_match": "%% {query} is free {0}\n%% really"}
    assert talk("whois", b"free.test\r\n", **options).sent == b"%% free.test is free {0}\r\n%% really\r\n"


def test_a_configured_text_is_shown_unchanged_except_control_characters(talk):
    texts = [WhoisText(keys=("pose.test", "pose"), text="Domain: pose.test\nFree\tto\x1b all\n\n\nend")]
    told = talk("whois", b"POSE\r\n", world=lambda: make_world(whois=texts))
    assert told.sent == b"Domain: pose.test\r\nFree\tto\\x1b all\r\n\r\n\r\nend\r\n"


def test_a_text_with_the_exact_key_comes_before_those_with_the_word(talk):
    texts = [WhoisText(keys=("tide tables",), text="hours"), WhoisText(keys=("tide",), text="high and low")]

    def world():
        return make_world(whois=texts)

    told = talk("whois", b"tide\r\n", world=world)
    assert (told.sent, told.logs[0][1]["code"]) == (b"high and low\r\n", "found")
    told = talk("whois", b"Tide Tables\r\n", world=world)
    assert (told.sent, told.logs[0][1]["code"]) == (b"hours\r\n", "found")
    assert talk("whois", b"tables\r\n", world=world).sent == b"hours\r\n"


# Referrals


def test_names_under_a_referred_domain_get_the_server(talk):
    refer = {"test": "whois.nic.test", "deep.test": "127.0.0.1:10143"}
    told = talk("whois", b"homeport.test\r\n", refer=refer)
    assert told.sent.startswith(b"refer:        whois.nic.test\r\n\r\ndomain:       TEST\r\n")
    assert told.logs[0][1]["code"] == "referred"
    assert talk("whois", b"domain a.DEEP.test\r\n", refer=refer).sent.startswith(b"refer:        127.0.0.1:10143\r\n")
    assert talk("whois", b"test\r\n", refer=refer).sent.startswith(b"refer: ")
    assert b"refer" not in talk("whois", b"nottest\r\n", refer=refer).sent
    assert b"refer" not in talk("whois", b"nameserver ns1.homeport.test\r\n", refer=refer).sent


def test_the_registrars_server_is_named_for_clients_that_go_on(talk):
    assert b"\r\nRegistrar WHOIS Server: localhost\r\n" in talk("whois", b"homeport.test\r\n").sent


# Names (RFC 1123 2.1)


@pytest.mark.requirement("GEN-2.1-1")
def test_a_name_that_begins_with_a_digit_is_found(asked):
    assert asked("3com.test") == "Domain: 3com.test"


@pytest.mark.requirement("GEN-2.1-2", "GEN-2.1-3")
def test_names_of_255_characters_are_handled_and_longer_ones_too(asked):
    for name in (".".join(["a" * 63] * 4), ".".join(["a" * 63] * 5)):
        assert asked(name) == f'No match for "{name}".'


@pytest.mark.requirement("GEN-2.1-6")
def test_four_numbers_that_are_no_address_match_nothing(asked):
    assert asked("999.1.1.1") == 'No match for "999.1.1.1".'
    assert asked("domain 999.1.1.1") == 'No match for "domain 999.1.1.1".'


@pytest.mark.requirement("GEN-1.2.2-3")
def test_undefined_prefixes_and_flags_get_a_negative_answer(talk):
    assert talk("whois", b"zone homeport.test\r\n", layout="plain").sent == b'No match for "zone homeport.test".\r\n'
    assert talk("whois", b"-Z homeport.test\r\n", layout="ripe").sent.startswith(b"%ERROR:111: unrecognised flag -Z")


# Character sets (RFC 3912 4)


def test_answers_are_in_the_encoding_that_was_chosen(talk):
    def name(encoding):
        return re.search(rb"Name: +(.*)\r", talk("whois", b"LK-1\r\n", layout="plain", encoding=encoding).sent)[1]

    assert name("utf-8") == "Jörg Küster".encode()
    assert name("latin-1") == "Jörg Küster".encode("latin-1")
    assert name("ascii") == b"J?rg K?ster"


def test_queries_are_read_as_utf_8_or_else_latin_1(talk):
    for query in ("jörg\r\n".encode(), "jörg\r\n".encode("latin-1")):
        told = talk("whois", query, layout="plain")
        assert b"LK-1" in told.sent
        assert told.findings == ["not-ascii"]


# Invalid input


@pytest.mark.requirement("GEN-1.2.4-5")
def test_a_bare_lf_is_refused_with_a_finding_and_answered_where_it_is_accepted(talk):
    told = talk("whois", b"homeport.test\n")
    assert told.sent == b"Error: a query ends with CR LF, not with LF alone (RFC 3912 2)\r\n"
    assert told.findings == ["bare-lf"]
    assert told.closed
    assert told.logs == [("command", {"verb": "query", "argument": "homeport.test", "code": "refused"})]
    assert talk("whois", b"x\n", layout="ripe").sent.startswith(b"%ERROR:108: ")
    told = talk("whois", b"homeport.test\n", bare_lf="accept")
    assert told.sent.startswith(b"Domain Name: homeport.test\r\n")
    assert told.findings == ["bare-lf"]


def test_input_that_ends_without_a_line_end_is_refused_with_a_finding_or_answered(talk):
    told = talk("whois", b"homeport.test", eof=True)
    assert told.sent == b"Error: a query ends with CR LF (RFC 3912 2)\r\n"
    assert (told.findings, told.closed) == (["no-crlf"], True)
    told = talk("whois", b"homeport.test", eof=True, bare_lf="accept")
    assert told.sent.startswith(b"Domain Name: homeport.test\r\n")
    assert (told.findings, told.closed) == (["no-crlf"], True)


@pytest.mark.requirement("GEN-1.2.2-2")
def test_a_query_over_1024_bytes_is_refused_at_once(talk):
    assert b"No match" in talk("whois", b"x" * 1024 + b"\r\n").sent
    told = talk("whois", b"x" * 1100 + b"\r\n", layout="ripe")
    assert told.sent == b"%ERROR:107: a query has at most 1024 bytes (RFC 3912 2)\r\n"
    assert told.findings == ["line-too-long"]
    talking = session()
    assert isinstance(talking.handle(Data(b"x" * (1 << 20)))[-1], Close)
    assert len(talking._lines) == 0


def test_control_characters_are_found_and_never_come_back(talk):
    told = talk("whois", b"a\x1b[2J\x07\r\n", layout="plain")
    assert told.sent == b'No match for "a\\x1b[2J\\x07".\r\n'
    assert told.findings == ["control-characters"]


def test_telnet_negotiation_is_found(talk):
    assert "telnet-negotiation" in talk("whois", b"\xff\xfd\x03homeport.test\r\n").findings
    assert talk("whois", b"x\xff\r\n").findings == ["not-ascii"]


def test_data_after_the_query_is_reported_once_and_ignored(talk):
    told = talk("whois", b"alice\r\nbob\r\ncarol\r\n", layout="plain")
    assert told.findings == ["data-after-query"]
    assert b"bob" not in told.sent


def test_a_client_that_breaks_off_before_its_answer_is_found():
    assert session().handle(Closed("broken: Connection reset by peer")) == (ReportFinding("early-close"),)


def test_strict_refuses_a_bare_lf_that_would_be_accepted(talk):
    assert b"Error: " in talk("whois", b"alice\n", strict=True, bare_lf="accept").sent


def test_a_limit_is_reported_before_the_close():
    assert session(layout="ripe").handle(LimitReached("time")) == (
        Send(b"%ERROR:305: the limit of this connection is reached (time)\r\n"),
        Close(),
    )


pieces = st.one_of(
    st.binary(max_size=1200), st.sampled_from([b"-k ", b"-T ", b"person", b"\r\n", b"anchor", b"!", b"*", b"@"])
)


@given(
    st.lists(pieces, max_size=8),
    st.booleans(),
    st.sampled_from(["icann", "ripe", "plain"]),
    st.sampled_from(["utf-8", "latin-1", "ascii"]),
)
def test_any_bytes_get_clean_lines_and_never_an_exception(data, eof, layout, encoding):
    talking = session(layout=layout, encoding=encoding, bare_lf="accept", refer={"b": "x\r\ny"})
    effects: list[Effect] = [*talking.handle(Opened())]
    for piece in data:
        if piece:
            effects += talking.handle(Data(piece))
        assert len(talking._lines) <= 1024 + 2
    if eof:
        effects += talking.handle(Eof())
    effects += talking.handle(Closed("broken"))
    for effect in effects:
        if isinstance(effect, Send):
            assert CLEAN[encoding].fullmatch(bytes(effect.data).decode(encoding))
        elif isinstance(effect, ReportFinding):
            SERVICE.find_rule(effect.id)


@given(
    st.text(max_size=1500), st.sampled_from(["icann", "ripe", "plain"]), st.sampled_from(["utf-8", "latin-1", "ascii"])
)
def test_any_text_of_a_record_is_sent_in_clean_lines(text, layout, encoding):
    postal = PostalInfo(name=text, organization=text, street=(text, text), city=text)
    contact = Contact(id="C", roid="C1", registrar=text, created=0, postal=postal, email=text)
    world = make_world(registry=RegistryContents(contacts=[contact]), whois=[WhoisText(keys=("t",), text=text)])
    for query in (b"!C\r\n", b"t\r\n"):
        for effect in session(world, layout=layout, encoding=encoding).handle(Data(query)):
            if isinstance(effect, Send):
                assert CLEAN[encoding].fullmatch(bytes(effect.data).decode(encoding))


# Over the network


def test_the_close_ends_the_answer(farm):
    for host in ("127.0.0.1", "::1"):
        answer = farm.exchange("whois", b"homeport.test\r\n", host=host)
        assert answer.startswith(b"Domain Name: homeport.test\r\n")
        assert answer.endswith(b" <<<\r\n")


def test_a_persistent_connection_serves_query_after_query(start_farm):
    farm = start_farm("whois", whois={"layout": "ripe"})
    with farm.connect("whois") as client, client.makefile("rb") as answers:
        client.sendall(b"-k -r 3com.test\r\n")
        assert b"domain:         3com.test\r\n" in list(iter(answers.readline, b"source:         HOMEPORT\r\n"))
        assert [answers.readline() for _ in range(2)] == [b"\r\n", b"\r\n"]
        client.sendall(b"nothing\r\n-k\r\n")
        assert answers.read().split(b"\r\n") == [
            b"%ERROR:101: no entries found",
            b"%",
            b"% No entries found in source HOMEPORT.",
            b"",
            b"",
            b"",
        ]


def test_a_refused_connection_gets_the_reason(start_farm):
    farm = start_farm("whois", limits={"connections": 1})
    with farm.connect("whois"), farm.connect("whois") as late:
        assert late.recv(1000) == b"Error: too many connections; try again later\r\n"


@pytest.mark.skipif(not shutil.which("whois"), reason="needs Debian's whois")
def test_debians_client_gets_its_answer(start_farm):
    farm = start_farm("whois", whois={"layout": "ripe"})
    port = farm.port("whois")

    def whois(*query):
        ran = subprocess.run(
            ["whois", "-h", "127.0.0.1", "-p", str(port), *query], capture_output=True, text=True, timeout=10
        )
        return ran.stdout

    assert "domain:         xn--leuchtfeuer-sd-ssb.test\n" in whois("leuchtfeuer-süd.test")
    assert "e-mail:         master@homeport.test\n" in whois("-B", "-T", "person", "HM-1")
    assert farm.world.findings.counts == {}
