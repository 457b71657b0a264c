"""FTP (RFC 959 as RFC 1123 4.1 amends it): a server of the world's files.

With TLS (RFC 2228, 4217), FEAT and OPTS (2389), EPSV and EPRT (2428), what RFC 2577 advises, UTF-8 and LANG (2640),
MLST, SIZE, MDTM and REST STREAM (3659), HOST (7151), MFMT, HASH and its forerunners, MODE Z.

    session.py     lines, Telnet, QUIT, SITE dialogue.py    replies, what the parts share
    lines.py       a command, taken apart    state.py       what is remembered between commands
    access.py      USER, PASS, REIN, HOST    security.py    AUTH, PBSZ, PROT, CCC
    directories.py CWD, MKD, RNFR, ...       permissions.py who may do what
    channel.py     PORT, PASV, EPRT, EPSV    parameters.py  TYPE, STRU, MODE, REST
    transfer.py    RETR, STOR, APPE, STOU    listing.py     LIST, NLST, MLSD, MLST
    attributes.py  SIZE, MDTM, SITE CHMOD    digests.py     HASH, XCRC, ...
    information.py HELP, STAT, FEAT, OPTS    client_faults.py faults that clients ask for

The states of a session. USER and REIN lead back to `named` and `start` wherever commands are carried out, and whatever
ends a connection to `over`:

    start ──USER──► named ──PASS──► ready ──RNFR──► renaming ──RNTO, or anything──► ready
    named ──wrong PASS──► start     ready ──REST──► restarting ──a transfer, or what prepares none──► ready
    any ──AUTH──► tls ──► start     ready, restarting ──RETR, STOR, LIST, ...──► transfer ──► ready

Beside a transfer only ABOR and STAT are obeyed; other commands wait for its last reply.

Left out: page structure, TYPE L other than 8, carriage control, and times of creation (MFCT).
"""

from homeport.protocol.service import Listener, Service
from homeport.services.ftp.options import FtpOptions, check, other_ports
from homeport.services.ftp.replies import Reply, check_reply, wire
from homeport.services.ftp.rules import RULES
from homeport.services.ftp.session import Ftp


def refusal(reason: str) -> bytes:
    """What is said at the door (RFC 959 5.4)."""
    return wire(Reply(421, f"service not available: {reason}", closes=True))


SERVICE = Service(
    name="ftp",
    title="FTP",
    rfcs=("959", "1123", "2228", "2389", "2428", "2577", "2640", "3659", "4217", "7151"),
    listeners=(Listener("tcp", "tcp", 21), Listener("tls", "tcp", 990, option="tls_port", tls=True)),
    options=FtpOptions,
    free_ports={"passive_ports": "0"},
    session=Ftp,
    rules=RULES,
    refusal=refusal,
    check=check,
    other_ports=other_ports,
    faults=frozenset(("command", "reply", "tls")),
    verbs={row.verb: row.argument for row in Ftp.table} | {"CONNECT": "none"},
    check_reply=check_reply,
    logins="people",
    example="curl ftp://{host}:{port}/pub/chanty.txt",
)
