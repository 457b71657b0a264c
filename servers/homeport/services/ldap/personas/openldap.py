"""OpenLDAP: its root DSE, its operational attributes, and the texts of slapd that clients look for."""

from collections.abc import Generator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from homeport.services.ldap.messages import SearchRequest
from homeport.services.ldap.operation import Operation, Pause
from homeport.services.ldap.personas.behaviour import Behaviour, Rows, Special, WordedError
from homeport.services.ldap.personas.view import EVERY_OPERATIONAL, Makers, View, names_in, names_of
from homeport.services.ldap.personas.wording import Words
from homeport.world.directory.directory import Directory
from homeport.world.directory.entry import Entry, Values
from homeport.world.directory.names import NameProblem
from homeport.world.directory.results import Code

if TYPE_CHECKING:
    from homeport.services.ldap.dialogue import LdapDialogue

CSN, CONTEXT_CSN = "entrycsn", "contextcsn"
FEATURES = (
    "1.3.6.1.1.14",  # modify-increment (RFC 4525)
    "1.3.6.1.4.1.4203.1.5.1",  # all operational attributes by "+" (RFC 3673)
    "1.3.6.1.4.1.4203.1.5.2",  # attributes by object class (RFC 4529)
    "1.3.6.1.4.1.4203.1.5.3",  # absolute True and False filters (RFC 4526)
    "1.3.6.1.4.1.4203.1.5.4",  # language tags (RFC 3866)
    "1.3.6.1.4.1.4203.1.5.5",  # language ranges (RFC 3866)
)
CONFIGURATION, MONITOR = "cn=config", "cn=Monitor"
FURTHER = {
    CONFIGURATION: ("olcGlobal", "config"),
    MONITOR.lower(): ("monitorServer", "Monitor"),
}
"""Entries for administrators beside the tree: object class and cn."""
WORDS = Words(
    (
        (r"the object class (\S+) needs the attribute (\S+)", None, r"object class '\1' requires attribute '\2'"),
        (r"no object class of the entry has the attribute (\S+)", None, r"attribute '\1' not allowed"),
        (r"there is no attribute type '(.+)' in the schema", None, r"\1: attribute type undefined"),
        (r"there is no object class .*", None, "objectClass: value #0 invalid per syntax"),
        (r"(\S+): a value is no .*", None, r"\1: value #0 invalid per syntax"),
        (r"(\S+): a value is there twice", None, r"\1: value #1 provided more than once"),
        (r"(\S+) has that value already", None, r"modify/add: \1: value #0 already exists"),
        (r"(\S+) has no such value", None, r"modify/delete: \1: no such value"),
        (r"the entry has no (\S+)", None, r"modify/delete: \1: no such attribute"),
        (r"(\S+) is made by the server", None, r"\1: no user modification allowed"),
        (r"(\S+) has one value at most", None, r"attribute '\1' cannot have multiple values"),
        (r"an entry has the attribute objectClass", None, "no objectClass attribute"),
        (r"an entry has a structural object class .*", None, "no structural object class provided"),
        (r"a name without a password is no login .*", None, "unauthenticated bind (DN with no password) disallowed"),
        (r"LDAP version .*", None, "historical protocol version requested, use LDAPv3 instead"),
    ),
    {
        ("bind", Code.INVALID_CREDENTIALS): "",
        ("bind", Code.CONFIDENTIALITY_REQUIRED): "confidentiality required",
        ("extended", Code.PROTOCOL_ERROR): "unsupported extended operation",
        ("", Code.NO_SUCH_OBJECT): "",
        ("", Code.ENTRY_ALREADY_EXISTS): "",
        ("", Code.INVALID_DN_SYNTAX): "invalid DN",
        ("", Code.STRONGER_AUTH_REQUIRED): "modifications require authentication",
        ("add", Code.INSUFFICIENT_ACCESS_RIGHTS): "no write access to parent",
        ("delete", Code.INSUFFICIENT_ACCESS_RIGHTS): "no write access to parent",
        ("", Code.INSUFFICIENT_ACCESS_RIGHTS): "",
        ("", Code.NOT_ALLOWED_ON_NON_LEAF): "subordinate objects must be deleted first",
        ("", Code.UNAVAILABLE_CRITICAL_EXTENSION): "critical extension is not recognized",
        ("", Code.OBJECT_CLASS_MODS_PROHIBITED): "structural object class modification not allowed",
    },
)


def csn(moment: float) -> bytes:
    """Return a time as the number of a change, of a server without replicas."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y%m%d%H%M%S.%fZ#000000#000#000000").encode()


def makers(directory: Directory) -> Makers:
    """Return the functions that make its operational attributes."""
    suffixes = {directory.fold(suffix) for suffix in directory.suffixes}

    def of_entry(entry: Entry) -> Values:
        return (csn(directory.stamp_of(entry).modified),)

    def of_context(entry: Entry) -> Values:
        if entry.key not in suffixes:
            return ()
        newest = max((one.modified for one in directory.stamps.values()), default=0.0)
        return (csn(max(newest, directory.stamp_of(entry).modified)),)

    return {CSN: of_entry, CONTEXT_CSN: of_context}


def prepare(operation: Operation) -> Generator[Pause, Any, None]:
    """Set the view of a search; refuse changes below suffixes of others."""
    yield from ()
    directory, request = operation.dialogue.context.world.directory, operation.request
    if not isinstance(request, SearchRequest):
        if _is_foreign(directory, request.dn):
            raise WordedError(Code.UNWILLING_TO_PERFORM, "no global superior knowledge")
        return
    made = makers(directory)
    selected = names_of(directory.schema, request.attributes)
    if EVERY_OPERATIONAL in request.attributes:
        selected |= made.keys()
    operation.view = View(made, frozenset(names_in(directory.schema, request.filter)), selected)


def _is_foreign(directory: Directory, dn: str) -> bool:
    try:
        key = directory.fold(dn)
    except NameProblem:
        return False
    suffixes = (directory.fold(suffix) for suffix in directory.suffixes)
    return all(key[: len(suffix)] != suffix for suffix in suffixes)


def root_dse(_dialogue: "LdapDialogue", rows: Rows) -> Rows:
    """Return the attributes of the root DSE."""
    kept = {name: values for name, values in rows.items() if not name.startswith("vendor")}
    return kept | {
        "objectClass": ["top", "OpenLDAProotDSE"],
        "structuralObjectClass": ["OpenLDAProotDSE"],
        "configContext": [CONFIGURATION],
        "monitorContext": [MONITOR],
        "supportedFeatures": [*FEATURES],
        "subschemaSubentry": ["cn=Subschema"],
    }


def special(dialogue: "LdapDialogue", request: SearchRequest) -> Special | None:
    """Return the root of the configuration, or of the monitor, for an administrator; they hide it from others."""
    found = FURTHER.get(request.base.replace(" ", "").lower())
    if found is None or not dialogue.bound.admin:
        return None
    kind, name = found
    return f"cn={name}", [("objectClass", (kind.encode(),)), ("cn", (name.encode(),))]


BEHAVIOUR = Behaviour(
    prepare=prepare,
    worded=WORDS.worded,
    root_dse=root_dse,
    special=special,
    size_limit_text="",
    subschema="cn=Subschema",
)
