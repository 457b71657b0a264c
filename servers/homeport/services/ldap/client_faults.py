"""Faults that a client asks for, if `[faults] by_client` is set: by a name with `ou=NAME,ou=fault` in it, or by the
login `uid=fault-NAME`, or `alice+NAME` in SASL.

`ou=busy-51,ou=fault,dc=homeport,dc=test` is the base `dc=homeport,dc=test`, whose search is answered busy: the two
components are left out. NAME is a result (`busy`, `busy-51`, `51`), one of Active Directory's reasons to refuse a login
(`data-775`), a defect of `spoiling.FRAMES`, or a name of `protocol.fault_names.parse_fault_name`.
"""

import re
from typing import Any

import msgspec

from homeport.protocol.fault_names import nearest_fault_name, parse_fault_name
from homeport.protocol.faults import Do, Reply
from homeport.services.ldap.messages import BindRequest, Request, Result, SearchRequest
from homeport.services.ldap.operation import Operation
from homeport.services.ldap.planned import code_of
from homeport.services.ldap.spoiling import FRAMES
from homeport.world.directory.results import Code

IN_NAME = re.compile(r"ou\s*=\s*([\w.-]{1,60})\s*,\s*ou\s*=\s*fault\s*(?:,\s*|$)", re.IGNORECASE | re.ASCII)
LOGIN = re.compile(r"uid\s*=\s*fault-([\w.-]{1,60})\s*(?:,|$)", re.IGNORECASE | re.ASCII)
RESULT = re.compile(r"(?:[A-Za-z]+-)?(\d{1,4})", re.ASCII)
DATA = re.compile(r"data-([0-9a-f]{2,4})", re.IGNORECASE | re.ASCII)
LDAP_ERR = "80090308: LdapErr: DSID-0C09042F, comment: AcceptSecurityContext error, data {}, v2580"
NAMES: dict[type[Request], str] = {SearchRequest: "base", BindRequest: "name"}
"""Fields with the name of a request's entry; that of all others is `dn`."""
OWN_NAMES = ("busy", "busy-51", "data-775", *FRAMES)


def parse_name(name: str) -> Do | None:
    """Parse the name of a fault; None if it is unknown."""
    if name.lower() in FRAMES:
        return msgspec.convert({"frame": name.lower()}, Do)
    if match := DATA.fullmatch(name):
        return Do(reply=Reply(result="invalidCredentials", text=LDAP_ERR.format(match[1].lower())))
    do = parse_fault_name(name)
    if do is not None and do.reply is msgspec.UNSET:
        return do if do.frame is msgspec.UNSET else None
    word = match[1] if (match := RESULT.fullmatch(name)) else name
    return None if code_of(word) is None else Do(reply=Reply(result=word))


def asked_by_name(operation: Operation) -> Result | None:
    """Collect the fault that a request's name asks for, and leave it out of the name; return the result, or None."""
    request = operation.request
    field = NAMES.get(type(request), "dn")
    name = getattr(request, field, None)
    if not isinstance(name, str):
        return None
    if match := IN_NAME.search(name):
        left = (name[: match.start()] + name[match.end() :]).rstrip(", ")
        changed: dict[str, Any] = {field: left}
        operation.request = msgspec.structs.replace(request, **changed)
        return asked(operation, match[1])
    if type(request) is BindRequest and (match := LOGIN.match(name)):
        return asked(operation, match[1])
    return None


def asked(operation: Operation, name: str) -> Result | None:
    """Collect a fault by its name; return the result that replaces that of the operation, or None."""
    do = parse_name(name)
    if do is None:
        text = f"there is no fault {name[:60]!r}; {nearest_fault_name(name, OWN_NAMES)}"
        return Result(Code.UNWILLING_TO_PERFORM, "", text)
    planned: Result | None = operation.dialogue.ask_for_fault(do)
    return planned
