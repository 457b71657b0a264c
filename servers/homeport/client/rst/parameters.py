"""Input parameters of RST: the server, the registrars, the registry's model; read from a file in TOML.

host = "epp.example.net"
port = 700
tlds = ["example"]
registered_names = ["taken.example"]

[clid01]
id = "registrar-1"
password = "..."
certificate = "one.pem"
key = "one.key"

[clid02]
...
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class ParametersError(Exception):
    """A file of parameters that cannot be read; the message says why."""


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A registrar's login."""

    id: str
    password: str
    certificate: Annotated[str, Meta(description="file with its client certificate (PEM); empty: none")] = ""
    key: Annotated[str, Meta(description="file with the certificate's key; empty: the certificate's file")] = ""


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The server, the registrars and the registry's model."""

    host: Annotated[str, Meta(description="name of the server, which its certificate must have")]
    port: Annotated[int, Meta(ge=1, le=65535)] = 700
    addresses: Annotated[tuple[str, ...], Meta(description="its addresses; empty: those that its name has")] = ()
    authority: Annotated[str, Meta(description="file with the authorities it is trusted by; empty: the system's")] = ""
    server_id: Annotated[str, Meta(description="svID of its greeting; empty: anything")] = ""
    tlds: Annotated[tuple[str, ...], Meta(min_length=1)]
    clid01: Credentials
    clid02: Credentials
    registered_names: Annotated[
        tuple[str, ...], Meta(min_length=1, description="names in a TLD that a third registrar has registered")
    ]
    registered_hosts: Annotated[tuple[str, ...], Meta(description="hosts that exist; empty: the run makes one")] = ()
    host_model: Literal["objects", "attributes"] = "objects"
    data_model: Literal["maximum", "minimum"] = "maximum"
    secdns: Literal["dsData", "keyData"] = "dsData"
    contact_types: Annotated[
        tuple[Literal["admin", "tech", "billing"], ...], Meta(description="contacts that a domain must have")
    ] = ("admin", "tech")
    glue: Annotated[Literal["wide", "narrow"], Meta(description="dns.gluePolicy; narrow skips epp-26")] = "wide"
    rsp_change: Annotated[bool, Meta(description="launch-1.0 need not be announced, as in RST's plan for that")] = False
    repositories: Annotated[
        tuple[str, ...], Meta(description="repository identifiers that a roid may end in; empty: any of the right form")
    ] = ()
    namespaces: Annotated[
        tuple[str, ...], Meta(description="URIs that IANA's registry of EPP extensions has besides those known here")
    ] = ()
    patience: Annotated[float, Meta(gt=0, description="seconds that a transfer may take to show (RST: 120)")] = 120.0


def load(path: Path) -> Parameters:
    """Read a file of parameters; files that it names are relative to it. Raises: ParametersError."""
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=Parameters)
    except OSError as error:
        raise ParametersError(f"{path}: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise ParametersError(f"{path}: {error}") from None
    base = path.parent

    def near(file: str) -> str:
        return str(base / file) if file else ""

    def placed(one: Credentials) -> Credentials:
        return msgspec.structs.replace(one, certificate=near(one.certificate), key=near(one.key))

    return msgspec.structs.replace(
        found, authority=near(found.authority), clid01=placed(found.clid01), clid02=placed(found.clid02)
    )
