"""State that a control connection keeps between commands. REIN replaces all of it."""

import msgspec

from homeport.protocol.addresses import Address
from homeport.protocol.effects import Progress
from homeport.services.ftp.listings.mlsx import DEFAULT_FACTS
from homeport.services.ftp.permissions import Account, Permissions
from homeport.services.ftp.representation import Mode, Receiving, Structure, Type
from homeport.world.files import Path

DEFAULT_MASK = 0o022


class Login(msgspec.Struct):
    """Identity of the client."""

    name: str = ""
    """Argument of USER; empty before it."""
    account: Account | None = None
    rights: Permissions | None = None
    """Access rights to files; None before login."""
    presence: str = ""
    failures: int = 0


class Security(msgspec.Struct):
    """RFC 4217 settings other than TLS on the control connection."""

    sized: bool = False
    """True after PBSZ, which PROT requires."""
    protected: bool = False
    """True if data connections use TLS (PROT P)."""


class Parameters(msgspec.Struct):
    """Representation of data on data connections (defaults: RFC 959 5.1)."""

    type: Type = "A"
    """`A`, `E` or `I` (which `L 8` is here, RFC 1123 4.1.2.1)."""
    format: str = "N"
    """`N`, `T` or `C`; types A and E only."""
    structure: Structure = "F"
    mode: Mode = "S"
    chosen: bool = False
    """True after the client has sent TYPE."""
    level: int = 6
    """Compression level of MODE Z, 0 to 9."""
    restart: int = 0
    """Offset at which the next transfer begins (REST), in bytes of the data connection."""

    @property
    def form(self) -> tuple[Type, Structure, Mode]:
        """Arguments of `sending` and `receiving`."""
        return self.type, self.structure, self.mode


class Channel(msgspec.Struct):
    """Endpoint of the next data connection."""

    passive: bool = False
    """True while a passive port waits for it."""
    address: Address | None = None
    """Address from PORT or EPRT; None: the default data port, which is the client's control port (RFC 959 3.2)."""
    used: bool = False
    """True after a transfer has used that address."""
    refused: bool = False
    """True after a PASV, EPSV, PORT or EPRT that has failed: the next transfer must not fall back to another port."""
    only_extended: bool = False
    """True after EPSV ALL (RFC 2428 4)."""


class Transfer(msgspec.Struct):
    """The transfer in progress."""

    what: str
    """`retrieve`, `store`, `append` or `list`."""
    path: Path
    progress: Progress
    size: int = -1
    """Bytes of the file from its starting offset; -1 if unknown."""
    opened: bool = False
    """True once the data connection is open."""
    convert: Receiving | None = None
    """Converter of a store, which collects its restart markers."""
    promised: bool = False
    """True after a restart marker was acknowledged: data before it are kept even if the transfer fails."""
    kept: bool = False
    """True if the transfer failed and the data received so far are kept."""


class Memory(msgspec.Struct):
    """All state of a control connection that survives a command."""

    login: Login = msgspec.field(default_factory=Login)
    security: Security = msgspec.field(default_factory=Security)
    parameters: Parameters = msgspec.field(default_factory=Parameters)
    channel: Channel = msgspec.field(default_factory=Channel)
    directory: Path = ()
    renaming: Path = ()
    """Path named by RNFR."""
    mask: int = DEFAULT_MASK
    """Permission bits that new files do not get (SITE UMASK)."""
    utf8: bool = False
    """True after the client has sent FEAT or OPTS UTF8 (RFC 2640)."""
    facts: tuple[str, ...] = DEFAULT_FACTS
    """Facts that MLST and MLSD show."""
    digest: str = "SHA-256"
    """Algorithm of HASH."""
