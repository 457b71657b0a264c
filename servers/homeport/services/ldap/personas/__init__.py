"""Personas: the ways in which directory servers differ from the RFCs, and from each other.

presets.py            personas by name: bundles of options   behaviour.py  what a behaviour consists of
view.py               entries as a behaviour shows them      handling.py   operations under a behaviour
active_directory/     Active Directory                       openldap.py   OpenLDAP
directory_389.py      389 Directory Server                   wording.py    texts in the words of another server

A persona chooses the option `behaviour`, and limits. Left out: NTLM and GSSAPI, replication (DirSync), global catalogs,
and the tree of the configuration.
"""

from functools import cache
from importlib import import_module

from homeport.services.ldap.personas.behaviour import RFC, Behaviour

MODULES = {"active-directory": "active_directory", "openldap": "openldap", "389ds": "directory_389"}
"""Modules by behaviour; `rfc` has none."""


@cache
def behaviour_of(name: str) -> Behaviour:
    """Return a behaviour; its modules are imported when it is first asked."""
    module = MODULES.get(name)
    if module is None:
        return RFC
    found: Behaviour = import_module(f"{__name__}.{module}").BEHAVIOUR
    return found
