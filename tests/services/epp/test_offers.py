"""What the greeting announces: `[epp] services` and `extensions` (RFC 5730 2.4)."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from services.epp.caller import Caller, info

from homeport.services import find_service
from homeport.services.epp.grammar.namespaces import DEFAULT_OFFER, IETF
from homeport.services.epp.offers import offer_of
from homeport.services.epp.options import EppOptions

DOMAIN, CONTACT, HOST, RGP, SECDNS = (
    IETF + name for name in ("domain-1.0", "contact-1.0", "host-1.0", "rgp-1.0", "secDNS-1.1")
)


def menu(**options):
    """Return the objURIs and extURIs of a greeting with these options."""
    greeting = Caller(**options).greeting
    extensions = greeting.svc_menu.svc_extension
    return greeting.svc_menu.obj_uri, () if extensions is None else extensions.ext_uri


def test_by_default_the_greeting_announces_what_is_registered_with_iana():
    assert menu() == (DEFAULT_OFFER.objects, DEFAULT_OFFER.extensions)
    assert DEFAULT_OFFER.objects[:3] == (DOMAIN, CONTACT, HOST)
    assert {RGP, SECDNS} <= {*DEFAULT_OFFER.extensions}


def test_the_page_lists_what_the_greeting_announces():
    page = (Path(__file__).parents[3] / "docs" / "epp.md").read_text()
    for row, uris in (("objects", DEFAULT_OFFER.objects), (r"\[extensions\]\(.*?\)", DEFAULT_OFFER.extensions)):
        (listed,) = re.findall(rf"^\| {row} \| `{IETF}` with (.*?)(?:;.*)? \|$", page, re.M)
        assert tuple(re.findall("`(.*?)`", listed)) == tuple(uri.removeprefix(IETF) for uri in uris)


def test_names_and_uris_are_added_to_the_default_ones_and_removed_from_them():
    objects, extensions = menu(services=("-contact",), extensions=("-*", "secDNS", "http://nic.example/ext-1.0"))
    assert CONTACT not in objects
    assert extensions == (SECDNS, "http://nic.example/ext-1.0")
    assert menu(extensions=("-*", "secdns-1.1", RGP))[1] == (RGP, SECDNS)
    assert menu(extensions=("-*",))[1] == ()
    assert menu(services=("urn:x:lease-1.0",))[0] == (*DEFAULT_OFFER.objects, "urn:x:lease-1.0")


def test_an_extension_listed_as_a_service_is_announced_as_an_extension():
    assert offer_of(("rgp",), ("-*",)).extensions == (RGP,)
    assert offer_of(("rgp",), ("-*",)).objects == DEFAULT_OFFER.objects


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"extensions": ("secDSN",)}, "extensions: 'secDSN' is no URI and no known name; did you mean 'secDNS-1.1'?"),
        ({"extensions": ("-nonsense",)}, "extensions: 'nonsense' is no URI and no known name. Known are "),
        ({"services": ("contract",)}, "services: 'contract' is no URI and no known name; did you mean 'contact-1.0'?"),
    ],
)
def test_an_unknown_name_is_refused_by_the_configuration(options, problem):
    (found,) = find_service("epp").check(EppOptions(**options), None)
    assert found.startswith(problem)


def test_a_login_with_an_unknown_uri_says_which_there_are_and_how_to_allow_it():
    """RFC 5730 2.9.1.1"""
    answer = Caller().login(exts=("urn:ietf:params:xml:ns:fee-0.99",))
    assert answer.code == 2103
    (reason,) = answer.reasons
    assert " ".join(DEFAULT_OFFER.extensions) in reason
    assert "urn:ietf:params:xml:ns:fee-0.99 in [epp] extensions, or any URI with unknown_uri" in reason


def test_an_unknown_uri_that_is_announced_may_be_listed_as_object_or_extension():
    uri = "http://nic.example/ext-1.0"
    for options in ({"services": (uri,)}, {"extensions": (uri,)}):
        assert Caller(**options).login(exts=(uri,)).code == 1000
        assert Caller(**options).login(objects=(DOMAIN, uri)).code == 1000


def test_commands_of_objects_that_are_not_announced_cannot_be_used():
    caller = Caller(services=("-domain",))
    answer = caller.login()
    assert (answer.code, caller.findings) == (2307, ["service-not-offered"])
    assert caller.login(objects=(CONTACT, HOST)).code == 1000
    assert caller.ask(info("homeport.test")).code == 2307


def test_modules_of_extensions_are_imported_by_the_greeting_that_announces_them():
    code = (
        "import sys; from homeport.services.epp import extensions as e; e.extensions_served((), ('-*', 'rgp'));"
        "print([n.rpartition('.')[2] for n in sys.modules if n.startswith('homeport.services.epp.extensions.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "['rgp']"
