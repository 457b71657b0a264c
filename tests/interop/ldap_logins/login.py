"""Log in as applications do: find the entry, bind with its name, read the groups. Arguments: URL, login, password."""

import sys

import ldap
from ldap.filter import filter_format

url, login, password = sys.argv[1:]
base = "dc=homeport,dc=test"
connection = ldap.initialize(url)
connection.simple_bind_s()
people = filter_format("(&(objectClass=person)(uid=%s))", [login])
((dn, attributes),) = connection.search_s(base, ldap.SCOPE_SUBTREE, people, ["cn", "mail"])
code = 0
try:
    connection.simple_bind_s(dn, password)
except ldap.INVALID_CREDENTIALS as error:
    code = error.args[0]["result"]
connection.simple_bind_s()
member = filter_format("(&(objectClass=groupOfNames)(member=%s))", [dn])
groups = connection.search_s(f"ou=groups,{base}", ldap.SCOPE_SUBTREE, member, ["cn"])
names = sorted(held["cn"][0].decode() for _dn, held in groups)
connection.unbind_s()
print("|".join([dn, attributes["cn"][0].decode(), str(code), ",".join(names)]))
