"""An additional e-mail address of contacts (RFC 9873), in ASCII or internationalized (SMTPUTF8, RFC 6530).

An empty one removes it. Info shows it, or an empty element, to clients that listed the extension.
"""

from typing import Any

from homeport.services.epp.extensions import Extension
from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.flows.contact_values import email_problem
from homeport.services.epp.grammar import addl_email, contact
from homeport.services.epp.results import Code
from homeport.world.registry import Contact
from homeport.world.registry.disclosure import as_disclosed, policy_of
from homeport.world.registry.objects import with_extras


def change(request: Request[Any], one: Contact) -> Contact:
    """Give a contact its additional address."""
    given = request.extension(addl_email.AddlEmail)
    if given is None:
        return one
    address, primary = given.email.value, given.email.primary
    problem = email_problem(address, beyond_ascii=True) if address else ""
    if problem:
        raise EppError(Code.VALUE_SYNTAX, f"RFC 9873 4: {problem}", value=_value(address))
    if primary and not address:
        raise EppError(
            Code.PARAMETER_POLICY, "RFC 9873 4: an address that is removed cannot be primary", value=_value("")
        )
    return with_extras(one, addl_email=address, addl_email_primary=primary)


def _value(address: str) -> Value:
    return Value("email", address, addl_email.NAMESPACE)


def shown_address(request: Request[contact.Info], one: Contact) -> addl_email.AddlEmail:
    """Return the additional address of a contact; to others than its sponsor if it discloses its address."""
    if one.registrar != request.registrar.id:
        one = as_disclosed(one, policy_of(request.options))
    return addl_email.AddlEmail(
        email=addl_email.Email(primary=one.extras.addl_email_primary, value=one.extras.addl_email)
    )


EXTENSION = Extension(
    uri=addl_email.NAMESPACE,
    rfc="9873",
    belongs={contact.Create: addl_email.AddlEmail, contact.Update: addl_email.AddlEmail},
    changes={contact.Create: change, contact.Update: change},
    shows={contact.Info: shown_address},
)
