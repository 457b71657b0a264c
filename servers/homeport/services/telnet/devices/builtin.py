"""The devices that every world has."""

from collections.abc import Sequence

from homeport.services.telnet.devices.device import Device

BUILTIN = (
    Device(name="router", like="router", banner="Authorized users only.\n"),
    Device(name="switch", like="switch", banner="Authorized users only.\n"),
    Device(name="ups", like="ups", name_prompt="User Name : ", password_prompt="Password  : "),
    Device(name="console", like="console", name_prompt="console login: "),
)
NAMES = ("shell", *(one.name for one in BUILTIN))


def find_device(name: str, own: Sequence[Device]) -> Device | None:
    """Return the device of that name; a configured one comes before a built-in one."""
    return next((one for one in (*own, *BUILTIN) if one.name == name), None)
