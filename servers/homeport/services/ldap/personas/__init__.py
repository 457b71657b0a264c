"""Personas: the ways in which directory servers differ from the RFCs, and from each other.

presets.py            personas by name: bundles of options   behaviour.py  what a behaviour consists of
view.py               entries as a behaviour shows them      handling.py   operations under a behaviour
active_directory/     Active Directory                       openldap.py   OpenLDAP
directory_389.py      389 Directory Server                   wording.py    texts in the words of another server

A persona chooses the option `behaviour`, and limits. Left out: NTLM and GSSAPI, replication (DirSync), global catalogs,
and the tree of the configuration.
"""

from functools import cache

from homeport.services.ldap.personas.behaviour import RFC, Behaviour


@cache
def behaviour_of(name: str) -> Behaviour:
    """Return a behaviour; its modules are imported when it is first asked."""
    match name:
        case "active-directory":
            from homeport.services.ldap.personas.active_directory import BEHAVIOUR as found
        case "openldap":
            from homeport.services.ldap.personas.openldap import BEHAVIOUR as found
        case "389ds":
            from homeport.services.ldap.personas.directory_389 import BEHAVIOUR as found
        case _:
            found = RFC
    return found
