"""A device: how it looks, who may log in, and what it answers."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, field

from homeport.config.quantities import Duration

Text = Annotated[str, Meta(max_length=4096)]
Short = Annotated[str, Meta(max_length=100)]
Like = Literal["plain", "router", "switch", "ups", "console"]


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A device behind Telnet."

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,40}$", description="its name, for `[telnet] program`")]
    like: Annotated[
        Like,
        Meta(
            description="what it behaves like: a router or a switch, a ups with menus, a serial console server, or "
            "plain: prompts, modes and `commands` alone"
        ),
    ] = "plain"
    host_name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.-]{0,63}$", description="its host name; empty: its name")] = ""
    banner: Annotated[Text, Meta(description="text before the login")] = ""
    login: Annotated[
        Literal["name", "password", "none"],
        Meta(description="what the login asks for: name and password, the password alone, or nothing"),
    ] = "name"
    name_prompt: Annotated[Short, Meta(description="prompt for the name")] = "Username: "
    password_prompt: Annotated[Short, Meta(description="prompt for a password")] = "Password: "
    users: Annotated[
        dict[str, str], Meta(description="passwords by name of who may log in, besides the people of the world")
    ] = field(default_factory=dict)
    password: Annotated[Short, Meta(description="the password where the login asks for it alone")] = "line-pass"
    enable_password: Annotated[Short, Meta(description="password of `enable`; empty: it asks for none")] = "enable-pass"
    privileged: Annotated[bool, Meta(description="begin in privileged mode, without `enable`")] = False
    user_prompt: Annotated[Short, Meta(description="prompt of user mode; {host} is the host name")] = "{host}>"
    privileged_prompt: Annotated[Short, Meta(description="prompt of privileged mode")] = "{host}#"
    configuration_prompt: Annotated[
        Short, Meta(description="prompt of configuration mode; {mode} is config, config-if, ...")
    ] = "{host}({mode})#"
    commands: Annotated[
        dict[str, Text], Meta(description="answers by command, before what it knows by itself; {host} is replaced")
    ] = field(default_factory=dict)
    paging: Annotated[bool, Meta(description="stop long answers for a key, until `terminal length 0`")] = True
    more: Annotated[str, Meta(min_length=1, max_length=100, description="prompt at the end of a page")] = " --More-- "
    delay: Annotated[Duration, Meta(description="real time before each answer")] = Duration(0)
    echo_delay: Annotated[Duration, Meta(description="real time before each character is echoed")] = Duration(0)

    @property
    def host(self) -> str:
        """Its host name, until it is configured otherwise."""
        return self.host_name or self.name
