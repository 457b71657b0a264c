"""Telnet (RFC 854, RFC 855: STD 8; RFC 1123 3): the engine, and the programs behind it.

    session.py      input, commands, Synch, negotiation   terminal.py     lines, type-ahead, echo, secrets
    parsing.py      bytes to tokens                       discipline.py   erasing, killing, control characters
    negotiating.py  the Q method (RFC 1143)               output.py       order, pieces, AO
    client.py       what options tell of the client       charsets.py     NVT, BINARY, CHARSET
    environment.py  NEW-ENVIRON                           linemode.py     LINEMODE
    dialogue.py     effects, findings, faults             spoiling.py     planned misbehaviour
    options.py      configuration, options supported      rules.py, recipes.py, terminal_types.py
    transcribing.py commands in transcripts               program.py      what programs see of a terminal
    front.py        the first program of a connection     script.py       programs as generators
    login.py        name and password                     lines.py        terminal lines, messages between users
    shell/          the shell of the world                devices/        routers and other devices
    program_options.py  options of what runs behind it

Options: BINARY (RFC 856), ECHO (857), SUPPRESS-GO-AHEAD (858), STATUS (859), TIMING-MARK (860), EXTENDED-OPTIONS-LIST
(861), END-OF-RECORD (885), NAWS (1073), TERMINAL-SPEED (1079), TOGGLE-FLOW-CONTROL (1372), TERMINAL-TYPE (1091),
X-DISPLAY-LOCATION (1096), ENVIRON (1408), NEW-ENVIRON (1572), LINEMODE (1184, without FORWARDMASK), CHARSET (2066,
without translation tables), LOGOUT (727), SEND-LOCATION (779). All others are refused: authentication and encryption
(2941, 2946), COM-PORT (2217), TN3270E.
"""

from homeport.protocol.service import Listener, Service
from homeport.services.telnet.devices import recipes as devices
from homeport.services.telnet.devices import spoiling as device_faults
from homeport.services.telnet.front import check_program
from homeport.services.telnet.options import TelnetOptions
from homeport.services.telnet.recipes import RECIPES
from homeport.services.telnet.rules import RULES
from homeport.services.telnet.session import Telnet
from homeport.services.telnet.spoiling import FRAMES
from homeport.services.telnet.transcribing import transcribe


def refusal(reason: str) -> bytes:
    """Return the answer to a connection that the farm does not accept."""
    return f"{reason}\r\n".encode("ascii", "replace")


SERVICE = Service(
    name="telnet",
    title="Telnet",
    rfcs=(
        "854", "855", "856", "857", "858", "859", "860", "861", "885", "1073", "1079", "1091", "1096", "1143", "1184",
        "1372", "1408", "1572", "2066", "5198", "727", "779",
    ),
    listeners=(Listener("tcp", "tcp", 23), Listener("tls", "tcp", 992, option="tls_port", tls=True)),
    options=TelnetOptions,
    session=Telnet,
    rules=RULES,
    refusal=refusal,
    faults=frozenset(("command", "frame")),
    verbs={
        "CONNECT": "none", "LINE": "optional", "SECRET": "none", "IP": "none", "AO": "none", "AYT": "none",
        "BRK": "none", "EC": "none", "EL": "none",
    },
    frames=FRAMES | device_faults.FRAMES,
    recipes=(*RECIPES, *devices.RECIPES),
    check=check_program,
    events=("option",),
    logins="people",
    transcribe=transcribe,
    example="telnet {host} {port}",
)  # fmt: skip
