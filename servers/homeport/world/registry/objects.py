"""The objects of a registry, plain and frozen: domains, hosts, contacts (RFC 5731 to 5733), registrars.

They hold what was said and done, never what follows from it at a time: `ok`, `inactive`, `linked`, `pending...` and
the states of RFC 3915 are worked out when asked for (`Registry.statuses`, `Registry.rgp_statuses`).

Times of objects are the world's Unix times, in whole seconds. In `RegistryContents`, which a world begins with, they
are seconds from its beginning, negative for the past, so that every fresh world looks alike at any date.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

Role = Literal["admin", "tech", "billing"]
Roid = Annotated[str, Meta(description="repository object identifier (RFC 5730 2.8), unique in the registry")]
Time = Annotated[float, Meta(description="seconds: Unix time, or from the world's beginning in what is configured")]
Statuses = Annotated[
    tuple[str, ...],
    Meta(description="statuses that were set (client..., server...); all others come by themselves"),
]
Password = Annotated[str | None, Meta(description="authInfo; none: it is unset, and opens nothing")]
PendingOperation = Literal["", "create", "update", "delete", "renew"]
ObjectKind = Literal["domain", "host", "contact", "registrar"]

TransferStatus = Literal[
    "pending", "clientApproved", "clientRejected", "clientCancelled", "serverApproved", "serverCancelled"
]
"""RFC 5730 2.9.3.4 (trStatusType). A registry that rejects in place of the sponsor says serverCancelled."""

GraceKind = Literal["add", "renew", "autoRenew", "transfer"]
"""RFC 3915 3.1: addPeriod, renewPeriod, autoRenewPeriod, transferPeriod."""


class Transfer(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    meaning = "The latest transfer of an object, pending or done (RFC 5731 3.1.3, RFC 5733 3.1.3)."

    status: TransferStatus = "pending"
    gaining: Annotated[str, Meta(description="registrar who asked (reID)")]
    losing: Annotated[str, Meta(description="registrar who sponsored when it was asked for")]
    requested: Annotated[Time, Meta(description="when it was asked for (reDate)")]
    acted: Annotated[Time, Meta(description="while it is pending: by when to act; then: when somebody did (acDate)")]
    expires: Annotated[Time | None, Meta(description="the domain's expiry afterwards; none: it stays")] = None
    years: Annotated[int, Meta(ge=0, description="years that it adds to a domain")] = 0

    @property
    def actor(self) -> str:
        """Who should act while it is pending; who did afterwards (acID). The server acts in place of the sponsor."""
        return self.gaining if self.status == "clientCancelled" else self.losing


class Grace(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    meaning = "A grace period of a domain (RFC 3915 3.1): from `begun` up to, not including, `ends`."

    kind: GraceKind
    begun: Time
    ends: Time
    registrar: Annotated[str, Meta(description="who paid, and is credited")]
    years: Annotated[int, Meta(ge=0, description="years that were paid for")] = 0
    amount: Annotated[float, Meta(description="what was paid")] = 0.0


class Stored(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    """What every object of the registry has but a registrar."""

    roid: Roid
    registrar: Annotated[str, Meta(description="identifier of the sponsoring registrar (clID)")]
    creator: Annotated[str, Meta(description="registrar who created it (crID); empty: the sponsor")] = ""
    updater: Annotated[str, Meta(description="registrar who updated it last (upID)")] = ""
    statuses: Statuses = ()
    created: Time
    updated: Time | None = None
    transferred: Time | None = None
    pending: Annotated[
        PendingOperation, Meta(description="what waits for review (RFC 5730 2.9.2.3, panData); empty: nothing")
    ] = ""

    @property
    def made_by(self) -> str:
        """Who created it."""
        return self.creator or self.registrar

    def pending_statuses(self) -> Iterator[str]:
        """`pending...`: what it waits for."""
        if self.pending:
            yield f"pending{self.pending.capitalize()}"


class Key(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    meaning = "A DNSKEY record (RFC 5910 4.2)."

    flags: Annotated[int, Meta(ge=0, le=65535)] = 257
    protocol: Annotated[int, Meta(ge=0, le=255)] = 3
    algorithm: Annotated[int, Meta(ge=0, le=255)]
    public_key: Annotated[str, Meta(description="base64, without white space")]


class DelegationSigner(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    meaning = "A DS record (RFC 5910 4.1)."

    key_tag: Annotated[int, Meta(ge=0, le=65535)]
    algorithm: Annotated[int, Meta(ge=0, le=255)]
    digest_type: Annotated[int, Meta(ge=0, le=255)]
    digest: Annotated[str, Meta(pattern=r"^([0-9A-F]{2})+$", description="in upper-case hexadecimal")]
    key: Annotated[Key | None, Meta(description="the key it was made from, if that was told")] = None


class DomainContact(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    meaning = "A contact of a domain besides its registrant."

    role: Role
    id: str


class HostAttribute(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    meaning = "A name server told as a part of its domain (RFC 5731 1.1, hostAttr)."

    name: Annotated[str, Meta(description="in lower case, with A-labels")]
    addresses: tuple[str, ...] = ()


class Domain(Stored, frozen=True, gc=False, kw_only=True):
    meaning = "A domain (RFC 5731)."

    name: Annotated[str, Meta(description="in lower case, with A-labels")]
    registrant: str = ""
    contacts: tuple[DomainContact, ...] = ()
    nameservers: Annotated[tuple[str, ...], Meta(description="host objects by name")] = ()
    attributes: Annotated[tuple[HostAttribute, ...], Meta(description="name servers where hosts are no objects")] = ()
    signers: tuple[DelegationSigner, ...] = ()
    keys: Annotated[tuple[Key, ...], Meta(description="where keys are told instead of DS records")] = ()
    sig_life: Annotated[int, Meta(ge=1, description="maxSigLife in seconds (RFC 5910 3.3)")] | None = None
    password: Password = None
    expires: Time
    graces: Annotated[tuple[Grace, ...], Meta(description="grace periods; those that are over do not count")] = ()
    deleted: Annotated[Time | None, Meta(description="in redemption since then")] = None
    restoring: Annotated[Time | None, Meta(description="its restore was asked for then; waits for the report")] = None
    purging: Annotated[Time | None, Meta(description="redemption ended then; waits to be purged")] = None
    transfer: Annotated[Transfer | None, Meta(description="its latest transfer")] = None

    @property
    def shown_statuses(self) -> tuple[str, ...]:
        """Its statuses with those that follow from its state (RFC 5731 2.3)."""
        found = self.statuses if self.nameservers or self.attributes else ("inactive", *self.statuses)
        return (*found, *self.pending_statuses()) or ("ok",)

    def pending_statuses(self) -> Iterator[str]:
        """`pending...`: what it waits for; while it is deleted nothing else (RFC 5731 2.3 has them one at a time)."""
        if self.deleted is not None:
            yield "pendingDelete"
            return
        yield from Stored.pending_statuses(self)
        if self.transfer_pending:
            yield "pendingTransfer"

    @property
    def transfer_pending(self) -> bool:
        """Whether somebody has asked for it, and nobody has answered."""
        return self.transfer is not None and self.transfer.status == "pending"

    @property
    def server_names(self) -> tuple[str, ...]:
        """The names of its servers, objects or attributes."""
        return self.nameservers + tuple(one.name for one in self.attributes)

    def contact_ids(self) -> Iterator[tuple[str, str]]:
        """Its contacts: the role, `registrant` first, and the identifier."""
        if self.registrant:
            yield "registrant", self.registrant
        for contact in self.contacts:
            yield contact.role, contact.id


class Host(Stored, frozen=True, gc=False, kw_only=True):
    meaning = "A host (RFC 5732). One that is subordinate to a domain has that domain's sponsor."

    name: Annotated[str, Meta(description="in lower case, with A-labels")]
    addresses: tuple[str, ...] = ()


class PostalInfo(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    meaning = "A postal address (RFC 5733 2.4)."

    name: str = ""
    organization: str = ""
    street: tuple[str, ...] = ()
    city: str = ""
    province: str = ""
    postal_code: str = ""
    country: Annotated[str, Meta(description="two letters (ISO 3166-1)")] = ""


Disclosable = Literal[
    "name.int", "name.loc", "org.int", "org.loc", "addr.int", "addr.loc", "voice", "fax", "email"
]  # fmt: skip


class Disclose(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    meaning = "What a contact wants shown, or hidden, against the registry's policy (RFC 5733 2.9)."

    flag: Annotated[bool, Meta(description="true: show these; false: hide them")]
    elements: tuple[Disclosable, ...]


class Contact(Stored, frozen=True, gc=False, kw_only=True):
    meaning = "A contact (RFC 5733)."

    id: Annotated[str, Meta(description="as it was created; two that differ by case alone are one")]
    postal: Annotated[PostalInfo, Meta(description="in ASCII (int); empty where there is but a local one")]
    local_postal: Annotated[PostalInfo | None, Meta(description="in any script (loc)")] = None
    voice: str = ""
    voice_ext: str = ""
    fax: str = ""
    fax_ext: str = ""
    email: str = ""
    disclose: Disclose | None = None
    password: Password = None
    transfer: Annotated[Transfer | None, Meta(description="its latest transfer")] = None

    @property
    def shown_postal(self) -> PostalInfo:
        """The address in ASCII, else the local one."""
        return self.local_postal if self.local_postal and self.postal == NO_POSTAL else self.postal

    @property
    def transfer_pending(self) -> bool:
        """Whether somebody has asked for it, and nobody has answered."""
        return self.transfer is not None and self.transfer.status == "pending"

    def pending_statuses(self) -> Iterator[str]:
        """`pending...`: what it waits for."""
        yield from Stored.pending_statuses(self)
        if self.transfer_pending:
            yield "pendingTransfer"


NO_POSTAL = PostalInfo()


class Robot(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "What a registrar does by itself, by the world's clock, so that it need not be played by somebody."

    answers: Annotated[
        Literal["approve", "reject", "ignore"], Meta(description="to requests for its domains and contacts")
    ] = "ignore"
    cancels: Annotated[bool, Meta(description="takes its own requests back")] = False
    wants: Annotated[
        tuple[str, ...], Meta(description="domains of others that it requests, such as *.lab.test; * is anything")
    ] = ()
    after: Annotated[
        float, Meta(ge=0, description="seconds from what it acts upon: a request, or the creation of a domain")
    ] = 0.0


class Registrar(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A registrar: who sponsors objects, and logs in to change them."

    id: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9._-]{3,16}$", description="client identifier (RFC 5730: 3 to 16 characters)")
    ]
    name: str
    password: Annotated[str, Meta(description="what it logs in with")] = ""
    certificate: Annotated[
        Literal["none", "any", "pinned"],
        Meta(description="client certificate at login: none is needed, any that an authority vouches for, one of pins"),
    ] = "none"
    pins: Annotated[
        tuple[str, ...], Meta(description="SHA-256 fingerprints of its certificates, in hexadecimal, colons or not")
    ] = ()
    zones: Annotated[tuple[str, ...], Meta(description="the TLDs where it may register; empty: all of them")] = ()
    sessions: Annotated[int, Meta(ge=0, description="EPP sessions at a time; 0: as many as the service allows")] = 0
    balance: Annotated[float | None, Meta(description="money on its account; none: as much as it likes")] = None
    low_balance: Annotated[float, Meta(description="it is told when its balance falls below this")] = 0.0
    robot: Annotated[Robot | None, Meta(description="plays it; none: it does what it is told over EPP")] = None
    iana_id: Annotated[int, Meta(ge=0, description="number in IANA's registrar registry; 0: none")] = 0
    url: str = ""
    whois_server: str = ""
    postal: PostalInfo = NO_POSTAL
    voice: str = ""
    fax: str = ""
    email: str = ""
    abuse_email: str = ""
    abuse_phone: str = ""


class PendingAction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A command that waits for review: answered with 1001, its end told with panData (RFC 5731 3.3)."""

    kind: ObjectKind
    name: Annotated[str, Meta(description="the object's name, or a contact's identifier")]
    operation: PendingOperation
    registrar: Annotated[str, Meta(description="who sent the command")]
    requested: Time
    cl_trid: str = ""
    sv_trid: Annotated[str, Meta(description="the server's identifier of the command")] = ""
    due: Annotated[Time | None, Meta(description="when the registry decides by itself; none: never")] = None
    outcome: Annotated[Literal["approve", "reject"], Meta(description="how it decides then")] = "approve"
    years: Annotated[int, Meta(ge=0, description="of a renewal")] = 0
    proposed: Annotated[bytes | None, Meta(description="the object as an update is to make it, by `encode`")] = None


RegistryObject = Domain | Host | Contact | Registrar
Sponsored = Domain | Host | Contact
Transferable = Domain | Contact

KINDS: dict[type[RegistryObject], ObjectKind] = {
    Domain: "domain",
    Host: "host",
    Contact: "contact",
    Registrar: "registrar",
}
TYPES: dict[ObjectKind, type[RegistryObject]] = {kind: of for of, kind in KINDS.items()}

TIMES = ("created", "updated", "transferred", "expires", "deleted", "restoring", "purging")
"""The fields of objects that are times."""
NESTED_TIMES: dict[type[msgspec.Struct], tuple[str, ...]] = {
    Transfer: ("requested", "acted", "expires"),
    Grace: ("begun", "ends"),
}
"""The same, of the parts of objects."""


def kind_of(one: RegistryObject) -> ObjectKind:
    """The word for its kind."""
    return KINDS[type(one)]


def name_of(one: RegistryObject) -> str:
    """What its kind knows it by: the name of a domain or host, the identifier of a contact or registrar."""
    return one.name if isinstance(one, Domain | Host) else one.id


def names_of(one: Contact | Registrar) -> tuple[str, ...]:
    """The names for people that an object has."""
    if isinstance(one, Registrar):
        return (one.name,)
    postal = one.shown_postal
    return postal.name, postal.organization


_encoder = msgspec.msgpack.Encoder()
_decoders: dict[type, msgspec.msgpack.Decoder[Any]] = {}
AnyStruct = TypeVar("AnyStruct", bound=msgspec.Struct)
AnyObject = TypeVar("AnyObject", bound=RegistryObject)


def encode(one: msgspec.Struct) -> bytes:
    """An object as octets, to be kept."""
    return _encoder.encode(one)


def decode(of: type[AnyStruct], octets: bytes) -> AnyStruct:
    """The object that those octets hold. Raises: msgspec.DecodeError (ValidationError) if they hold none."""
    decoder = _decoders.get(of)
    if decoder is None:
        decoder = _decoders[of] = msgspec.msgpack.Decoder(of)
    decoded: AnyStruct = decoder.decode(octets)
    return decoded


def shifted(stored: AnyObject, by: float) -> AnyObject:
    """The object with all its times that much later."""
    return with_times(stored, lambda time: time + by)


def with_times(stored: AnyObject, change: Callable[[float], Any]) -> AnyObject:
    """The object with every time in it changed by a function."""
    changed: dict[str, Any] = {}
    for name in TIMES:
        value = getattr(stored, name, None)
        if value is not None:
            changed[name] = change(value)
    if transfer := getattr(stored, "transfer", None):
        changed["transfer"] = _nested(transfer, change)
    if graces := getattr(stored, "graces", ()):
        changed["graces"] = tuple(_nested(grace, change) for grace in graces)
    return msgspec.structs.replace(stored, **changed)


def _nested(part: Any, change: Callable[[float], Any]) -> Any:
    times = {name: change(value) for name in NESTED_TIMES[type(part)] if (value := getattr(part, name)) is not None}
    return msgspec.structs.replace(part, **times)
