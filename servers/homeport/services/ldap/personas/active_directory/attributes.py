"""The attributes that Active Directory gives to entries, made of what they hold."""

from homeport.services.ldap.personas.active_directory.domain import (
    DOMAIN_USERS,
    NEVER,
    Domain,
    file_time,
    is_number,
)
from homeport.services.ldap.personas.view import Make, Makers
from homeport.world.directory.entry import OBJECT_CLASS, Entry, Values
from homeport.world.directory.names import parse_dn
from homeport.world.directory.stamps import time_text

NORMAL, DISABLED, NO_PASSWORD, LOCKED = 0x200, 0x2, 0x20, 0x10
PASSWORD_EXPIRED = 0x800000
GLOBAL_SECURITY_GROUP = -0x7FFFFFFE
USER_TYPE, GROUP_TYPE = 0x30000000, 0x10000000
CATEGORIES = {"user": "Person", "group": "Group", "domain": "Domain-DNS"}
CATEGORIES_OF_CLASSES = {
    "organizationalunit": "Organizational-Unit",
    "container": "Container",
    "computer": "Computer",
    "device": "Device",
}
"""Names of categories by object class, for what is neither user nor group."""
CLASSES: dict[str, Values] = {
    "user": (b"top", b"person", b"organizationalPerson", b"user"),
    "group": (b"top", b"group"),
    "domain": (b"top", b"domain", b"domainDNS"),
}
ZEROS = ("lastlogoff", "logoncount", "codepage", "countrycode")
POLICY = {
    "maxpwdage": -(1 << 63),
    "minpwdage": 0,
    "minpwdlength": 0,
    "pwdhistorylength": 0,
    "pwdproperties": 0,
    "lockoutduration": -18_000_000_000,
    "lockoutobservationwindow": -18_000_000_000,
    "lockoutthreshold": 0,
    "ms-ds-machineaccountquota": 10,
}
"""The password policy of a domain that has none: passwords do not expire, accounts are not locked."""
ONLY_IF_NAMED = frozenset(("tokengroups", "msds-user-account-control-computed"))
HIDDEN = frozenset(("userpassword", "unicodepwd"))
"""Passwords, which no client can read."""


def number(value: int) -> Values:
    """Return a number as the values of an attribute."""
    return (str(value).encode(),)


def number_in(entry: Entry, name: str, default: int) -> int:
    """Return a number that an entry holds."""
    text = entry.text(name)
    return int(text) if is_number(text.removeprefix("-")) else default


def policy_of(name: str, default: int) -> Make:
    """Return a function that makes an attribute of the domain's policy."""
    return lambda entry: number(number_in(entry, name, default))


def usn(moment: float) -> int:
    """Return an update sequence number: it grows with the world's clock."""
    return max(int(moment * 1000), 1)


def account_control(entry: Entry) -> int:
    """Return the userAccountControl of a user; one without a password is disabled."""
    default = NORMAL if entry.get("userpassword") else NORMAL | DISABLED
    return number_in(entry, "useraccountcontrol", default)


class Attributes:
    """Makes the attributes of entries of a domain."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._directory = domain.directory

    @property
    def makers(self) -> Makers:
        """Functions by attribute."""
        of_users: dict[str, Make] = {
            "userprincipalname": self._principal,
            "useraccountcontrol": lambda entry: number(account_control(entry)),
            "msds-user-account-control-computed": self._computed_control,
            "pwdlastset": self._password_set,
            "accountexpires": lambda entry: number(number_in(entry, "accountexpires", NEVER)),
            "primarygroupid": lambda entry: number(number_in(entry, "primarygroupid", DOMAIN_USERS)),
            "physicaldeliveryofficename": lambda entry: (
                entry.get("physicaldeliveryofficename") or entry.get("roomnumber")
            ),
            "badpwdcount": lambda entry: number(len(self._directory.passwords.state(entry).failures)),
            "badpasswordtime": self._last_failure,
            "lastlogon": self._last_login,
            **dict.fromkeys(ZEROS, lambda _entry: (b"0",)),
        }
        of_principals: dict[str, Make] = {
            "samaccountname": lambda entry: (self._domain.account_name(entry).encode(),),
            "samaccounttype": lambda entry: number(USER_TYPE if self._domain.role(entry) == "user" else GROUP_TYPE),
            "tokengroups": self._token_groups,
        }
        of_groups: dict[str, Make] = {
            "grouptype": lambda entry: number(number_in(entry, "grouptype", GLOBAL_SECURITY_GROUP)),
            "member": lambda entry: tuple(value for value in entry.get("member") if value),
        }
        return {
            **{name: self._only(name, make, "user") for name, make in of_users.items()},
            **{name: self._only(name, make, "user", "group") for name, make in of_principals.items()},
            **{name: self._only(name, make, "group") for name, make in of_groups.items()},
            **{name: self._only(name, policy_of(name, value), "domain") for name, value in POLICY.items()},
            "objectsid": self._sid,
            OBJECT_CLASS: self._classes,
            "objectcategory": self._category,
            "objectguid": lambda entry: (self._domain.uuid(entry).bytes_le,),
            "distinguishedname": lambda entry: (entry.dn.encode(),),
            "name": lambda entry: (parse_dn(entry.dn)[0][0].value,),
            "instancetype": lambda entry: number(5 if self._domain.role(entry) == "domain" else 4),
            "whencreated": lambda entry: (time_of(self._directory.stamp_of(entry).created),),
            "whenchanged": lambda entry: (time_of(self._directory.stamp_of(entry).modified),),
            "usncreated": lambda entry: number(usn(self._directory.stamp_of(entry).created)),
            "usnchanged": lambda entry: number(usn(self._directory.stamp_of(entry).modified)),
        }

    def _only(self, name: str, make: Make, *roles: str) -> Make:
        """Return a function that makes an attribute of entries of some roles, and leaves that of others."""
        return lambda entry: make(entry) if self._domain.role(entry) in roles else entry.get(name)

    def _classes(self, entry: Entry) -> Values:
        role = self._domain.role(entry)
        if role == "user" and "computer" in entry.classes():
            return (*CLASSES[role], b"computer")
        return CLASSES.get(role) or entry.get(OBJECT_CLASS)

    def _category(self, entry: Entry) -> Values:
        classes = entry.classes()
        found = next((CATEGORIES_OF_CLASSES[one] for one in CATEGORIES_OF_CLASSES if one in classes), "Top")
        if "computer" not in classes:
            found = CATEGORIES.get(self._domain.role(entry), found)
        return (f"CN={found},{self._domain.schema_context}".encode(),)

    def _principal(self, entry: Entry) -> Values:
        name = entry.text("userprincipalname") or f"{self._domain.account_name(entry)}@{self._domain.name}"
        return (name.encode(),)

    def _sid(self, entry: Entry) -> Values:
        match self._domain.role(entry):
            case "domain":
                return (self._domain.sid,)
            case "user" | "group":
                return (self._domain.sid_of(self._domain.rid(entry)),)
        return ()

    def _password_set(self, entry: Entry) -> Values:
        default = file_time(self._directory.passwords.changed(entry)) if entry.get("userpassword") else 0
        return number(number_in(entry, "pwdlastset", default))

    def _last_failure(self, entry: Entry) -> Values:
        failures = self._directory.passwords.state(entry).failures
        return number(file_time(failures[-1]) if failures else 0)

    def _last_login(self, entry: Entry) -> Values:
        succeeded = self._directory.passwords.state(entry).succeeded
        return number(0 if succeeded is None else file_time(succeeded))

    def _computed_control(self, entry: Entry) -> Values:
        is_locked = number_in(entry, "lockouttime", 0) or self._directory.passwords.state(entry).locked is not None
        locked = LOCKED if is_locked else 0
        return number(locked | (account_control(entry) & PASSWORD_EXPIRED))

    def _token_groups(self, entry: Entry) -> Values:
        """Return the identifiers of all groups, nested ones too, and of the primary one."""
        around = {self._domain.rid(group): None for group in self._domain.groups_around(entry)}
        if self._domain.role(entry) == "user":
            around[number_in(entry, "primarygroupid", DOMAIN_USERS)] = None
        return tuple(map(self._domain.sid_of, around))


def time_of(moment: float) -> bytes:
    """Return a time with a tenth of a second, as Active Directory writes it."""
    return time_text(moment).replace(b"Z", b".0Z")
