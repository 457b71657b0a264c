"""LDIF into a world's directory over the API."""

from services.ldap.asker import ALICE, BASE

LDIF = "/api/v1/worlds/default/directory/ldif"
RECORDS = f"""\
dn: ou=things,{BASE}
objectClass: organizationalUnit
ou: things

dn: cn=lamp,ou=things,{BASE}
objectClass: device
cn: lamp

dn: {ALICE}
changetype: modify
replace: telephoneNumber
telephoneNumber: +1 555 0100
-

dn: cn=lamp,ou=things,{BASE}
changetype: modrdn
newrdn: cn=light
deleteoldrdn: 1

dn: uid=bob,ou=people,{BASE}
changetype: delete

dn: uid=eve,ou=people,{BASE}
objectClass: inetOrgPerson
uid: eve
cn: Eve
sn: Quay
userPassword: eve-pass
"""


def put(request_of, farm, text):
    body = text.encode() if isinstance(text, str) else text
    return request_of(farm, "PUT", LDIF, body=body)


def test_records_are_carried_out_in_the_one_world(farm, api, request_of):
    answer = put(request_of, farm, RECORDS)
    assert (answer.status, answer.json) == (200, {"added": 3, "modified": 1, "deleted": 1, "renamed": 1})
    people = {one["login"]: one for one in api("GET", "/people")["items"]}
    assert people["alice"]["phone"] == "+1 555 0100"
    assert "bob" not in people
    eve = farm.world.people.get("eve")
    assert (eve.name, eve.password) == ("Eve", "eve-pass")
    assert api("GET", "/directory/entries?filter=(cn=light)")["total"] == 1


def test_the_first_record_that_fails_ends_it_and_is_told_with_its_line(farm, api, request_of):
    answer = put(request_of, farm, RECORDS.replace("cn: lamp\n", "cn: lamp\nshoeSize: 44\n"))
    assert answer.status == 409
    detail = answer.json["detail"]
    assert detail.startswith(f"line 5: cn=lamp,ou=things,{BASE}: ")
    assert "undefinedAttributeType, 17" in detail
    assert detail.endswith("the records before it were carried out: 1 added")
    assert api("GET", "/directory/entries?filter=(ou=things)")["total"] == 1


def test_what_is_no_ldif_changes_nothing(farm, request_of):
    for text in ("hello", b"\xff", "dn: x\nchangetype: move\n"):
        answer = put(request_of, farm, text)
        assert answer.status == 400
        assert "nothing was changed" in answer.json["detail"]
