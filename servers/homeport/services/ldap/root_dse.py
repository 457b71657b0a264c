"""The root DSE and the subschema: what the server is and can (RFC 4512 4.2, 5.1)."""

from collections.abc import Iterable, Mapping

from homeport.services.ldap.bind import mechanisms
from homeport.services.ldap.controls.requests import CONTROLS
from homeport.services.ldap.dialogue import LdapDialogue
from homeport.services.ldap.extended import OPERATIONS
from homeport.version import __version__
from homeport.world.directory.directory import SUBSCHEMA
from homeport.world.directory.matching import rule_texts
from homeport.world.directory.schema.schema import Schema
from homeport.world.directory.schema.syntaxes import syntax_texts

Attributes = list[tuple[str, tuple[bytes, ...]]]
FEATURES = (
    "1.3.6.1.4.1.4203.1.5.1",  # all operational attributes by "+" (RFC 3673)
    "1.3.6.1.4.1.4203.1.5.3",  # absolute True and False filters (RFC 4526)
    "1.3.6.1.1.14",  # modify-increment (RFC 4525)
)


def root_dse(dialogue: LdapDialogue) -> Attributes:
    """Return the attributes of the root DSE."""
    directory = dialogue.context.world.directory
    behaviour = dialogue.behaviour
    rows = {
        "objectClass": ["top"],
        "namingContexts": [*directory.suffixes],
        "subschemaSubentry": [SUBSCHEMA],
        "supportedLDAPVersion": ["3"],
        "supportedExtension": [*(oid for oid in OPERATIONS if oid not in behaviour.lacks), *behaviour.extensions],
        "supportedControl": [*(oid for oid in CONTROLS if oid not in behaviour.lacks), *sorted(behaviour.ignores)],
        "supportedFeatures": [*FEATURES],
        "supportedSASLMechanisms": mechanisms(dialogue),
        "vendorName": ["Homeport"],
        "vendorVersion": [__version__],
    }
    return _encoded(behaviour.root_dse(dialogue, rows))


def subschema(schema: Schema) -> Attributes:
    """Return the attributes of the subschema subentry."""
    rows = {
        "objectClass": ["top", "subentry", "subschema", "extensibleObject"],
        "cn": ["subschema"],
        "ldapSyntaxes": syntax_texts(),
        "matchingRules": rule_texts(),
        "attributeTypes": schema.attribute_texts(),
        "objectClasses": schema.class_texts(),
    }
    return _encoded(rows)


def _encoded(rows: Mapping[str, Iterable[str]]) -> Attributes:
    encoded = [(name, tuple(value.encode() for value in values)) for name, values in rows.items()]
    return [(name, values) for name, values in encoded if values]
