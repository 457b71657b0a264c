"""The objects of a registry, plain and frozen: domains, hosts, contacts (RFC 5731 to 5733), registrars.

They hold facts, never what is derived from them at a time: `ok`, `inactive`, `linked`, `pending...` and
the states of RFC 3915 are computed on request (`Registry.statuses`, `Registry.rgp_statuses`).

Times of objects are the world's Unix times, in whole seconds. In `RegistryContents`, a world's initial contents, they
are seconds from its beginning, negative for the past, so that every fresh world looks alike at any date.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from homeport.world.registry.fees import Amount, SignedAmount
from homeport.world.registry.launch_facts import LaunchFacts
from homeport.world.registry.org_links import OrgLink
from homeport.world.registry.ttl import Ttl

Role = Literal["admin", "tech", "billing"]
Roid = Annotated[str, Meta(description="repository object identifier (RFC 5730 2.8), unique in the registry")]
Time = Annotated[float, Meta(description="seconds: Unix time, or from the world's beginning in the configuration")]
Statuses = Annotated[
    tuple[str, ...],
    Meta(description="statuses that were set (client..., server...); all others are derived"),
]
Password = Annotated[str | None, Meta(description="authInfo; none: unset, never matches")]
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
    gaining: Annotated[str, Meta(description="gaining registrar (reID)")]
    losing: Annotated[str, Meta(description="sponsoring registrar at the time of the request")]
    requested: Annotated[Time, Meta(description="time of the request (reDate)")]
    acted: Annotated[Time, Meta(description="while pending: the deadline; afterwards: time of the decision (acDate)")]
    expires: Annotated[Time | None, Meta(description="the domain's expiry afterwards; none: unchanged")] = None
    years: Annotated[int, Meta(ge=0, description="years that it adds to a domain")] = 0
    paid: Annotated[
        Amount | None,
        Meta(description="charged at the request, credited unless approved; none: charged when it is approved"),
    ] = None

    @property
    def actor(self) -> str:
        """Registrar who should act on a pending transfer, or acted on it (acID). The server acts in the sponsor's
        name.
        """
        return self.gaining if self.status == "clientCancelled" else self.losing


class Grace(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    meaning = "A grace period of a domain (RFC 3915 3.1): from `begun` up to, not including, `ends`."

    kind: GraceKind
    begun: Time
    ends: Time
    registrar: Annotated[str, Meta(description="registrar who paid, and is credited")]
    years: Annotated[int, Meta(ge=0, description="years paid for")] = 0
    amount: Annotated[Amount, Meta(description="amount paid")] = 0.0


class StatusText(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    meaning = "The text that explains a status (RFC 5731 2.3, RFC 5732 2.3, RFC 5733 2.2)."

    status: str
    text: str
    lang: str = "en"


class CommandIds(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    meaning = "The transaction identifiers of a command (RFC 5730 2.6)."

    cl_trid: Annotated[str, Meta(description="the client's; empty: it sent none")] = ""
    sv_trid: str


class Extras(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    meaning = "Facts that few objects have, most of them of EPP's extensions. Other objects share one, `NO_EXTRAS`."

    status_texts: Annotated[tuple[StatusText, ...], Meta(description="explanations of statuses that were set")] = ()
    deletion: Annotated[
        CommandIds | None, Meta(description="the delete command of a domain that was answered with 1001")
    ] = None

    authinfo_until: Annotated[
        Time | None, Meta(description="end of its authInfo (RFC 9154 4.2); none: it has none")
    ] = None

    ttls: Annotated[
        tuple[Ttl, ...], Meta(description="TTLs of a domain's or host's records, where it has own ones")
    ] = ()
    allocation_token: Annotated[str, Meta(description="token that a domain was allocated with (RFC 8495)")] = ""
    orgs: Annotated[tuple[OrgLink, ...], Meta(description="organizations of a domain, one in each role")] = ()
    addl_email: Annotated[str, Meta(description="additional e-mail address of a contact (RFC 9873)")] = ""
    addl_email_primary: Annotated[bool, Meta(description="true: that address is the preferred one")] = False
    idn_table: Annotated[str, Meta(description="IDN table of a domain, if its client named one")] = ""
    launch: Annotated[LaunchFacts | None, Meta(description="launch phase in which a domain was registered")] = None

    others: Annotated[
        dict[str, str], Meta(description="facts of extensions that other packages add: NAME.FACT, and its value")
    ] = {}


NO_EXTRAS = Extras()


class Stored(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Fields that all objects except registrars share."""

    roid: Roid
    registrar: Annotated[str, Meta(description="identifier of the sponsoring registrar (clID)")]
    creator: Annotated[str, Meta(description="registrar who created it (crID); empty: the sponsor")] = ""
    updater: Annotated[str, Meta(description="registrar who updated it last (upID)")] = ""
    statuses: Statuses = ()
    created: Time
    updated: Time | None = None
    transferred: Time | None = None
    pending: Annotated[
        PendingOperation,
        Meta(description="operation that waits for review (RFC 5730 2.9.2.3, panData); empty: nothing"),
    ] = ""
    extras: Annotated[Extras, Meta(description="facts of EPP's extensions, which few objects have")] = NO_EXTRAS

    @property
    def made_by(self) -> str:
        """Return the registrar that created the object."""
        return self.creator or self.registrar

    def pending_statuses(self) -> Iterator[str]:
        """Yield the `pending...` statuses of what the object waits for."""
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
    key: Annotated[Key | None, Meta(description="the key it was made from, if given")] = None


class DomainContact(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    meaning = "A contact of a domain besides its registrant."

    role: Role
    id: str


class HostAttribute(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    meaning = "A name server as an attribute of its domain (RFC 5731 1.1, hostAttr)."

    name: Annotated[str, Meta(description="in lower case, with A-labels")]
    addresses: tuple[str, ...] = ()


class Domain(Stored, frozen=True, gc=False, kw_only=True):
    meaning = "A domain (RFC 5731)."

    name: Annotated[str, Meta(description="in lower case, with A-labels")]
    registrant: str = ""
    contacts: tuple[DomainContact, ...] = ()
    nameservers: Annotated[tuple[str, ...], Meta(description="host objects by name")] = ()
    attributes: Annotated[tuple[HostAttribute, ...], Meta(description="name servers, where hosts are attributes")] = ()
    signers: tuple[DelegationSigner, ...] = ()
    keys: Annotated[tuple[Key, ...], Meta(description="where keys are given instead of DS records")] = ()
    sig_life: Annotated[int, Meta(ge=1, description="maxSigLife in seconds (RFC 5910 3.3)")] | None = None
    password: Password = None
    expires: Time
    graces: Annotated[tuple[Grace, ...], Meta(description="grace periods; ended ones have no effect")] = ()
    deleted: Annotated[Time | None, Meta(description="start of its redemption")] = None
    restoring: Annotated[Time | None, Meta(description="time of the restore request; the report is pending")] = None
    purging: Annotated[Time | None, Meta(description="end of its redemption; it waits to be purged")] = None
    transfer: Annotated[Transfer | None, Meta(description="its latest transfer")] = None

    @property
    def shown_statuses(self) -> tuple[str, ...]:
        """Return its statuses with those derived from its state (RFC 5731 2.3)."""
        found = self.statuses if self.nameservers or self.attributes else ("inactive", *self.statuses)
        return (*found, *self.pending_statuses()) or ("ok",)

    def pending_statuses(self) -> Iterator[str]:
        """Yield the `pending...` statuses; only pendingDelete of a deleted domain (RFC 5731 2.3: one at a time)."""
        if self.deleted is not None:
            yield "pendingDelete"
            return
        yield from Stored.pending_statuses(self)
        if self.transfer_pending:
            yield "pendingTransfer"

    @property
    def transfer_pending(self) -> bool:
        """True if a transfer was requested and is not decided."""
        return self.transfer is not None and self.transfer.status == "pending"

    @property
    def server_names(self) -> tuple[str, ...]:
        """Return the names of its servers, objects or attributes."""
        return self.nameservers + tuple(one.name for one in self.attributes)

    def contact_ids(self) -> Iterator[tuple[str, str]]:
        """Yield role and identifier of its contacts, `registrant` first."""
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
    meaning = "A contact's preferences to disclose or hide data, against the registry's policy (RFC 5733 2.9)."

    flag: Annotated[bool, Meta(description="true: show these; false: hide them")]
    elements: tuple[Disclosable, ...]


class Contact(Stored, frozen=True, gc=False, kw_only=True):
    meaning = "A contact (RFC 5733)."

    id: Annotated[str, Meta(description="as it was created; two that differ by case alone are one")]
    postal: Annotated[PostalInfo, Meta(description="in ASCII (int); empty where there is only a local one")]
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
        """Return the address in ASCII, else the local one."""
        return self.local_postal if self.local_postal and self.postal == NO_POSTAL else self.postal

    @property
    def transfer_pending(self) -> bool:
        """True if a transfer was requested and is not decided."""
        return self.transfer is not None and self.transfer.status == "pending"

    def pending_statuses(self) -> Iterator[str]:
        """Yield the `pending...` statuses of what the contact waits for."""
        yield from Stored.pending_statuses(self)
        if self.transfer_pending:
            yield "pendingTransfer"


NO_POSTAL = PostalInfo()


class Robot(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "Automatic behaviour of a registrar, by the world's clock, so that tests need no second client."

    answers: Annotated[
        Literal["approve", "reject", "ignore"], Meta(description="answer to requests for its domains and contacts")
    ] = "ignore"
    cancels: Annotated[bool, Meta(description="cancels its own requests")] = False
    wants: Annotated[
        tuple[str, ...],
        Meta(description="other registrars' domains that it requests, such as *.lab.test; * matches any text"),
    ] = ()
    after: Annotated[
        float, Meta(ge=0, description="seconds after the event it acts on: a request, or the creation of a domain")
    ] = 0.0


class Registrar(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A registrar: sponsors objects, and logs in to change them."

    id: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9._-]{3,16}$", description="client identifier (RFC 5730: 3 to 16 characters)")
    ]
    name: str
    password: Annotated[str, Meta(description="password of its login")] = ""
    password_expires: Annotated[
        Time | None, Meta(description="time at which the password expires (RFC 8807); none: it does not")
    ] = None
    certificate: Annotated[
        Literal["none", "any", "pinned"],
        Meta(description="client certificate at login: none, any from a trusted authority, or one of pins"),
    ] = "none"
    pins: Annotated[
        tuple[str, ...], Meta(description="SHA-256 fingerprints of its certificates, in hexadecimal, colons optional")
    ] = ()
    zones: Annotated[tuple[str, ...], Meta(description="TLDs where it may register; empty: all")] = ()
    sessions: Annotated[
        int, Meta(ge=0, description="maximum number of concurrent EPP sessions; 0: the service's limit")
    ] = 0
    balance: Annotated[SignedAmount | None, Meta(description="balance of its account; none: no limit")] = None
    credit_limit: Annotated[Amount, Meta(description="amount by which its balance may be below zero")] = 0.0
    low_balance: Annotated[SignedAmount, Meta(description="it gets a message when its balance falls below this")] = 0.0
    robot: Annotated[Robot | None, Meta(description="robot that plays it; none: it acts only over EPP")] = None
    iana_id: Annotated[int, Meta(ge=0, description="number in IANA's registrar registry; 0: none")] = 0
    url: str = ""
    whois_server: str = ""
    postal: PostalInfo = NO_POSTAL
    voice: str = ""
    fax: str = ""
    email: str = ""
    abuse_email: str = ""
    abuse_phone: str = ""

    def other_keys(self) -> Iterator[str]:
        """Yield the keys besides its identifier by which it is found: its name and IANA number."""
        if self.name:
            yield self.name.lower()
        if self.iana_id:
            yield str(self.iana_id)


class PendingAction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A command that waits for review: answered with 1001, its outcome sent as panData (RFC 5731 3.3)."""

    kind: ObjectKind
    name: Annotated[str, Meta(description="the object's name, or a contact's identifier")]
    operation: PendingOperation
    registrar: Annotated[str, Meta(description="registrar that sent the command")]
    requested: Time
    cl_trid: str = ""
    sv_trid: Annotated[str, Meta(description="the server's identifier of the command")] = ""
    due: Annotated[Time | None, Meta(description="time at which the registry decides by itself; none: never")] = None
    outcome: Annotated[Literal["approve", "reject"], Meta(description="decision of the registry")] = "approve"
    years: Annotated[int, Meta(ge=0, description="years of a renewal")] = 0
    paid: Annotated[Amount, Meta(description="charged for a create, credited if it is rejected")] = 0.0
    proposed: Annotated[bytes | None, Meta(description="the object after the update, serialized by `encode`")] = None


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

TIMES = ("created", "updated", "transferred", "expires", "deleted", "restoring", "purging", "password_expires")
"""Names of the fields of objects that are times."""
NESTED_TIMES: dict[type[msgspec.Struct], tuple[str, ...]] = {
    Transfer: ("requested", "acted", "expires"),
    Grace: ("begun", "ends"),
    Extras: ("authinfo_until",),
}
"""Names of the fields that are times, by type of the objects' parts."""


def kind_of(one: RegistryObject) -> ObjectKind:
    """Return the kind of an object."""
    return KINDS[type(one)]


def name_of(one: RegistryObject) -> str:
    """Return the name of a domain or host, the identifier of a contact or registrar."""
    return one.name if isinstance(one, Domain | Host) else one.id


def names_of(one: Contact | Registrar) -> tuple[str, ...]:
    """Return the human-readable names of an object."""
    if isinstance(one, Registrar):
        return (one.name,)
    postal = one.shown_postal
    return postal.name, postal.organization


_encoder = msgspec.msgpack.Encoder()
_decoders: dict[type, msgspec.msgpack.Decoder[Any]] = {}
AnyStruct = TypeVar("AnyStruct", bound=msgspec.Struct)
AnyObject = TypeVar("AnyObject", bound=RegistryObject)
AnySponsored = TypeVar("AnySponsored", Domain, Host, Contact)


def with_extras(one: AnySponsored, **facts: Any) -> AnySponsored:
    """Return the object with other facts of extensions. facts: fields of `Extras`."""
    extras = msgspec.structs.replace(one.extras, **facts)
    return msgspec.structs.replace(one, extras=NO_EXTRAS if extras == NO_EXTRAS else extras)


def encode(one: Any) -> bytes:
    """Serialize an object to bytes."""
    return _encoder.encode(one)


def decode(of: type[AnyStruct], data: bytes) -> AnyStruct:
    """Parse an object from bytes. Raises: msgspec.DecodeError (ValidationError)."""
    decoder = _decoders.get(of)
    if decoder is None:
        decoder = _decoders[of] = msgspec.msgpack.Decoder(of)
    decoded: AnyStruct = decoder.decode(data)
    return decoded


def shifted(stored: AnyObject, by: float) -> AnyObject:
    """Return the object with all its times shifted by a number of seconds."""
    return with_times(stored, lambda time: time + by)


def with_times(stored: AnyObject, change: Callable[[float], Any]) -> AnyObject:
    """Return the object with every time in it changed by a function."""
    changed: dict[str, Any] = {}
    for name in TIMES:
        value = getattr(stored, name, None)
        if value is not None:
            changed[name] = change(value)
    if transfer := getattr(stored, "transfer", None):
        changed["transfer"] = _nested(transfer, change)
    if graces := getattr(stored, "graces", ()):
        changed["graces"] = tuple(_nested(grace, change) for grace in graces)
    if (extras := getattr(stored, "extras", NO_EXTRAS)) != NO_EXTRAS:
        changed["extras"] = _nested(extras, change)
    return msgspec.structs.replace(stored, **changed)


def _nested(part: Any, change: Callable[[float], Any]) -> Any:
    times = {name: change(value) for name in NESTED_TIMES[type(part)] if (value := getattr(part, name)) is not None}
    return msgspec.structs.replace(part, **times)
