"""Changes of entries, and compare."""

from homeport.services.ldap.messages import Result
from homeport.services.ldap.operation import Operation
from homeport.world.directory.results import Code


def add(_operation: Operation) -> Result:
    """Answer an add request."""
    return Result(Code.UNWILLING_TO_PERFORM)


modify = delete = modify_dn = compare = add
