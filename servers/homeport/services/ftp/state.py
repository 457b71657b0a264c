"""What a control connection remembers between commands: who, how, whereto. REIN makes all of it new."""

import msgspec

from homeport.protocol.addresses import Address
from homeport.protocol.effects import Progress
from homeport.services.ftp.listings.mlsx import DEFAULT_FACTS
from homeport.services.ftp.permissions import Account, Permissions
from homeport.services.ftp.representation import Mode, Receiving, Structure, Type
from homeport.world.files import Path

DEFAULT_MASK = 0o022


class Login(msgspec.Struct):
    """Who the client is."""

    name: str = ""
    """What USER said; empty before it."""
    account: Account | None = None
    rights: Permissions | None = None
    """What they may do with files."""
    presence: str = ""
    failures: int = 0


class Security(msgspec.Struct):
    """What RFC 4217 has agreed besides TLS on the control connection."""

    sized: bool = False
    """Whether PBSZ came, which PROT needs."""
    protected: bool = False
    """Whether data connections are under TLS (PROT P)."""


class Parameters(msgspec.Struct):
    """How data are represented (RFC 959 5.1 has the defaults)."""

    type: Type = "A"
    """`A`, `E` or `I` (which `L 8` is here, RFC 1123 4.1.2.1)."""
    format: str = "N"
    """`N`, `T` or `C`, of types A and E."""
    structure: Structure = "F"
    mode: Mode = "S"
    chosen: bool = False
    """Whether the client has said TYPE."""
    level: int = 6
    """Of MODE Z."""
    restart: int = 0
    """Octets that the next transfer leaves out (REST)."""

    @property
    def form(self) -> tuple[Type, Structure, Mode]:
        """What `sending` and `receiving` go by."""
        return self.type, self.structure, self.mode


class Channel(msgspec.Struct):
    """Where the next data connection comes from or goes to."""

    passive: bool = False
    """Whether a port of ours waits for it."""
    address: Address | None = None
    """What PORT or EPRT said; None: the default data port, which is the client's control port (RFC 959 3.2)."""
    used: bool = False
    """Whether a transfer has used that address."""
    only_extended: bool = False
    """Whether EPSV ALL came (RFC 2428 4)."""


class Transfer(msgspec.Struct):
    """The transfer under way."""

    what: str
    """`retrieve`, `store`, `append` or `list`."""
    path: Path
    progress: Progress
    size: int = -1
    """Octets of the file from where it begins; -1 if they are not known."""
    convert: Receiving | None = None
    """Of a store: where its restart markers are."""
    promised: bool = False
    """Whether a restart marker was answered: what came before it stays, whatever becomes of the transfer."""
    kept: bool = False
    """Whether it broke, and what had come stays."""


class Memory(msgspec.Struct):
    """All of it."""

    login: Login = msgspec.field(default_factory=Login)
    security: Security = msgspec.field(default_factory=Security)
    parameters: Parameters = msgspec.field(default_factory=Parameters)
    channel: Channel = msgspec.field(default_factory=Channel)
    directory: Path = ()
    renaming: Path = ()
    """What RNFR named."""
    mask: int = DEFAULT_MASK
    """SITE UMASK."""
    utf8: bool = False
    """Whether the client has shown that it knows of UTF-8 here, by FEAT or OPTS (RFC 2640)."""
    facts: tuple[str, ...] = DEFAULT_FACTS
    """Those that MLST and MLSD show."""
    digest: str = "SHA-256"
    """HASH's."""
