"""The initial contents of a world's directory: section [directory]."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration

DN_EXAMPLE = "dc=homeport,dc=test"
Dn = Annotated[str, Meta(max_length=1000, examples=[DN_EXAMPLE])]


class Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[[directory.account]]"""

    dn: Annotated[Dn, Meta(description="the name by which it logs in")]
    password: Annotated[str, Meta(min_length=1, max_length=1000, description="its password")]
    admin: Annotated[bool, Meta(description="may change every entry")] = True


Number = Annotated[int, Meta(ge=0, le=1_000_000)]


class PasswordPolicyOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[directory.password_policy]"""

    max_age: Annotated[Duration, Meta(description="age at which a password expires (pwdMaxAge); 0: never")] = Duration(
        0
    )
    expire_warning: Annotated[
        Duration, Meta(description="time before that in which logins are warned (pwdExpireWarning); 0: none")
    ] = Duration(0)
    grace_authn_limit: Annotated[
        Number, Meta(description="logins that an expired password has left (pwdGraceAuthNLimit)")
    ] = 0
    grace_expiry: Annotated[
        Duration, Meta(description="time after the expiry in which it has them (pwdGraceExpiry); 0: no limit")
    ] = Duration(0)
    min_age: Annotated[
        Duration, Meta(description="age under which people cannot change their password again (pwdMinAge)")
    ] = Duration(0)
    max_failure: Annotated[
        Number, Meta(description="wrong passwords that lock an account (pwdMaxFailure); 0: it is never locked")
    ] = 0
    lockout: Annotated[bool, Meta(description="lock it then, rather than only count (pwdLockout)")] = True
    lockout_duration: Annotated[
        Duration,
        Meta(description="time for which it is locked (pwdLockoutDuration); 0: until an administrator unlocks it"),
    ] = Duration(0)
    failure_count_interval: Annotated[
        Duration,
        Meta(
            description="time after which a wrong password is forgotten (pwdFailureCountInterval); 0: only a login "
            "makes that"
        ),
    ] = Duration(0)
    max_idle: Annotated[
        Duration, Meta(description="time without a login after which an account is locked (pwdMaxIdle); 0: never")
    ] = Duration(0)
    must_change: Annotated[
        bool, Meta(description="people must change a password that an administrator set (pwdMustChange)")
    ] = False
    allow_user_change: Annotated[bool, Meta(description="people may change their password (pwdAllowUserChange)")] = True
    safe_modify: Annotated[bool, Meta(description="people must give the old password to change it (pwdSafeModify)")] = (
        False
    )
    in_history: Annotated[
        Annotated[int, Meta(ge=0, le=100)],
        Meta(description="number of former passwords that cannot be used again (pwdInHistory)"),
    ] = 0
    check_quality: Annotated[
        Literal[0, 1, 2],
        Meta(
            description="check new passwords (pwdCheckQuality): 1: those that can be checked; 2: refuse hashes, which "
            "cannot be; 0: none"
        ),
    ] = 1
    min_length: Annotated[Number, Meta(description="minimum characters of a new password (pwdMinLength)")] = 0
    max_length: Annotated[Number, Meta(description="maximum characters (pwdMaxLength); 0: no limit")] = 0
    min_delay: Annotated[
        Duration,
        Meta(
            description="real time by which the answer to a wrong password is delayed (pwdMinDelay), doubled each time"
        ),
    ] = Duration(0)
    max_delay: Annotated[Duration, Meta(description="maximum of that delay (pwdMaxDelay)")] = Duration(0)


NO_POLICY = PasswordPolicyOptions()
"""The options by which there is no policy."""


class DirectoryContents(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[directory]"""

    base: Annotated[
        Dn, Meta(min_length=1, description="suffix below which the world's people, groups, hosts and registrars are")
    ] = DN_EXAMPLE
    suffixes: Annotated[
        tuple[Dn, ...], Meta(max_length=100, description="further suffixes, for entries of your own")
    ] = ()
    account: Sequence[Account] = (Account(dn=f"cn=admin,{DN_EXAMPLE}", password="admin-pass"),)  # noqa: S106 - published
    password_policy: PasswordPolicyOptions = NO_POLICY
    ldif: Annotated[str, Meta(description="entries of your own, as LDIF (RFC 2849)")] = ""
    attribute_types: Annotated[tuple[str, ...], Meta(description="attribute types of your own (RFC 4512 4.1.2)")] = ()
    object_classes: Annotated[tuple[str, ...], Meta(description="object classes of your own (RFC 4512 4.1.1)")] = ()

    @property
    def has_policy(self) -> bool:
        """True if passwords have a policy from the beginning."""
        return self.password_policy != NO_POLICY or "pwdpolicy" in self.ldif.lower()
