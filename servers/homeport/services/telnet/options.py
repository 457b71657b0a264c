"""The options of Telnet, as the configuration has them. (Those that are negotiated are in `session.py`.)"""

from typing import Annotated, Literal, get_args

from msgspec import Meta, field

from homeport.protocol.proxy_protocol import ProxyProtocol
from homeport.protocol.service import Port
from homeport.protocol.telnet import (
    BINARY,
    CHARSET,
    ECHO,
    END_OF_RECORD,
    EXTENDED,
    FLOW_CONTROL,
    LINEMODE,
    LOGOUT,
    NAWS,
    NEW_ENVIRON,
    OLD_ENVIRON,
    SEND_LOCATION,
    SGA,
    STATUS,
    TERMINAL_SPEED,
    TERMINAL_TYPE,
    TIMING_MARK,
    X_DISPLAY,
)
from homeport.services.telnet.program_options import ProgramOptions

TelnetOption = Literal[
    "BINARY", "ECHO", "STATUS", "TM", "LOGOUT", "SNDLOC", "TTYPE", "EOR", "NAWS", "TSPEED", "LFLOW", "LINEMODE",
    "XDISPLOC", "OLD-ENVIRON", "NEW-ENVIRON", "CHARSET", "EXOPL",
]  # fmt: skip
Asked = Literal["TTYPE", "NAWS", "TSPEED", "XDISPLOC", "SNDLOC", "NEW-ENVIRON", "LFLOW", "LINEMODE", "TM"]
NUMBERS: dict[str, int] = {
    "BINARY": BINARY, "ECHO": ECHO, "STATUS": STATUS, "TM": TIMING_MARK, "LOGOUT": LOGOUT, "SNDLOC": SEND_LOCATION,
    "TTYPE": TERMINAL_TYPE, "EOR": END_OF_RECORD, "NAWS": NAWS, "TSPEED": TERMINAL_SPEED, "LFLOW": FLOW_CONTROL,
    "LINEMODE": LINEMODE, "XDISPLOC": X_DISPLAY, "OLD-ENVIRON": OLD_ENVIRON, "NEW-ENVIRON": NEW_ENVIRON,
    "CHARSET": CHARSET, "EXOPL": EXTENDED,
}  # fmt: skip
OURS = frozenset((BINARY, ECHO, SGA, STATUS, LOGOUT, END_OF_RECORD, CHARSET, EXTENDED))
"""Options that the server performs."""
THEIRS = frozenset(
    (
        BINARY,
        SGA,
        SEND_LOCATION,
        TERMINAL_TYPE,
        END_OF_RECORD,
        NAWS,
        TERMINAL_SPEED,
        FLOW_CONTROL,
        LINEMODE,
        X_DISPLAY,
        OLD_ENVIRON,
        NEW_ENVIRON,
        CHARSET,
        EXTENDED,
    )
)
"""Options that the client may perform. Its ECHO is refused: either side would echo the other (RFC 857)."""


class TelnetOptions(ProgramOptions, frozen=True, kw_only=True):
    """[telnet]"""

    port: Port = 10023
    tls_port: Port = 10992
    proxy_protocol: ProxyProtocol = False
    mode: Annotated[
        Literal["character", "line"],
        Meta(
            description="what the opening negotiates (RFC 1123 3.3.4). character: the server echoes; line: the client "
            "echoes and edits lines, and the server offers ECHO only while a password is typed"
        ),
    ] = "character"
    ask: Annotated[
        list[Asked], Meta(description="options that the opening demands of the client: DO TTYPE and so on")
    ] = field(default_factory=lambda: ["TTYPE", "NAWS", "TSPEED", "NEW-ENVIRON"])
    without: Annotated[
        list[TelnetOption],
        Meta(
            description="options that are refused and not offered, to test clients; SUPPRESS-GO-AHEAD is always "
            "accepted (RFC 1123 3.2.2)"
        ),
    ] = field(default_factory=list)
    eight_bit: Annotated[
        bool, Meta(description="offer and demand BINARY at the opening (RFC 856), for text beyond ASCII")
    ] = False
    go_ahead: Annotated[
        bool, Meta(description="send GO AHEAD after a prompt where the client refuses to suppress it (RFC 854)")
    ] = False
    max_line: Annotated[int, Meta(ge=16, le=65536, description="maximum of a typed line in characters")] = 4096


assert set(get_args(TelnetOption)) == set(NUMBERS)  # noqa: S101
