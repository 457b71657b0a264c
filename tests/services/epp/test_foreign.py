"""Namespaces that the farm does not have: announced or taken, ignored, and answered by canned elements."""

from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.epp.caller import EXTENSIONS, OBJECTS, URN, Caller, check, command_xml, info

from homeport.services import find_service
from homeport.services.epp.grammar import read, xml_of
from homeport.services.epp.offers import offer_of
from homeport.services.epp.options import EppOptions

LEASE, LOCAL = "urn:example:lease-1.0", "http://nic.example/local-1.0"
VAT = f'<extension><l:data xmlns:l="{LOCAL}"><l:vat>DE 1</l:vat></l:data></extension>'
LEASES = '<create><l:create xmlns:l="urn:example:lease-1.0"><l:name>berth-7</l:name></l:create></create>'
ADDED = f'<n:infData xmlns:n="{LOCAL}"><n:of>{{object}}</n:of></n:infData>'
EMPTY_UPDATE = (
    '<update><domain:update xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>homeport.test</domain:name>'
    f"</domain:update></update>{VAT}"
)


def logged_in(objects=(LEASE,), exts=(LOCAL,), **options):
    caller = Caller(foreign=True, **options)
    assert caller.login(objects=(*OBJECTS, *objects), exts=(*EXTENSIONS, *exts)).code == 1000
    return caller


@pytest.mark.parametrize("options", [{"services": (LEASE,), "extensions": (LOCAL,)}, {"unknown_uri": "take"}])
class TestTaken:
    """Announced, or taken although the greeting does not announce them."""

    def test_elements_of_extensions_are_ignored_and_journaled(self, options):
        caller = logged_in(**options)
        assert caller.ask(info("homeport.test") + VAT).data.name == "homeport.test"
        assert caller.logs[-1][1]["foreign"] == f"l:data ({LOCAL})"
        assert caller.ask(EMPTY_UPDATE).code == 1000
        assert caller.findings == []

    def test_commands_on_objects_succeed_and_do_nothing(self, options):
        caller = logged_in(**options)
        before = caller.world.registry.snapshot()
        answer = caller.ask(LEASES)
        assert (answer.code, answer.data) == (1000, None)
        fields = caller.logs[-1][1]
        assert (fields["command"], fields["object"]) == ("foreign:create", "berth-7")
        assert fields["foreign"] == f"l:create ({LEASE})"
        assert caller.world.registry.snapshot() == before

    def test_a_frame_that_is_not_well_formed_is_refused(self, options):
        caller = logged_in(**options)
        assert caller.ask(LEASES.replace("</l:name>", "</l:nom>"), None).code == 2001

    def test_what_the_login_does_not_list_is_refused(self, options):
        caller = logged_in((), (), **options)
        assert caller.ask(LEASES).code == 2307
        answer = caller.ask(info("homeport.test") + VAT)
        assert (answer.code, answer.blamed) == (2103, [f'<l:data xmlns:l="{LOCAL}"></l:data>'])
        assert caller.findings == ["object-not-in-login", "extension-not-in-login"]

    def test_elements_in_namespaces_that_are_announced_are_still_checked(self, options):
        caller = logged_in(**options)
        assert caller.ask(info("homeport.test").replace(":name", ":nom"), None).code == 2001
        assert caller.ask(info("homeport.test") + VAT.replace(LOCAL, f"{URN}epp-1.0"), None).code == 2001


def test_by_default_unknown_namespaces_are_refused():
    caller = Caller()
    assert caller.login(exts=(*EXTENSIONS, LOCAL)).code == 2103
    caller.login()
    assert caller.ask(info("homeport.test") + VAT).code == 2103
    assert caller.ask(LEASES).code == 2307
    assert caller.findings[-2:] == ["service-not-offered"] * 2


def test_a_namespace_that_we_have_and_do_not_announce_is_ignored_as_an_unknown_one_is():
    rgp = "urn:ietf:params:xml:ns:rgp-1.0"
    caller = logged_in((), (), extensions=("-rgp",), unknown_uri="take")
    assert caller.ask(EMPTY_UPDATE.replace(LOCAL, rgp)).code == 1000  # no rgp:data in its schema


def test_canned_elements_are_added_to_answers_of_clients_that_list_them():
    caller = logged_in(
        unknown_uri="take", answers={"domain:info": ADDED, "foreign:create": ADDED.replace(LOCAL, LEASE)}
    )
    *_, extension = caller.ask(info("homeport.test")).response.extension
    assert (extension.uri, extension.local, extension.prefix) == (LOCAL, "infData", "n")
    caller.told = b""
    caller.ask(LEASES)
    assert (
        b'<resData><n:infData xmlns:n="urn:example:lease-1.0"><n:of>berth-7</n:of></n:infData></resData>' in caller.told
    )
    assert caller.ask(check("homeport.test")).response.extension == ()
    assert caller.ask(info("none.test")).response.extension == ()
    other = logged_in((), (), unknown_uri="take", answers={"domain:info": ADDED})
    assert LOCAL not in other.ask(info("homeport.test")).xml


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ({"domain:inof": ADDED}, "answers: 'domain:inof' is no command; did you mean 'domain:info'?"),
        ({"domain:info": "<a>"}, "answers: domain:info: not well-formed XML"),
        ({"domain:info": "text"}, "answers: domain:info: text stands beside the elements"),
        ({"domain:info": ""}, "answers: domain:info: no element"),
        ({"domain:info": "<data/>"}, "answers: domain:info: <data> has no namespace"),
        ({"domain:info": ADDED * 1000}, "answers: domain:info: the elements of one answer have at most 32768 bytes"),
        ({"domain:info": "<!DOCTYPE a><a/>"}, "answers: domain:info: not well-formed XML"),
        ({"domain:info": "<a xmlns='urn:x'>&b;</a>"}, "answers: domain:info: not well-formed XML"),
    ],
)
def test_canned_elements_that_cannot_be_sent_are_refused_by_the_configuration(answers, problem):
    (found,) = find_service("epp").check(EppOptions(answers=answers), None)
    assert found.startswith(problem)


def test_the_name_of_an_object_is_escaped_in_a_canned_element():
    canned = f'<n:infData xmlns:n="{LEASE}" of="{{object}}">{{object}}</n:infData>'
    caller = logged_in(unknown_uri="take", answers={"foreign:create": canned})
    assert caller.ask(LEASES.replace("berth-7", "a&lt;b&quot;c'd")).code == 1000
    assert b"""of="a&lt;b&quot;c'd">a&lt;b&quot;c'd</n:infData>""" in caller.told


def test_rfc_9038_canned_elements_that_the_login_does_not_list_are_values():
    unhandled = f"{URN}epp:unhandled-namespaces-1.0"
    caller = logged_in((), (unhandled,), unknown_uri="take", answers={"domain:info": ADDED})
    answer = caller.ask(info("homeport.test"))
    assert answer.code == 1000
    assert answer.reasons == [f"{LOCAL} not in login services"]
    assert answer.blamed == [f'<n:infData xmlns:n="{LOCAL}"><n:of>homeport.test</n:of></n:infData>']


TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=20)
TREES = st.recursive(
    st.tuples(st.sampled_from(["name", "id", "pw", "data"]), TEXTS, st.just(())),
    lambda inner: st.tuples(st.sampled_from(["name", "list", "x.y"]), TEXTS, st.lists(inner, max_size=4)),
)


def as_xml(tree, prefix="l:"):
    name, text, children = tree
    return f"<{prefix}{name}>{escape(text)}{''.join(as_xml(one) for one in children)}</{prefix}{name}>"


@given(TREES)
def test_any_well_formed_element_of_a_taken_namespace_is_ignored(tree):
    offer = offer_of((), (), "take")
    element = as_xml(("root", "", (tree,))).replace("<l:root>", f'<l:root xmlns:l="{LOCAL}">')
    frame = command_xml(info("homeport.test") + f"<extension>{element}</extension>")
    (taken,) = read(frame, offer=offer).extension
    assert (taken.uri, taken.local, taken.prefix) == (LOCAL, "root", "l")
    assert all(0 < len(name) <= 256 for name in taken.names)
    assert xml_of(taken) == f'<l:root xmlns:l="{LOCAL}"/>'
