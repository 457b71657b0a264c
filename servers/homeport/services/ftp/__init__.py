"""FTP (RFC 959 as RFC 1123 4.1 amends it): a server of the world's files.

With TLS (RFC 2228, 4217), FEAT and OPTS (2389), EPSV and EPRT (2428), what RFC 2577 advises, UTF-8 and LANG (2640),
MLST, SIZE, MDTM and REST STREAM (3659), HOST (7151), MFMT, HASH and its forerunners, MODE Z.

    session.py     lines, Telnet, QUIT, SITE dialogue.py    replies, state shared by the parts
    lines.py       parsing of command lines  state.py       state kept between commands
    access.py      USER, PASS, REIN, HOST    security.py    AUTH, PBSZ, PROT, CCC
    directories.py CWD, MKD, RNFR, ...       permissions.py access rights
    channel.py     PORT, PASV, EPRT, EPSV    parameters.py  TYPE, STRU, MODE, REST
    transfer.py    RETR, STOR, APPE, STOU    listing.py     LIST, NLST, MLSD, MLST
    attributes.py  SIZE, MDTM, SITE CHMOD    digests.py     HASH, XCRC, ...
    information.py HELP, STAT, FEAT, OPTS    client_faults.py faults requested by clients
    planned.py     state after planned replies

The state machine of a session. USER and REIN lead back to `named` and `start` from every state in which commands are
dispatched; the end of the connection leads to `over`:

    start ──USER──► named ──PASS──► ready ──RNFR──► renaming ──RNTO, or anything──► ready
    named ──wrong PASS──► start     ready ──REST──► restarting ──a transfer, or an unrelated command──► ready
    any ──AUTH──► tls ──► start     ready, restarting ──RETR, STOR, LIST, ...──► transfer ──► ready

During a transfer only ABOR and STAT are executed; other commands are queued until its final reply is sent.

Not implemented: page structure, TYPE L other than 8, carriage control, and creation times (MFCT).
"""

from homeport.protocol.service import Listener, Service
from homeport.services.ftp.options import FtpOptions, other_ports, validate_options
from homeport.services.ftp.recipes import RECIPES
from homeport.services.ftp.replies import Reply, serialize_reply, validate_reply
from homeport.services.ftp.rules import RULES
from homeport.services.ftp.session import Ftp


def refusal(reason: str) -> bytes:
    """Return the reply to a connection that is refused before a session begins (RFC 959 5.4)."""
    return serialize_reply(Reply(421, f"service not available: {reason}", closes=True))


SERVICE = Service(
    name="ftp",
    title="FTP",
    rfcs=("959", "1123", "2228", "2389", "2428", "2577", "2640", "3659", "4217", "7151"),
    listeners=(Listener("tcp", "tcp", 21), Listener("tls", "tcp", 990, option="tls_port", tls=True)),
    options=FtpOptions,
    free_ports={"passive_ports": "0"},
    own_sessions="data_resume",
    session=Ftp,
    alpn=("ftp", "ftp-data", "x-filezilla-ftp"),  # IANA has "ftp"; FileZilla uses the others
    rules=RULES,
    refusal=refusal,
    check=validate_options,
    other_ports=other_ports,
    faults=frozenset(("command", "reply", "tls")),
    verbs={row.verb: row.argument for row in Ftp.table} | {"CONNECT": "none"},
    check_reply=validate_reply,
    reply_schema={
        "code": {"minimum": 100, "maximum": 559, "examples": [450]},
        **dict.fromkeys(("enhanced", "status", "response_code", "rcode", "ede")),
    },
    recipes=RECIPES,
    logins="people",
    example="curl ftp://{host}:{port}/pub/chanty.txt",
)
