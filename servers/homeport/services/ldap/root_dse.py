"""The root DSE: what the server is and can (RFC 4512 5.1)."""

from homeport.services.ldap.bind import mechanisms
from homeport.services.ldap.dialogue import LdapDialogue
from homeport.services.ldap.extended import OPERATIONS
from homeport.version import __version__

Attributes = list[tuple[str, list[bytes]]]


def root_dse(dialogue: LdapDialogue) -> Attributes:
    """Return the attributes of the root DSE."""
    directory = dialogue.context.world.directory
    return [
        ("objectClass", [b"top"]),
        ("namingContexts", [directory.suffix.encode()]),
        ("supportedLDAPVersion", [b"3"]),
        ("supportedExtension", [oid.encode() for oid in OPERATIONS]),
        ("supportedSASLMechanisms", [name.encode() for name in mechanisms(dialogue)]),
        ("vendorName", [b"Homeport"]),
        ("vendorVersion", [__version__.encode()]),
    ]
