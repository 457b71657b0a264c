"""Search."""

from homeport.services.ldap.messages import Result, write_entry
from homeport.services.ldap.operation import Operation
from homeport.services.ldap.root_dse import root_dse
from homeport.world.directory.results import Code


def search(operation: Operation) -> Result:
    """Answer a search request."""
    request = operation.request
    if request.base == "" and request.scope == 0:
        operation.send(write_entry("", root_dse(operation.dialogue)))
        return Result()
    return Result(Code.NO_SUCH_OBJECT)
