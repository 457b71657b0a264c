"""Planned defects of NTS: of the responses of key exchanges (verb `exchange`), and of protected answers over UDP."""

from homeport.protocol.fault_recipes import Recipe
from homeport.protocol.faults import Bandwidth, Do, FrameFault
from homeport.services.ntp.planned import VERB

EXCHANGE = "exchange"
"""The verb of a key exchange; its argument is the server name of the TLS handshake."""
OF_EXCHANGES: tuple[FrameFault, ...] = (
    "no-cookies",
    "corrupt-cookies",
    "wrong-server",
    "unrecognized-record",
    "bad-request",
    "internal-error",
    "critical-record",
    "unknown-record",
    "warning",
    "no-end",
    "other-protocol",
    "other-algorithm",
)
OF_ANSWERS: tuple[FrameFault, ...] = (
    "nts-nak",
    "unprotected",
    "wrong-unique-id",
    "wrong-authenticator",
    "no-cookies",
    "corrupt-new-cookies",
    "cookies-in-clear",
)
"""Their places, from 1 on, are the marks of cookies; append new ones."""
FRAMES: dict[str, frozenset[str]] = {
    word: frozenset(({EXCHANGE} if word in OF_EXCHANGES else set()) | ({VERB} if word in OF_ANSWERS else set()))
    for word in (*OF_EXCHANGES, *OF_ANSWERS)
}
"""The defects, with the verbs that they act on."""
FRAME_LISTENERS: dict[str, frozenset[str]] = {
    word: frozenset({"nts"} if word in OF_EXCHANGES else {"udp"})
    for word in FRAMES
    if not (word in OF_EXCHANGES and word in OF_ANSWERS)
}

RECIPES = (
    Recipe(
        name="nts-nak",
        title="NTS: cookies are refused",
        text="The kiss code NTSN to the next request: a client must exchange keys again (RFC 8915 5.7).",
        do=Do(frame="nts-nak"),
    ),
    Recipe(
        name="nts-unprotected",
        title="NTS: answer without protection",
        text="The next answer has no field of NTS: a client that takes its time can be given any.",
        do=Do(frame="unprotected"),
    ),
    Recipe(
        name="nts-forged",
        title="NTS: wrong authenticator",
        text="The next answer was changed after it was authenticated: a client must not use it.",
        do=Do(frame="wrong-authenticator"),
    ),
    Recipe(
        name="nts-replayed",
        title="NTS: wrong unique identifier",
        text="The next answer has the identifier of another request, and is authentic: a client must not use it.",
        do=Do(frame="wrong-unique-id"),
    ),
    Recipe(
        name="nts-no-cookies",
        title="NTS: no cookies",
        text="The next key exchange, or answer, gives no cookie: a client must not ask without NTS then.",
        do=Do(frame="no-cookies"),
    ),
    Recipe(
        name="nts-corrupt-cookies",
        title="NTS: cookies that cannot be opened",
        text="The cookies of the next key exchange are damaged: their requests get NTSN.",
        do=Do(frame="corrupt-cookies"),
    ),
    Recipe(
        name="nts-wrong-server",
        title="NTS: another NTP server",
        text="The next key exchange names an NTP server that never answers: a client must exchange keys again.",
        do=Do(frame="wrong-server"),
    ),
    Recipe(
        name="nts-critical-record",
        title="NTS: unknown critical record",
        text="The next response has a critical record of an unknown type: a client must refuse it.",
        do=Do(frame="critical-record"),
    ),
    Recipe(
        name="nts-slow-exchange",
        title="NTS: slow key exchange",
        text="The next response comes with 100 bytes a second: it shows the client's timeout.",
        do=Do(bandwidth=Bandwidth(100)),
    ),
)
