"""Change records of LDIF (RFC 2849): parsed, and carried out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples

from homeport.world.directory.change_requests import Modification
from homeport.world.directory.ldif import LdifProblem
from homeport.world.directory.ldif_changes import Added, Deleted, Modified, Record, Renamed, read_changes

EXAMPLE = """\
version: 1

# An entry.
dn: cn=x,dc=homeport,dc=test
objectClass: device
cn: x
description:: bG9uZw==

dn: cn=x,dc=homeport,dc=test
control: 1.2.840.113556.1.4.805 false
changetype: modify
add: description
description: a long
  line
description: another
-
delete: serialNumber
-
replace: l
l: Oxford
-
increment: uidNumber
uidNumber: 1
-

dn: cn=x,dc=homeport,dc=test
changetype: modrdn
newrdn: cn=y
deleteoldrdn: 1
newsuperior: ou=things,dc=homeport,dc=test

dn:: Y249eQ==
changetype: delete
"""


def test_rfc_2849_records_are_parsed():
    dn = "cn=x,dc=homeport,dc=test"
    changes = (
        Modification(0, "description", (b"a long line", b"another")),
        Modification(1, "serialNumber", ()),
        Modification(2, "l", (b"Oxford",)),
        Modification(3, "uidNumber", (b"1",)),
    )
    attributes = [("objectClass", (b"device",)), ("cn", (b"x",)), ("description", (b"long",))]
    assert list(read_changes(EXAMPLE)) == [
        Added(4, dn, attributes),
        Modified(9, dn, changes),
        Renamed(26, dn, "cn=y", True, "ou=things,dc=homeport,dc=test"),
        Deleted(32, "cn=y"),
    ]
    assert list(read_changes(EXAMPLE.replace("\n", "\r\n"))) == list(read_changes(EXAMPLE))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("version: 2\n", "line 1: the version of LDIF is 1"),
        ("cn: x\n", "line 1: a record begins with dn:"),
        ("dn: cn=x\nchangetype: move\n", "line 2: the change type is add, modify"),
        ("dn: cn=x\nchangetype: delete\ncn: x\n", "line 3: a deletion has no attributes"),
        ("dn: cn=x\nchangetype: modify\ncn: x\n", "line 3: a modification begins with add:"),
        ("dn: cn=x\nchangetype: modify\nadd: cn\nsn: x\n", "line 4: sn is not cn"),
        ("dn: cn=x\nchangetype: modrdn\nnewrdn: cn=y\n", "line 1: a rename has newrdn: and deleteoldrdn:"),
        ("dn: cn=x\nchangetype: modrdn\nnewrdn: cn=y\ndeleteoldrdn: 1\ncn: x\n", "line 5: cn is no part of a rename"),
        ("dn: cn=x\ncontrol: 1.2.3 true\nchangetype: delete\n", "line 2: critical controls"),
        ("dn: cn=x\ncn: x\nchangetype: add\n", "line 3: this belongs to a change"),
        ("dn:: /w==\n", "line 1: the name is no UTF-8"),
        ("dn: cn=x\njpegPhoto:< file:///etc/passwd\n", "line 2: values by URL are not read"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, problem):
    with pytest.raises(LdifProblem) as raised:
        list(read_changes(text))
    assert str(raised.value).startswith(problem)


@given(st.lists(st.sampled_from([*EXAMPLE.split("\n"), "-", "dn: x", " ", "::", "add: ", "a:< b"]), max_size=20))
@examples(300)
def test_any_lines_are_records_or_a_problem(lines):
    try:
        for record in read_changes("\n".join(lines)):
            assert isinstance(record, Record)
    except LdifProblem:
        pass
