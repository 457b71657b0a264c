"""The catalogue of services."""

import pytest
from listed import assert_listed

from homeport.services import all_services, find_service


@pytest.mark.requirement("GEN-1.2.4-1")
def test_every_service_has_its_documented_port_by_default():
    documented: dict[str, int | dict[str, int]] = {
        "echo": 10007,
        "discard": 10009,
        "users": 10011,
        "daytime": 10013,
        "qotd": 10017,
        "chargen": 10019,
        "time": 10037,
        "finger": 10079,
        "whois": 10043,
        "rdap": 18444,
        "smtp": {"plain": 12525, "starttls": 10025, "submission": 10587, "tls": 10465},
        "imap": {"starttls": 10143, "tls": 10993},
        "pop3": {"starttls": 10110, "tls": 10995},
        "ftp": {"tcp": 10021, "tls": 10990},
        "epp": {"tls": 10700, "tcp": 10701},
        "dns": {"udp": 10053, "tcp": 10053, "tls": 10853, "https": 18443},
        "ldap": {"starttls": 10389, "tls": 10636},
        "telnet": {"tcp": 10023, "tls": 10992},
        "tftp": 10069,
        "ntp": {"udp": 10123, "nts": 14460},
        "syslog": {"udp": 10514, "tcp": 10514, "tls": 16514},
        "ident": 10113,
        "gopher": 10070,
        "dict": 12628,
    }
    ours = {service.name for service in all_services()}
    assert_listed("tests/services/test_catalogue.py, documented ports", {*documented}, ours)
    for service in all_services():
        for listener in service.listeners:
            ports = documented[service.name]
            port = ports[listener.name] if isinstance(ports, dict) else ports
            assert getattr(service.options(), listener.option) == listener.default_port == port


def test_a_service_that_nobody_has_is_a_key_error():
    with pytest.raises(KeyError):
        find_service("netnews")


@pytest.mark.parametrize("service", all_services(), ids=lambda service: service.name)
def test_every_rule_has_a_name_of_its_own_a_reference_and_a_text(service):
    assert len({rule.id for rule in service.rules}) == len(service.rules)
    for rule in service.rules:
        assert rule.reference.startswith("RFC ")
        assert rule.text


@pytest.mark.parametrize(("name", "document"), [("smtp", "RFC 4954"), ("imap", "RFC 4959"), ("pop3", "RFC 5034")])
def test_each_protocol_cites_its_own_document_about_sasl(name, document):
    service = find_service(name)
    assert service.find_rule("sasl-initial-response").reference.startswith(document)
    assert service.find_rule("sasl-login-initial").reference.startswith(document)
    assert name == "smtp" or not any("4954" in rule.reference for rule in service.rules)
