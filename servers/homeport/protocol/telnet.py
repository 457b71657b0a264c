"""The numbers and names of Telnet (RFC 854, IANA's registry of options), for all services that meet its commands."""

from collections.abc import Iterator
from functools import lru_cache

IAC, DONT, DO, WONT, WILL, SB = 255, 254, 253, 252, 251, 250
GA, EL, EC, AYT, AO, IP, BRK, DM, NOP, SE = 249, 248, 247, 246, 245, 244, 243, 242, 241, 240
EOR, ABORT, SUSP, EOF = 239, 238, 237, 236
"""RFC 885; RFC 1184."""

COMMANDS = {
    EOF: "EOF", SUSP: "SUSP", ABORT: "ABORT", EOR: "EOR", SE: "SE", NOP: "NOP", DM: "DM", BRK: "BRK", IP: "IP",
    AO: "AO", AYT: "AYT", EC: "EC", EL: "EL", GA: "GA", SB: "SB", WILL: "WILL", WONT: "WONT", DO: "DO", DONT: "DONT",
}  # fmt: skip
"""Names of commands by their code: the byte after IAC."""

BINARY, ECHO, SGA, STATUS, TIMING_MARK, LOGOUT, SEND_LOCATION, TERMINAL_TYPE = 0, 1, 3, 5, 6, 18, 23, 24
END_OF_RECORD, NAWS, TERMINAL_SPEED, FLOW_CONTROL, LINEMODE, X_DISPLAY, OLD_ENVIRON = 25, 31, 32, 33, 34, 35, 36
NEW_ENVIRON, CHARSET, EXTENDED = 39, 42, 255

OPTIONS = {
    BINARY: "BINARY", ECHO: "ECHO", 2: "RCP", SGA: "SGA", 4: "NAMS", STATUS: "STATUS", TIMING_MARK: "TM", 7: "RCTE",
    8: "NAOL", 9: "NAOP", 10: "NAOCRD", 11: "NAOHTS", 12: "NAOHTD", 13: "NAOFFD", 14: "NAOVTS", 15: "NAOVTD",
    16: "NAOLFD", 17: "XASCII", LOGOUT: "LOGOUT", 19: "BM", 20: "DET", 21: "SUPDUP", 22: "SUPDUP-OUTPUT",
    SEND_LOCATION: "SNDLOC", TERMINAL_TYPE: "TTYPE", END_OF_RECORD: "EOR", 26: "TUID", 27: "OUTMRK", 28: "TTYLOC",
    29: "3270-REGIME", 30: "X.3-PAD", NAWS: "NAWS", TERMINAL_SPEED: "TSPEED", FLOW_CONTROL: "LFLOW",
    LINEMODE: "LINEMODE", X_DISPLAY: "XDISPLOC", OLD_ENVIRON: "OLD-ENVIRON", 37: "AUTHENTICATION", 38: "ENCRYPT",
    NEW_ENVIRON: "NEW-ENVIRON", 40: "TN3270E", 41: "XAUTH", CHARSET: "CHARSET", 43: "RSP", 44: "COM-PORT-OPTION",
    45: "SLE", 46: "START-TLS", 47: "KERMIT", 48: "SEND-URL", 49: "FORWARD-X", 69: "MSSP", 70: "MSSP", 85: "MCCP1",
    86: "MCCP2", 90: "MSP", 91: "MXP", 201: "GMCP", EXTENDED: "EXOPL",
}  # fmt: skip
"""Names of options by their number."""
OPPOSITE = {WILL: DONT, DO: WONT}
"""Refusals of an offer and of a demand."""
NEGOTIATING = frozenset((WILL, WONT, DO, DONT))


def option_name(option: int) -> str:
    """Return the name of an option; its number if it has none."""
    return OPTIONS.get(option) or str(option)


@lru_cache(512)
def negotiation(verb: int, option: int) -> bytes:
    """Return the command that negotiates an option."""
    return bytes((IAC, verb, option))


def doubled(data: bytes) -> bytes:
    """Return data with each IAC doubled (RFC 854)."""
    return data.replace(b"\xff", b"\xff\xff")


def subnegotiation(option: int, parameters: bytes) -> bytes:
    """Return the command that carries an option's parameters (RFC 855); an IAC among them is doubled."""
    return bytes((IAC, SB, option)) + doubled(parameters) + bytes((IAC, SE))


def command_words(data: bytes) -> Iterator[str]:
    """Yield the words of a whole command, which begins with IAC: `IAC`, `DO`, `NAWS`."""
    yield "IAC"
    code = data[1]
    yield COMMANDS.get(code) or str(code)
    if len(data) > 2:
        yield option_name(data[2])
    if code == SB:
        parameters = data[3:-2].replace(b"\xff\xff", b"\xff")
        yield from _parameter_words(data[2], parameters)
        yield from ("IAC", "SE")


def _parameter_words(option: int, parameters: bytes) -> Iterator[str]:
    """Yield the parameters of a subnegotiation: names and numbers, and text in quotes."""
    if option == NAWS and len(parameters) == 4:
        yield f"{parameters[0] << 8 | parameters[1]}x{parameters[2] << 8 | parameters[3]}"
        return
    if option in (STATUS, TERMINAL_TYPE, TERMINAL_SPEED, X_DISPLAY) and parameters[:1] in (b"\0", b"\1"):
        yield ("IS", "SEND")[parameters[0]]
        parameters = parameters[1:]
    if option == STATUS:
        for verb, one in zip(parameters[::2], parameters[1::2], strict=False):
            yield COMMANDS.get(verb) or str(verb)
            yield option_name(one)
        return
    if option in (OLD_ENVIRON, NEW_ENVIRON) and parameters[:1] in (b"\0", b"\1", b"\2"):
        yield ("IS", "SEND", "INFO")[parameters[0]]
        parameters = parameters[1:]
    yield from _runs(parameters)


def _runs(data: bytes) -> Iterator[str]:
    """Yield runs of printable characters in quotes, and other bytes by their number."""
    run = ""
    for byte in data:
        if 0x20 <= byte < 0x7F:
            run += chr(byte)
            continue
        if run:
            yield f'"{run}"'
            run = ""
        yield str(byte)
    if run:
        yield f'"{run}"'
