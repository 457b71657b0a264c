"""Worlds with a password policy, and what its control says to a client of LDAP."""

from typing import Any

from conftest import make_world
from services.ldap.asker import (
    ALICE,
    BASE,
    Asker,
    Response,
    bind,
    control,
    extended,
    octets,
    search,
)

from homeport.config.quantities import Duration
from homeport.protocol.ber import encode_sequence, read_header
from homeport.world.directory.contents import DirectoryContents, PasswordPolicyOptions
from homeport.world.world import World, WorldContents

BOB = f"uid=bob,ou=people,{BASE}"
POLICY = f"cn=default,ou=policies,{BASE}"
DAY = 86400
PPOLICY = "1.3.6.1.4.1.42.2.27.8.5.1"
ASKED = control(PPOLICY)
PASSWORD_MODIFY, WHO_AM_I = "1.3.6.1.4.1.4203.1.11.1", "1.3.6.1.4.1.4203.1.11.3"
ADDED, DELETED, REPLACED = range(3)
ERRORS = (
    *("passwordExpired", "accountLocked", "changeAfterReset", "passwordModNotAllowed", "mustSupplyOldPassword"),
    *("insufficientPasswordQuality", "passwordTooShort", "passwordTooYoung", "passwordInHistory", "passwordTooLong"),
)


def policy(**options: Any) -> World:
    """Return a world with a password policy, whose clock only tests move."""
    made = {name: Duration(value) if value >= DAY else value for name, value in options.items()}
    return make_world(WorldContents(directory=DirectoryContents(password_policy=PasswordPolicyOptions(**made))))


def told(response: Response) -> dict[str, Any]:
    """Return what the response control says; raise KeyError if there is none."""
    value = response.controls[PPOLICY]
    tag, begin, end = read_header(value, 0, len(value))
    assert (tag, end) == (0x30, len(value))
    said: dict[str, Any] = {}
    while begin < end:
        tag, start, begin = read_header(value, begin, end)
        if tag == 0xA0:
            kind, at, stop = read_header(value, start, begin)
            said[{0x80: "expires_in", 0x81: "grace_left"}[kind]] = int.from_bytes(value[at:stop], "big")
        else:
            assert tag == 0x81
            said["error"] = ERRORS[int.from_bytes(value[start:begin], "big")]
    return said


def log_in(one: Asker, password: str = "alice-pass", name: str = ALICE) -> tuple[int, dict[str, Any]]:
    """Log in, asking for the control; return the result code and what the control says."""
    (done,) = one.ask(bind(name, password), ASKED)
    return done.code, told(done) if PPOLICY in done.controls else {}


def ask(one: Asker, request: bytes) -> tuple[int, str]:
    """Send a request with the control; return the result code and the error of the control."""
    done = one.ask(request, ASKED)[-1]
    return done.code, told(done)["error"] if PPOLICY in done.controls else ""


def change(one: Asker, new: str, old: str | None = None, name: str = "") -> tuple[int, str]:
    """Change a password by RFC 3062; return the result code and the error of the control."""
    fields = [octets(name, 0x80)] if name else []
    fields += [octets(old, 0x81)] if old is not None else []
    return ask(one, extended(PASSWORD_MODIFY, encode_sequence(*fields, octets(new, 0x82))))


def state(one: Asker, name: str = ALICE) -> dict[str, list[bytes]]:
    """Return the operational attributes of passwords of an entry, as an administrator sees them."""
    asked = one.ask(search(name, 0, attributes=("+",)))[0].attributes
    return {kind: values for kind, values in asked.items() if kind.startswith("pwd")}


def events(one: Asker) -> list[str]:
    """Return what policies did."""
    return [fields["what"] for kind, fields in one.talk.logs if kind == "password"]
