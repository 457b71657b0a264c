"""The text of a status is kept and shown with it (RFC 5731 2.3, RFC 5732 2.3, RFC 5733 2.2)."""

import pytest
from services.epp.desk import Desk

from homeport.services.epp.grammar import contact, domain, host

OBJECTS = [
    pytest.param(
        lambda **parts: domain.Update(name="quay.test", **parts),
        domain.Info(name=domain.InfoName(value="quay.test")),
        domain,
        id="domain",
    ),
    pytest.param(
        lambda **parts: host.Update(name="ns1.homeport.test", **parts),
        host.Info(name="ns1.homeport.test"),
        host,
        id="host",
    ),
    pytest.param(lambda **parts: contact.Update(id="HM-1", **parts), contact.Info(id="HM-1"), contact, id="contact"),
]


def shown(desk, info):
    """Return the statuses of an answer to info that have a text, with it and its language."""
    return [(one.s, one.lang, one.value) for one in desk.do("harbour", info).data.status if one.value]


@pytest.mark.parametrize(("update", "info", "namespace"), OBJECTS)
def test_the_text_of_a_status_is_shown_until_the_status_is_removed(update, info, namespace):
    desk = Desk()
    status = namespace.Status(s="clientDeleteProhibited", lang="de", value="Rechnung offen.")
    desk.do("harbour", update(add=namespace.AddRem(status=(status,))))
    assert shown(desk, info) == [("clientDeleteProhibited", "de", "Rechnung offen.")]
    removed = namespace.AddRem(status=(namespace.Status(s="clientDeleteProhibited"),))
    desk.do("harbour", update(rem=removed))
    desk.do("harbour", update(add=removed))
    assert shown(desk, info) == [], "another text, or none, belongs to the status that was set again"


@pytest.mark.parametrize(("update", "info", "namespace"), OBJECTS)
def test_a_refused_update_leaves_the_texts(update, info, namespace):
    desk = Desk()
    status = namespace.Status(s="clientDeleteProhibited", value="Keep it.")
    desk.do("harbour", update(add=namespace.AddRem(status=(status,))))
    assert desk.refused("harbour", update(add=namespace.AddRem(status=(status,))))[0] == 2306
    assert shown(desk, info) == [("clientDeleteProhibited", "en", "Keep it.")]
