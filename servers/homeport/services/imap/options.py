"""The options of IMAP."""

from typing import Annotated, Literal, get_args

from msgspec import Meta, field

from homeport.config.quantities import Duration, Size
from homeport.protocol.proxy_protocol import ProxyProtocol
from homeport.protocol.service import Persona, Port, TlsOptions

Extension = Literal[
    "IMAP4rev2",
    "IMAP4rev1",
    "STARTTLS",
    "AUTH",
    "LOGIN",
    "SASL-IR",
    "LITERAL+",
    "LITERAL-",
    "ID",
    "ENABLE",
    "IDLE",
    "NAMESPACE",
    "CHILDREN",
    "UNSELECT",
    "UIDPLUS",
    "MOVE",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "SPECIAL-USE",
    "CREATE-SPECIAL-USE",
    "STATUS=SIZE",
    "ESEARCH",
    "SEARCHRES",
    "WITHIN",
    "CONDSTORE",
    "QRESYNC",
    "BINARY",
    "UTF8=ACCEPT",
    "APPENDLIMIT",
    "QUOTA",
    "OBJECTID",
    "SAVEDATE",
    "PREVIEW",
    "REPLACE",
    "PARTIAL",
    "I18NLEVEL=1",
    "SORT",
    "ESORT",
    "THREAD=ORDEREDSUBJECT",
    "THREAD=REFERENCES",
    "MULTIAPPEND",
    "CONTEXT=SEARCH",
    "CONTEXT=SORT",
    "NOTIFY",
    "COMPRESS=DEFLATE",
    "CATENATE",
    "URL-PARTIAL",
    "METADATA",
    "METADATA-SERVER",
    "LIST-METADATA",
    "ACL",
    "LIST-MYRIGHTS",
]
EXTENSIONS: tuple[Extension, ...] = get_args(Extension)
"""Everything that `without` can withdraw."""


class ImapOptions(TlsOptions, frozen=True, kw_only=True):
    """[imap]"""

    port: Port = 10143
    tls_port: Port = 10993
    proxy_protocol: ProxyProtocol = False
    host_name: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9.-]{1,255}$", description="the server's name in the greeting")
    ] = "mail.homeport.test"
    without: Annotated[
        list[Extension],
        Meta(
            description="capabilities that are neither announced nor accepted, to test clients: what needs one of "
            "them is BAD. IMAP4rev2 is not announced without one of its parts"
        ),
    ] = field(default_factory=list)
    labels: Annotated[
        bool,
        Meta(
            description="mailboxes are labels, as Gmail's: X-GM-EXT-1, and [Gmail]/All Mail, Trash and others in place "
            "of Sent, Trash and others, from a person's first login on"
        ),
    ] = False
    announce: Annotated[
        list[Annotated[str, Meta(pattern=r"^[!#$&'+-Z^-z|}~]{1,100}$")]],
        Meta(description='additional capabilities, such as "XEXAMPLE"; they have no effect'),
    ] = field(default_factory=list)
    clear_passwords: Annotated[
        bool,
        Meta(
            description="accept LOGIN, and mechanisms that send the password in the clear, without TLS; "
            "RFC 9051 11.1 forbids it, but local clients without the farm's certificate need it"
        ),
    ] = False
    max_line: Annotated[Size, Meta(description="maximum bytes of a command, without its literals")] = Size(64 << 10)
    max_literals: Annotated[
        Size, Meta(description="maximum bytes of the literals of a command together, except messages")
    ] = Size(64 << 10)
    max_size: Annotated[Size, Meta(description="maximum bytes of a message (RFC 7889 APPENDLIMIT)")] = Size(256 << 20)
    max_errors: Annotated[
        int,
        Meta(ge=1, description="commands in a row that are answered with BAD, after which a connection is closed"),
    ] = 50
    login_timeout: Annotated[
        Duration, Meta(description="timeout for the next command before login, in real time; 0: none")
    ] = Duration(180)
    timeout: Annotated[
        Duration,
        Meta(
            description="timeout for the next command, also of IDLE, in real time (RFC 9051 5.4: 30m or more); 0: none"
        ),
    ] = Duration(1800)


REV2_PARTS: tuple[Extension, ...] = (
    "ENABLE",
    "IDLE",
    "NAMESPACE",
    "UNSELECT",
    "UIDPLUS",
    "MOVE",
    "SASL-IR",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "SPECIAL-USE",
    "STATUS=SIZE",
    "ESEARCH",
    "SEARCHRES",
    "BINARY",
)
"""Extensions that are part of IMAP4rev2 (RFC 9051 E), besides CHILDREN and LITERAL-."""


def _all_but(*kept: str) -> list[Extension]:
    return [name for name in EXTENSIONS if name not in (*kept, "STARTTLS", "AUTH", "LOGIN", "IMAP4rev1")]


PERSONAS = (
    Persona(
        "rev1-bare",
        "IMAP4rev1 of RFC 3501 alone, without a single extension",
        {"without": _all_but()},
    ),
    Persona(
        "dovecot-like",
        "the extensions of Dovecot 2.3: IMAP4rev1, and nothing of the last years",
        {
            "without": [
                "IMAP4rev2",
                "OBJECTID",
                "REPLACE",
                "PARTIAL",
                "UTF8=ACCEPT",
                "APPENDLIMIT",
                "QUOTA",
                "COMPRESS=DEFLATE",
                "METADATA",
                "METADATA-SERVER",
                "ACL",
                "CREATE-SPECIAL-USE",
                "LITERAL-",
                "CONTEXT=SORT",
            ]
        },
    ),
    Persona(
        "gmail-like",
        "the extensions that Gmail announces, with its labels and mailboxes",
        {
            "labels": True,
            "without": _all_but(
                "UNSELECT",
                "IDLE",
                "NAMESPACE",
                "QUOTA",
                "ID",
                "CHILDREN",
                "UIDPLUS",
                "COMPRESS=DEFLATE",
                "ENABLE",
                "MOVE",
                "CONDSTORE",
                "ESEARCH",
                "UTF8=ACCEPT",
                "LIST-EXTENDED",
                "LIST-STATUS",
                "LITERAL-",
                "SPECIAL-USE",
                "APPENDLIMIT",
                "SASL-IR",
            ),
        },
    ),
    Persona(
        "exchange-like",
        "the few extensions that Exchange announces",
        {"without": _all_but("SASL-IR", "UIDPLUS", "ID", "UNSELECT", "CHILDREN", "IDLE", "NAMESPACE", "LITERAL+")},
    ),
    Persona(
        "icloud-like",
        "the extensions that iCloud announces; without ENABLE, though with CONDSTORE",
        {
            "without": _all_but(
                "SASL-IR",
                "QUOTA",
                "ID",
                "UIDPLUS",
                "NAMESPACE",
                "CHILDREN",
                "BINARY",
                "UNSELECT",
                "SORT",
                "CATENATE",
                "I18NLEVEL=1",
                "IDLE",
                "CONDSTORE",
                "ESEARCH",
                "WITHIN",
                "LIST-EXTENDED",
                "LIST-STATUS",
                "SPECIAL-USE",
            )
        },
    ),
)


def validate_options(options: ImapOptions, _contents: object) -> list[str]:
    """Return the problems of a configuration, one sentence each."""
    if "IMAP4rev1" in options.without and ({"IMAP4rev2", *REV2_PARTS} & {*options.without}):
        return ["`without`: a server without IMAP4rev1 needs IMAP4rev2 and all of its parts (RFC 9051 E)"]
    if "AUTH" in options.without and "LOGIN" in options.without:
        return ["`without`: no client can log in without both AUTH and LOGIN"]
    return []
