"""Errors as Active Directory words them: an error of the operating system in hexadecimal, then where it was raised.

Every text ends with a NUL, as there. Some results have another code there than the RFCs give them.
"""

from typing import TYPE_CHECKING

from homeport.services.ldap.messages import BindRequest, ExtendedRequest, ModifyRequest
from homeport.services.ldap.personas.active_directory.accounts import refused_login
from homeport.services.ldap.personas.behaviour import WordedError, reason_of
from homeport.world.directory.results import Code, DirectoryError

if TYPE_CHECKING:
    from homeport.services.ldap.operation import Operation

VERSION = "v4563"
NO_LOGIN = (
    "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be completed "
    f"on the connection., data 0, {VERSION}"
)
TEXTS: dict[int, str] = {
    Code.OPERATIONS_ERROR: NO_LOGIN,
    Code.PROTOCOL_ERROR: f"0000203D: LdapErr: DSID-0C090E2C, comment: Unknown extended request OID, data 0, {VERSION}",
    Code.STRONGER_AUTH_REQUIRED: NO_LOGIN,
    Code.UNAVAILABLE_CRITICAL_EXTENSION: (
        f"00000057: LdapErr: DSID-0C090AA5, comment: Error processing control, data 0, {VERSION}"
    ),
    Code.NO_SUCH_ATTRIBUTE: (
        f"00000057: LdapErr: DSID-0C090D8A, comment: Error in attribute conversion operation, data 0, {VERSION}"
    ),
    Code.CONSTRAINT_VIOLATION: "0000052D: AtrErr: DSID-03190FB4, #1:\n\t0: problem 1005 (CONSTRAINT_ATT_TYPE)",
    Code.ATTRIBUTE_OR_VALUE_EXISTS: "00002083: AtrErr: DSID-03151785, #1:\n\t0: problem 1006 (ATT_OR_VALUE_EXISTS)",
    Code.INVALID_ATTRIBUTE_SYNTAX: "00000057: AtrErr: DSID-03190F4F, #1:\n\t0: problem 1007 (BAD_ATT_SYNTAX)",
    Code.INSUFFICIENT_ACCESS_RIGHTS: ("00000005: SecErr: DSID-03152612, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0\n"),
    Code.UNWILLING_TO_PERFORM: "0000001F: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0\n",
    Code.NAMING_VIOLATION: "00002099: NameErr: DSID-03050FCC, problem 2005 (NAMING_VIOLATION), data 0\n",
    Code.OBJECT_CLASS_VIOLATION: "0000207D: UpdErr: DSID-0315166D, problem 6002 (OBJ_CLASS_VIOLATION), data 0\n",
    Code.NOT_ALLOWED_ON_NON_LEAF: "00002015: UpdErr: DSID-031A11F8, problem 6003 (CANT_ON_NON_LEAF), data 0\n",
    Code.NOT_ALLOWED_ON_RDN: "00002016: UpdErr: DSID-031A11F8, problem 6004 (CANT_ON_RDN), data 0\n",
    Code.ENTRY_ALREADY_EXISTS: "00002071: UpdErr: DSID-031A11F8, problem 6005 (ENTRY_EXISTS), data 0\n",
    Code.AFFECTS_MULTIPLE_DSAS: "000020DC: UpdErr: DSID-031A11F8, problem 6008 (CROSSES_DSA), data 0\n",
}
NO_OBJECT = "0000208D: NameErr: DSID-0310028B, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'{matched}'\n"
BAD_NAME = "0000208F: NameErr: DSID-03100225, problem 2006 (BAD_NAME), data 8350, best match of:\n\t'{matched}'\n"
IS_MEMBER = "00000562: UpdErr: DSID-031A11FA, problem 6005 (ENTRY_EXISTS), data 0\n"
IS_NO_MEMBER = "00000561: SvcErr: DSID-031A120F, problem 5003 (WILL_NOT_PERFORM), data 0\n"


def raised(code: Code, text: str) -> DirectoryError:
    """Return an error with its text as Active Directory has it."""
    return WordedError(code, f"{text}\0")


def worded(operation: "Operation", error: DirectoryError) -> DirectoryError:
    """Return an error as Active Directory answers it."""
    if isinstance(error, WordedError) or error.code == Code.REFERRAL:
        return error
    request = operation.request
    if type(request) is BindRequest and error.code == Code.INVALID_CREDENTIALS:
        return refused_login(reason_of(error))
    code = error.code
    if type(request) is ModifyRequest and {one.type.lower() for one in request.changes} == {"member"}:
        if code == Code.ATTRIBUTE_OR_VALUE_EXISTS:
            return raised(Code.ENTRY_ALREADY_EXISTS, IS_MEMBER)
        if code == Code.NO_SUCH_ATTRIBUTE:
            return raised(Code.UNWILLING_TO_PERFORM, IS_NO_MEMBER)
    if code == Code.UNDEFINED_ATTRIBUTE_TYPE:
        code = Code.NO_SUCH_ATTRIBUTE
    if code == Code.STRONGER_AUTH_REQUIRED:
        code = Code.OPERATIONS_ERROR
    if code == Code.OPERATIONS_ERROR and type(request) in (BindRequest, ExtendedRequest):
        return raised(code, error.text)  # StartTLS and SASL at the wrong time
    named = {Code.NO_SUCH_OBJECT: NO_OBJECT, Code.INVALID_DN_SYNTAX: BAD_NAME}.get(code)
    text = TEXTS.get(code, error.text) if named is None else named.format(matched=error.matched)
    made = raised(code, text)
    made.matched, made.referrals = error.matched, error.referrals
    return made
