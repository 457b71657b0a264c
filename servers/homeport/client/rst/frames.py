"""Commands as text. Values are escaped, and otherwise as the vector has them, valid or not."""

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

URN = "urn:ietf:params:xml:ns"
EPP = f"{URN}:epp-1.0"
SECDNS = f"{URN}:secDNS-1.1"
RGP = f"{URN}:rgp-1.0"
LOGIN_SECURITY = f"{URN}:epp:loginSec-1.0"
SECURE_AUTHINFO = f"{URN}:epp:secure-authinfo-transfer-1.0"
FIELDS = ("city", "sp", "pc", "cc")


def element(name: str, text: str = "", **attributes: str) -> str:
    """Return an element with text."""
    given = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{given}>{escape(text)}</{name}>"


def wrap(name: str, *inside: str) -> str:
    """Return an element with other elements in it; nothing if there are none."""
    content = "".join(inside)
    return f"<{name}>{content}</{name}>" if content else ""


def command(inside: str, extension: str = "", transaction: str = "") -> str:
    """Return a frame with a command."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><epp xmlns="{EPP}"><command>{inside}'
        f"{wrap('extension', extension)}{element('clTRID', transaction) if transaction else ''}</command></epp>"
    )


def of_object(verb: str, kind: str, inside: str, op: str = "") -> str:
    """Return the element of a command on an object, such as `<create><domain:create>`."""
    asked = f" op={quoteattr(op)}" if op else ""
    return f'<{verb}{asked}><{verb} xmlns="{URN}:{kind}-1.0">{inside}</{verb}></{verb}>'


def login(id_: str, password: str, objects: Iterable[str], extensions: Iterable[str]) -> tuple[str, str]:
    """Return a login's element and its extension, which has the password where the server offers RFC 8807."""
    extensions = list(extensions)
    secure = LOGIN_SECURITY in extensions
    menu = "".join(element("objURI", uri) for uri in objects)
    menu += wrap("svcExtension", *(element("extURI", uri) for uri in extensions))
    inside = (
        element("clID", id_) + element("pw", "[LOGIN-SECURITY]" if secure else password)
        + "<options><version>1.0</version><lang>en</lang></options>" + wrap("svcs", menu)
    )  # fmt: skip
    given = ""
    if secure:
        agent = wrap("userAgent", element("app", "homeport selfcheck rst"))
        given = f'<loginSec xmlns="{LOGIN_SECURITY}">{agent}{element("pw", password)}</loginSec>'
    return wrap("login", inside), given


def postal_info(row: Mapping[str, str]) -> str:
    """Return `<postalInfo>` of a vector."""
    streets = "".join(element("street", row[f"street{n}"]) for n in (1, 2, 3) if row[f"street{n}"])
    address = wrap("addr", streets, *(element(name, row[name]) for name in FIELDS))
    inside = element("name", row["name"]) + element("org", row["org"]) + address
    return f"<postalInfo type={quoteattr(row['postalInfoType'])}>{inside}</postalInfo>"


def reachable(row: Mapping[str, str]) -> str:
    """Return `<voice>`, `<fax>` and `<email>` of a vector."""
    numbers = "".join(element(name, row[name], x=row[f"{name}Ext"]) for name in ("voice", "fax"))
    return numbers + element("email", row["email"])


def authinfo(password: str) -> str:
    """Return `<authInfo>`."""
    return wrap("authInfo", element("pw", password))


def contact_create(row: Mapping[str, str]) -> str:
    """Return the create of a contact."""
    inside = element("id", row["id"]) + postal_info(row) + reachable(row) + authinfo(row["authInfo"])
    return of_object("create", "contact", inside)


def update(kind: str, key: str, name: str, *, add: str = "", rem: str = "", chg: str = "") -> str:
    """Return an update. key: `name` or `id`."""
    inside = element(key, name) + wrap("add", add) + wrap("rem", rem) + wrap("chg", chg)
    return of_object("update", kind, inside)


def status(code: str) -> str:
    """Return `<status>`."""
    return f"<status s={quoteattr(code)}/>"


def address(family: str, text: str) -> str:
    """Return `<addr>` of a host; nothing if there is no family."""
    return element("addr", text, ip=family) if family else ""


def host_attribute(name: str, addresses: Iterable[tuple[str, str]]) -> str:
    """Return `<hostAttr>` of a domain."""
    glue = (element("hostAddr", text, ip=family) for family, text in addresses)
    return wrap("hostAttr", element("hostName", name), *glue)


def signer(row: Mapping[str, str], interface: str) -> str:
    """Return `<dsData>` or `<keyData>` of a vector (RFC 5910 4)."""
    if interface == "dsData":
        names = (("keyTag", "keyTag"), ("alg", "dsDataAlg"), ("digestType", "digestType"), ("digest", "digest"))
    else:
        names = (("flags", "flags"), ("protocol", "protocol"), ("alg", "keyDataAlg"), ("pubKey", "pubKey"))
    return wrap(interface, *(element(name, row[column]) for name, column in names))


def secdns(verb: str, inside: str) -> str:
    """Return an element of secDNS-1.1 for the extension of a create or an update."""
    return f'<secDNS:{verb} xmlns:secDNS="{SECDNS}">{prefixed(inside)}</secDNS:{verb}>'


def prefixed(inside: str) -> str:
    """Return elements in the prefix secDNS."""
    return inside.replace("</", "\0").replace("<", "<secDNS:").replace("\0", "</secDNS:")
