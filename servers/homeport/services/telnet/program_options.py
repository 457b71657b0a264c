"""Options of what runs behind Telnet: the login, the shell, and devices."""

from typing import Annotated

from msgspec import Meta, field

from homeport.config.quantities import Duration
from homeport.protocol.service import TlsOptions
from homeport.services.telnet.devices.device import Device

MAX_MOTD = 4096


class ProgramOptions(TlsOptions, frozen=True, kw_only=True):
    """The part of [telnet] that is about what runs behind it."""

    program: Annotated[
        str,
        Meta(
            description="what answers: `shell` (login and shell of the world), or a device: `router`, `switch`, `ups`, "
            "`console`, or the name of a [[telnet.device]]"
        ),
    ] = "shell"
    host_name: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9.-]{1,255}$", description="host name, in the banner and the shell's prompt")
    ] = "telnet.homeport.test"
    motd: Annotated[str, Meta(max_length=MAX_MOTD, description="message of the day, after the login; empty: none")] = (
        "Welcome to Port Meridian. `help` lists the commands."
    )
    login_tries: Annotated[int, Meta(ge=1, le=20, description="wrong passwords before the connection is closed")] = 3
    login_time: Annotated[Duration, Meta(description="real time within which a login must succeed; 0: no limit")] = (
        Duration(60)
    )
    device: Annotated[
        list[Device], Meta(description="devices of your own, as [[telnet.device]]: see the documentation")
    ] = field(default_factory=list)
