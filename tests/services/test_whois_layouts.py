"""The three layouts of Whois, for each kind of record."""

import msgspec
import pytest

from homeport.services.whois.layouts.plain import remaining
from homeport.world.journal import JournalOptions
from homeport.world.people import Person
from homeport.world.registry import Contact, Domain, DomainContact, Host, PostalInfo, RegistryContents
from homeport.world.seed_registry import REGISTRY
from homeport.world.world import World, WorldContents

DAY = 86_400.0


@pytest.fixture
def lines(talk):
    """Return the lines of an answer."""

    def run(query, **options):
        sent = talk("whois", f"{query}\r\n".encode(), **options).sent.decode()
        assert sent.endswith("\r\n")
        return sent.split("\r\n")[:-1]

    return run


# ICANN's


def test_icann_shows_a_domain_with_its_registrar_contacts_servers_and_keys(lines):
    shown = lines("homeport.test")
    assert shown[:12] == [
        "Domain Name: homeport.test",
        "Registry Domain ID: D1-HOMEPORT",
        "Registrar WHOIS Server: localhost",
        "Registrar URL: https://www.harbour.test",
        "Updated Date: 2026-09-04T17:46:40Z",
        "Creation Date: 2021-10-15T17:46:40Z",
        "Registry Expiry Date: 2029-10-13T17:46:40Z",
        "Registrar: Harbour Names Ltd.",
        "Registrar IANA ID: 9901",
        "Registrar Abuse Contact Email: abuse@harbour.test",
        "Registrar Abuse Contact Phone: +44.1865550199",
        "Domain Status: clientTransferProhibited https://icann.org/epp#clientTransferProhibited",
    ]
    tech = shown.index("Registry Tech ID: C2-HOMEPORT")
    assert shown[tech + 1 : tech + 8] == [
        "Tech Name: Alice Liddell",
        "Tech Street: Harbour House 12",
        "Tech City: Port Meridian",
        "Tech Postal Code: PM1 2BB",
        "Tech Country: GB",
        "Tech Phone: +44.1865550101",
        "Tech Email: alice@homeport.test",
    ]
    assert shown[-5:-2] == [
        "Name Server: ns1.homeport.test",
        "Name Server: ns2.homeport.test",
        "DNSSEC: signedDelegation",
    ]
    assert shown[-2].startswith("DNSSEC DS Data: 12345 13 2 3D0DA85F")
    assert shown[-1] == ">>> Last update of WHOIS database: 2026-10-14T17:46:40Z <<<"


def test_icann_shows_an_unsigned_domain_without_servers(lines):
    shown = lines("leuchtfeuer-süd.test")
    assert "Domain Status: inactive https://icann.org/epp#inactive" in shown
    assert shown[-2] == "DNSSEC: unsigned"


def test_icann_shows_a_host(lines):
    assert lines("ns1.homeport.test")[:-1] == [
        "Server Name: ns1.homeport.test",
        "IP Address: 192.0.2.53",
        "IP Address: 2001:db8::53",
        "Registrar: Harbour Names Ltd.",
        "Registrar WHOIS Server: localhost",
        "Registrar URL: https://www.harbour.test",
    ]


def test_icann_shows_a_registrar(lines):
    assert lines("registrar lighthouse")[:-1] == [
        "Registrar Name: Lighthouse Registrations GmbH",
        "Registrar ID: lighthouse",
        "Registrar IANA ID: 9902",
        "Street: Am Leuchtturm 7",
        "City: Nordhafen",
        "Postal Code: 26548",
        "Country: DE",
        "Phone Number: +49.4932555010",
        "Fax Number: +49.4932555011",
        "Email: post@lighthouse.test",
        "Registrar WHOIS Server: localhost",
        "Registrar URL: https://www.lighthouse.test",
        "Registrar Abuse Contact Email: abuse@lighthouse.test",
        "Registrar Abuse Contact Phone: +49.4932555099",
    ]


def test_icann_shows_contacts_and_people_in_keys_of_the_same_style(lines):
    shown = lines("LK-1")
    assert shown[:4] == [
        "Contact ID: LK-1",
        "Registry Contact ID: C3-HOMEPORT",
        "Contact Name: Jörg Küster",
        "Contact Organization: Leuchtturmverein Nordhafen e.V.",
    ]
    assert lines("!alice")[:3] == ["Person Name: Alice Liddell", "Person ID: alice", "Person Office: Harbour House 12"]


def test_icann_ends_no_match_with_the_last_update_too(lines):
    assert lines("nix") == ['No match for "nix".', ">>> Last update of WHOIS database: 2026-10-14T17:46:40Z <<<"]


# RIPE's


def test_ripe_shows_a_domain_and_its_contacts_without_mail_addresses(lines):
    shown = lines("expiring-tomorrow.test", layout="ripe")
    assert shown[:3] == [
        "% This is the Homeport database query service.",
        '% Information about "expiring-tomorrow.test"',
        "",
    ]
    assert shown[3:15] == [
        "domain:         expiring-tomorrow.test",
        "registrant:     AL-1",
        "admin-c:        AL-1",
        "tech-c:         AL-1",
        "nserver:        ns1.homeport.test",
        "nserver:        ns2.homeport.test",
        "status:         ok",
        "expires:        2026-10-15T17:46:40Z",
        "mnt-by:         harbour",
        "created:        2025-10-15T17:46:40Z",
        "last-modified:  2025-10-15T17:46:40Z",
        "source:         HOMEPORT",
    ]
    assert shown[15:17] == ["", "person:         Alice Liddell"]
    assert not any("@" in line for line in shown)
    assert shown[-2:] == ["", "% Mail addresses are hidden; flag -B shows them."]


def test_flag_r_leaves_out_the_contacts(lines):
    assert not any(line.startswith("person:") for line in lines("-r homeport.test", layout="ripe"))


def test_flag_b_shows_mail_addresses(lines):
    shown = lines("-B HM-1", layout="ripe")
    assert "e-mail:         master@homeport.test" in shown
    assert not any("-B" in line for line in shown)
    assert "abuse-mailbox:  abuse@harbour.test" in lines("-B harbour", layout="ripe")
    assert "abuse-mailbox:  abuse@harbour.test" not in lines("harbour", layout="ripe")


def test_flag_t_restricts_the_types(lines):
    assert lines("-T host homeport.test", layout="ripe")[0] == "%ERROR:101: no entries found"
    assert "host:           ns1.homeport.test" in lines("-T domain,HOST ns1.homeport.test", layout="ripe")
    assert "organisation:   lighthouse" in lines("-T organisation lighthouse", layout="ripe")
    assert "nic-hdl:        AL-1" in lines("-Tperson liddell", layout="ripe")
    assert "person:         Alice Liddell" not in lines("-T domain liddell", layout="ripe")


def test_flags_can_be_written_together(lines):
    assert lines("-rB homeport.test", layout="ripe") == lines("-B -r homeport.test", layout="ripe")
    assert lines("-rTdomain homeport.test", layout="ripe") == lines("-r -T domain homeport.test", layout="ripe")
    assert lines("-V Md5.5 homeport.test", layout="ripe") == lines("homeport.test", layout="ripe")


KNOWN_FLAGS = "-B, -r, -k, -K, -x, -l, -L, -m, -M, -T, -V, -i, -C"


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("-Z homeport.test", f"%ERROR:111: unrecognised flag -Z: known flags are {KNOWN_FLAGS}"),
        ("--help", f"%ERROR:111: unrecognised flag --: known flags are {KNOWN_FLAGS}"),
        ("-T", "%ERROR:111: flag -T needs an argument"),
        (
            "-T ship homeport.test",
            "%ERROR:103: unknown object type ship: known types are domain, host, person, organisation, dn, inetnum, "
            "inet6num, route, route6, aut-num, as-block",
        ),
        ("-B", "%ERROR:106: no search key: send a domain, a host, an address or a name, or help"),
        ("nix", "%ERROR:101: no entries found"),
    ],
)
def test_ripe_numbers_its_errors(lines, query, error):
    assert lines(query, layout="ripe")[0] == error


def test_ripe_says_chosen_words_for_no_match_as_remarks(lines):
    assert lines("nix", layout="ripe", no_match="{query} is free") == [
        "%ERROR:101: no entries found",
        "%",
        "% nix is free",
    ]


def test_ripe_shows_every_record_that_matches(lines):
    assert [line for line in lines("anchor", layout="ripe") if line.startswith("person:")] == [
        "person:         Robert Anchor",
        "person:         Carol Anchor",
    ]


def test_ripe_shows_no_more_than_a_hundred_records(lines):
    people = [Person(login=f"p{number}", name="Many Smith") for number in range(150)]
    shown = lines("smith", layout="ripe", world=lambda: world_of(people=people))
    assert shown.count("person:         Many Smith") == 100
    assert "% 50 more records are not shown; narrow the query." in shown


def test_ripe_shows_hosts_and_registrars(lines):
    assert lines("ns1.homeport.test", layout="ripe")[3:6] == [
        "host:           ns1.homeport.test",
        "inetnum:        192.0.2.53",
        "inet6num:       2001:db8::53",
    ]
    assert "org-name:       Harbour Names Ltd." in lines("registrar harbour", layout="ripe")


@pytest.mark.parametrize("end", [b"-k\r\n", b"\r\n"])
def test_flag_k_keeps_the_connection_until_it_comes_alone_or_a_line_is_empty(talk, end):
    told = talk("whois", b"-k nix\r\n-Z\r\nhelp\r\n" + end, layout="ripe")
    answers = told.sent.decode().split("\r\n\r\n\r\n")
    assert [answer.split(" ")[0] for answer in answers] == ["%ERROR:101:", "%ERROR:111:", "%", ""]
    assert told.closed
    assert told.findings == []
    assert [fields["code"] for _type, fields in told.logs] == ["none", "error", "help", "ended"]


def test_flag_k_alone_opens_a_persistent_connection(talk):
    told = talk("whois", b"-k\r\nnix\r\n", layout="ripe")
    assert told.sent.startswith(b"% The connection stays open until -k alone or an empty line.\r\n\r\n\r\n%ERROR:101")
    assert not told.closed


def test_a_kept_connection_ends_with_the_clients_side(talk):
    assert talk("whois", b"-k nix\r\n", layout="ripe", eof=True).closed
    told = talk("whois", b"-k nix\r\nrest", layout="ripe", eof=True)
    assert told.findings == ["no-crlf"]
    assert told.closed


# Plain


def test_plain_shows_a_domain_and_how_long_it_runs(lines):
    assert lines("expiring-tomorrow.test", layout="plain") == [
        "Domain:       expiring-tomorrow.test",
        "Status:       ok",
        "Registrar:    Harbour Names Ltd. (harbour)",
        "Registrant:   Alice Liddell (AL-1)",
        "Admin:        Alice Liddell (AL-1)",
        "Tech:         Alice Liddell (AL-1)",
        "Server:       ns1.homeport.test",
        "Server:       ns2.homeport.test",
        "Created:      2025-10-15T17:46:40Z",
        "Expires:      2026-10-15T17:46:40Z (in 1 day)",
    ]


def test_expiry_follows_the_worlds_clock(lines):
    def two_days_later():
        # Without a zone nothing happens at expiry.
        world = world_of(registry=msgspec.structs.replace(REGISTRY, zones=()))
        world.clock.advance(3 * DAY)
        return world

    expiry = lines("expiring-tomorrow.test", layout="plain", world=two_days_later)[-1]
    assert expiry == "Expires:      2026-10-15T17:46:40Z (expired 2 days ago)"
    assert remaining(100) == "in less than a day"
    assert remaining(-100) == "expired less than a day ago"


def test_plain_shows_the_other_kinds(lines):
    assert lines("ns1.homeport.test", layout="plain")[-1] == (
        "Serves:       homeport.test, lighthouse.test, expiring-tomorrow.test, 3com.test"
    )
    assert "Abuse:        abuse@harbour.test, +44.1865550199" in lines("harbour", layout="plain")
    assert "Fax:          +44.1865550110" in lines("HM-1", layout="plain")
    assert "Office:       Boat Shed 3" in lines("bob", layout="plain")


@pytest.mark.parametrize("layout", ["icann", "ripe", "plain"])
def test_objects_that_refer_to_nothing_are_shown_nevertheless(lines, layout):
    contents = RegistryContents(
        hosts=[Host(name="h.test", roid="H", registrar="gone", created=0)],
        contacts=[Contact(id="C", roid="C", registrar="gone", created=0, postal=PostalInfo(organization="Org"))],
        domains=[
            Domain(name="d.test", roid="D", registrar="gone", registrant="lost", contacts=(DomainContact("tech", "C"),),
                   created=-1e15, expires=1e15),
        ],
    )  # fmt: skip
    for query in ("h.test", "!C", "d.test"):
        shown = lines(query, layout=layout, world=lambda: world_of(registry=contents))
        assert any("gone" in line for line in shown)


def world_of(**contents):
    return World("default", WorldContents(**contents), JournalOptions(), lambda: 1_792_000_000.0)
