"""Mutations of frames: typical client errors, and values at every boundary."""

from collections.abc import Callable

from lxml import etree

URN = "urn:ietf:params:xml:ns:"
NAMES = (
    *(
        "check",
        "create",
        "delete",
        "info",
        "login",
        "logout",
        "poll",
        "renew",
        "transfer",
        "update",
        "hello",
        "command",
    ),
    *("extension", "clTRID", "name", "id", "period", "ns", "hostObj", "hostAttr", "hostName", "hostAddr"),
    *("registrant"),
    *("contact", "authInfo", "pw", "ext", "null", "add", "rem", "chg", "status", "addr", "postalInfo"),
    *("voice", "fax"),
    *(
        "email",
        "disclose",
        "org",
        "street",
        "city",
        "sp",
        "pc",
        "cc",
        "keyTag",
        "alg",
        "digestType",
        "digest",
        "dsData",
    ),
    *("keyData", "maxSigLife", "all", "restore", "report", "value", "extValue", "reason", "msg", "msgQ", "resData"),
    *(
        "infData",
        "chkData",
        "cd",
        "trnData",
        "panData",
        "svcs",
        "services",
        "objURI",
        "extURI",
        "svcExtension",
        "undef",
    ),
)
NAMESPACES = ("", *(URN + name for name in ("epp-1.0", "domain-1.0", "contact-1.0", "host-1.0", "rgp-1.0")))
NAMESPACES += (URN + "secDNS-1.1", URN + "secDNS-1.0", "http://example.com/unknown")
ATTRIBUTES = (
    *("op", "s", "lang", "type", "unit", "avail", "flag", "ip", "x", "roid", "hosts", "code", "count", "id", "msgID"),
    *("urgent", "paResult", "nonsense", "{http://example.com/}other", "{http://www.w3.org/XML/1998/namespace}lang"),
    *("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation", "{http://www.w3.org/2001/XMLSchema-instance}nil"),
    "{http://www.w3.org/2001/XMLSchema-instance}type",
)
TEXTS = (
    *("", " ", "\t\n ", "  a  b ", " ab c ", "a\tb\nc", "\r", "\u00a0", "\u2028ab", "a&b<c>d", "]]>"),
    *("\U0001f600" * 3),
    *("a" * length for length in (1, 2, 3, 5, 6, 15, 16, 17, 32, 33, 63, 64, 65, 255, 256, 300)),
    *("\u00e9" * length for length in (1, 2, 3, 16, 17, 64, 65, 255, 256)),
    *("0", "1", "-1", "+1", "-0", "01", "1.0", "1.5", "2.0", "99", "100", "255", "256", "65535", "65536"),
    *("1e3", " 7 "),
    *("2147483647", "2147483648", "18446744073709551615", "18446744073709551616", "9" * 30, "0" * 30 + "1", "\u0661"),
    *("true", "false", "TRUE", " 1 ", "yes", "2000-04-03", "2000-04-03Z", "2000-04-03+14:00", "2000-04-03+14:01"),
    *("2000-02-30", "1900-02-29", "2000-02-29", "0000-01-01", "0001-01-01", "-0001-01-01", "9999-12-31"),
    *("10000-01-01"),
    *(
        "01999-01-01",
        "2000-4-3",
        "2000-13-01",
        "2000-00-10",
        "2000-10-00",
        "2000-04-03T22:00:00.0Z",
        "2000-04-03T22:00",
    ),
    *("2000-04-03T22:00:00", "2000-04-03T24:00:00Z", "2000-04-03T24:00:01Z", "2000-04-03T23:59:60Z", "T22:00:00Z"),
    *("2000-04-03T22:00:00.Z", "2000-04-03T22:00:00.123456789Z", "2000-04-03T22:00:00-13:59", "2000-04-03T22:60:00Z"),
    *("9999-12-31T23:59:59.9996Z", "0001-01-01T00:00:00+14:00", "12000-04-03T22:00:00Z", "2000-04-03t22:00:00z"),
    *("2000-04-03T22:00:00+02:00", " 2000-04-03T22:00:00Z ", "2000-04-03 22:00:00", "-2000-04-03T22:00:00Z"),
    *(
        "en",
        "en-GB",
        "e" * 9,
        "en-" + "a" * 9,
        "en_GB",
        "-",
        "P1Y",
        "P",
        "PT",
        "PT1.5S",
        "P1.5Y",
        "-P1D",
        "P1Y2M3DT4H5M6S",
    ),
    *("P1S", "PT1S1M", "AB==", "ABC=", "AAA=", "AAAA", "A A A A", "/x==", "/w==", "A===", "A", "====", "QUJD RA=="),
    *(
        "0g",
        "0F",
        "0f0",
        "ff ff",
        "urn:x",
        "http://[::1]:80/a?b#c",
        "%zz",
        "a b",
        "http://a:b:c/",
        "1a:b",
        "#a#b",
        ":",
        "//",
    ),
    *(
        "urn:a\\b",
        "\u00fcri",
        "http://a/[b]",
        "http://user@host:/",
        "+1.123",
        "+1234.1",
        "+1.",
        "+1.123456789012345",
        "55",
    ),
    *("+123.12345678901234", "ok", " ok ", "clientHold", "v4", "v6", "y", "m", "int", "loc", "US", "USA", "request"),
    *(
        "pending",
        "1000",
        "1002",
        "2502",
        " 1000",
        "EXAMPLE1-REP",
        "a-",
        "-a",
        "a_b-c",
        "a-b_c",
        "$x-REP",
        "\u0300a-b",
        "a b-c",
    ),
    *("a" * 80 + "-" + "b" * 8, "a" * 81 + "-b", "a-" + "b" * 9, "a-b-c", "example.com", "192.0.2.1"),
)
SCRIPT = ("delete", "duplicate", "swap", "rename", "renamespace", "text", "attribute", "unattribute")
SCRIPT += ("stray", "nest", "space")

Pick = Callable[[int], int]
"""Function that picks an index below a number of choices."""


def mutate(root: etree._Element, pick: Pick) -> None:
    """Apply one mutation somewhere in the tree."""
    nodes = [node for node in root.iter() if isinstance(node.tag, str)]
    node = nodes[pick(len(nodes))]
    parent = node.getparent()
    name = etree.QName(node)
    match SCRIPT[pick(len(SCRIPT))]:
        case "delete" if parent is not None:
            parent.remove(node)
        case "duplicate" if parent is not None:
            parent.insert(parent.index(node), etree.fromstring(etree.tostring(node, with_tail=False)))
        case "swap" if parent is not None and node.getnext() is not None:
            node.getnext().addnext(node)
        case "rename":
            node.tag = etree.QName(name.namespace, NAMES[pick(len(NAMES))]).text
        case "renamespace":
            node.tag = etree.QName(NAMESPACES[pick(len(NAMESPACES))] or None, name.localname).text
        case "text":
            node.text = TEXTS[pick(len(TEXTS))]
        case "attribute":
            given = list(node.attrib)
            names = given or ATTRIBUTES
            node.set(names[pick(len(names))], TEXTS[pick(len(TEXTS))])
        case "unattribute" if node.attrib:
            del node.attrib[list(node.attrib)[pick(len(node.attrib))]]
        case "stray":
            node.tail = TEXTS[pick(len(TEXTS))] if parent is not None else None
        case "nest":
            etree.SubElement(node, etree.QName(name.namespace, NAMES[pick(len(NAMES))])).text = TEXTS[pick(len(TEXTS))]
        case "space":
            node.text = f" \n{node.text or ''}\t "
        case _:
            node.set(ATTRIBUTES[pick(len(ATTRIBUTES))], TEXTS[pick(len(TEXTS))])
