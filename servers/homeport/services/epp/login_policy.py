"""Options of the security of logins (RFC 8807): [epp.login_security]."""

from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration

DAY = 86_400


class LoginPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "Policy of logins, whose events clients with loginSec-1.0 get (RFC 8807)."

    password_life: Annotated[
        Duration, Meta(description="life of a password from its change at a login; 0: it does not expire")
    ] = Duration(0)
    password_warning: Annotated[Duration, Meta(description="a password that expires within this time is an event")] = (
        Duration(7 * DAY)
    )
    certificate_warning: Annotated[
        Duration, Meta(description="a client certificate that expires within this time is an event")
    ] = Duration(14 * DAY)
    password_length: Annotated[int, Meta(ge=6, le=256, description="minimum length of a new password")] = 6
    complex_password: Annotated[
        bool, Meta(description="a new password has a letter, a digit and another character")
    ] = False
    failed_logins: Annotated[
        int, Meta(ge=0, description="failed logins of a registrar within a day that are an event; 0: none are")
    ] = 10
    weak_tls: Annotated[
        tuple[str, ...],
        Meta(description="TLS versions and ciphers that are an event, such as TLSv1.2; names as in the journal"),
    ] = ()
