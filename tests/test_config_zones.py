"""[[dns.zone]]: configured zones, and the errors that say where and what."""

import pytest

from homeport.config.reading import load
from homeport.config.values import ConfigError
from homeport.config.writing import effective
from homeport.world.zones.contents import ZoneContents, parse_contents, signing_policy
from homeport.world.zones.name import parse_name
from homeport.world.zones.rrset import MX, SOA, A, RRset
from homeport.world.zones.signing.key import Policy
from homeport.world.zones.signing.numbers import ALGORITHMS

ZONE = """
[[dns.zone]]
name = "Shop.test"
ttl = "5m"
records = '''
@        MX 10 mail
www      A  127.0.0.1
www 60   A  127.0.0.2
'''
"""


@pytest.fixture
def read(tmp_path):
    """Load a configuration from a text. FILE in it is a file with the given content."""

    def run(text, content=None):
        file, zone = tmp_path / "homeport.toml", tmp_path / "shop.zone"
        file.write_text(text.replace("FILE", str(zone)))
        if content is not None:
            zone.write_bytes(content)
        return load(file)

    return run


@pytest.fixture
def wrong(read, tmp_path):
    """Return the problems of a configuration, without the folder's name."""

    def run(text, content=None):
        with pytest.raises(ConfigError) as caught:
            read(text, content)
        return [problem.replace(f"{tmp_path}/", "") for problem in caught.value.problems]

    return run


def test_a_zone_has_its_records_in_the_format_of_zone_files(read):
    (zone,) = read(ZONE).contents.dns
    origin, records = parse_contents(zone)
    assert origin == parse_name("shop.test")
    assert dict(records)[parse_name("www.shop.test")] == RRset(A, 60, (b"\x7f\0\0\1", b"\x7f\0\0\2"))
    assert [rrset.ttl for _name, rrset in records if rrset.type == MX] == [300]


def test_a_zone_may_come_from_a_file(read):
    config = read("[[dns.zone]]\nname = 'shop.test'\nfile = 'FILE'\n", b"@ SOA ns h 1 2 3 4 5\nwww A 127.0.0.1\n")
    _origin, records = parse_contents(config.contents.dns[0])
    assert {rrset.type for _name, rrset in records} == {SOA, A}
    (shown,) = effective(config)["dns"]["zone"]
    assert set(shown) == {"name", "records", "file", "ttl", "dnssec", "dnssec_algorithm", "denial"}


def test_without_configuration_there_are_no_zones_and_no_dnspython(read):
    assert not read("").contents.dns


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("records = 'www A 127.0.0.300'", "homeport.toml:3: dns.zone[0].records: line 1: "),
        ("records = '''\n\nwww CNAME a\nwww A 127.0.0.1\n'''", "has a CNAME and"),
        ("records = 'www.example. A 127.0.0.1'", "line 1: www.example. is outside the zone shop.test."),
        ("records = '$INCLUDE /etc/passwd'", "line 1: $INCLUDE is not read"),
        ("records = 'www SOA a b 1 2 3 4 5'", "a zone has one SOA"),
        ("ttl = '-1s'", "homeport.toml:3: dns.zone[0].ttl"),
        ("file = 'FILE'", "homeport.toml:3: dns.zone[0].file: shop.zone: No such file or directory"),
        ("record = ''", "dns.zone[0] has no key 'record'; did you mean 'records'?"),
    ],
)
def test_an_invalid_zone_is_refused_with_its_place(wrong, text, problem):
    (found,) = wrong(f"[[dns.zone]]\nname = 'shop.test'\n{text}\n")
    assert problem in found


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"www A 127.0.0.1\nwww2 A x\n", "homeport.toml:3: dns.zone[0].file: shop.zone: line 2: "),
        (b"www TXT \xff", "shop.zone is not UTF-8 at byte 8"),
    ],
)
def test_an_invalid_zone_file_is_refused_with_its_line(wrong, content, problem):
    (found,) = wrong("[[dns.zone]]\nname = 'shop.test'\nfile = 'FILE'\n", content)
    assert problem in found


def test_a_zone_has_records_or_a_file(wrong):
    (found,) = wrong("[[dns.zone]]\nname = 'shop.test'\nfile = 'FILE'\nrecords = 'www A 127.0.0.1'", b"")
    assert found.endswith("dns.zone[0].file: a zone has a file or `records`: leave one out")


def test_two_zones_of_one_name_are_refused(wrong):
    (found,) = wrong(ZONE + "[[dns.zone]]\nname = 'shop.TEST.'\n")
    assert "dns.zone[1].name: the zone shop.TEST. is there twice: merge the two" in found


@pytest.mark.parametrize("name", ["a..test", "x" * 64])
def test_a_zone_has_a_valid_name(wrong, name):
    (found,) = wrong(f"[[dns.zone]]\nname = '{name}'\n")
    assert "homeport.toml:2: dns.zone[0].name: " in found


def test_a_zone_that_says_nothing_is_signed_as_dns_says() -> None:
    default = Policy(denial="nsec3", algorithm=ALGORITHMS["ed25519"])
    assert signing_policy(ZoneContents(name="a.test", dnssec=True), default) == default
    own = ZoneContents(name="a.test", dnssec=True, denial="nsec", dnssec_algorithm="ecdsap256sha256")
    assert signing_policy(own, default) == Policy()
