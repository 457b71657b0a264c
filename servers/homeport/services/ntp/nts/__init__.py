"""Network Time Security (RFC 8915): not built yet."""

from homeport.protocol.session import Context
from homeport.services.ntp.packet import Header, Request


def protect(_context: Context, _request: Request, _header: Header) -> bytes | None:
    """Return the answer to a request with extension fields of NTS, whole; None for no answer."""
    return None
