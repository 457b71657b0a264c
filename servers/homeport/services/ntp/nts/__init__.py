"""Network Time Security (NTS, RFC 8915): the key exchange over TLS 1.3, and the protection of NTP's packets.

    session.py       a connection of the key exchange     records.py      its records, and as text
    negotiation.py   a request's records to a response's  server_name.py  the NTP server that it names
    cookies.py       keys sealed in cookies               algorithms.py   AEAD: AES-SIV-CMAC-256, AES-128-GCM-SIV
    fields.py        the fields of requests and answers   protection.py   a request to its protected answer
    planned.py       what faults can plan                 response_faults.py, protection.py  how they act
    rules.py         findings                             options.py      keys of [ntp]

A client exchanges keys once, and then asks over UDP; each request has a cookie, and each answer a new one, so the
server keeps no state. The keys and the cookies' lives follow real time, the time in the answers is the world's.

Not there: the pool extensions of NTS-KE (drafts), and NTS for other modes than client and server, which the RFC lacks.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from homeport.protocol.session import Context, Session
    from homeport.services.ntp.packet import Header, Request


def load() -> None:
    """Import the modules of key exchanges."""
    import homeport.services.ntp.nts.session  # noqa: F401


def session(context: "Context") -> "Session":
    """Return a new key exchange."""
    from homeport.services.ntp.nts.session import KeyExchange

    return KeyExchange(context)


def transcribe(payload: bytes) -> tuple[list[str], bytes]:
    """Return the records at the beginning of one side's octets as text, and the octets that remain."""
    from homeport.services.ntp.nts.records import transcribe as records

    return records(payload)


def protect(context: "Context", request: "Request", header: "Header") -> bytes | None:
    """Return the answer to a request with extension fields of NTS, whole; None for no answer.

    Findings are added to `request.found`, faults that have acted to `request.acted`.
    """
    from homeport.services.ntp.nts.protection import protect as protected

    return protected(context, request, header)
