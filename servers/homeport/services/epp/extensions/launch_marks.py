"""Validate the marks, codes and claims notices of a create in a launch phase (RFC 8334 2.6, 3.3)."""

from typing import TYPE_CHECKING, Any, NamedTuple

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.grammar import launch
from homeport.services.epp.results import Code
from homeport.world.registry.launch import Window
from homeport.world.registry.marks.claims import notice_problem
from homeport.world.registry.marks.records import VALIDATOR, Mark
from homeport.world.registry.record_indexes import marks_for

if TYPE_CHECKING:
    from homeport.services.epp.grammar.smd import EncodedSignedMark

MARKS_KEPT = 8
"""Maximum number of marks of one create."""


class Shown(NamedTuple):
    """The marks that a create has shown."""

    ids: tuple[str, ...] = ()
    """Of the marks of the trademark authority among them."""
    marks: tuple[str, ...] = ()
    """As XML, for info."""


def marks_of(request: Request[Any], window: Window, given: launch.Create, label: str) -> Shown:
    """Return the marks of a create, each checked. Raises: EppError 2003, 2005, 2306."""
    wanted = window.phase.mark_needed
    if not (given.code_mark or given.signed_mark or given.encoded_signed_mark):
        if wanted == "none":
            return Shown()
        kind = "signed mark (signedMark or encodedSignedMark)" if wanted == "signed" else "mark or code"
        raise _refused(Code.MISSING_PARAMETER, f"a create in {window.phase} has a {kind}")
    count = len(given.code_mark) + len(given.signed_mark) + len(given.encoded_signed_mark)
    if count > MARKS_KEPT:
        raise _refused(Code.PARAMETER_POLICY, f"a create has at most {MARKS_KEPT} marks here")
    if given.code_mark:
        if wanted == "signed":
            raise _refused(Code.PARAMETER_POLICY, f"{window.phase} takes signed marks, no codeMark")
        return _by_codes(request, given, label)
    return _signed(request, given, label)


def _signed(request: Request[Any], given: launch.Create, label: str) -> Shown:
    from homeport.world.registry.marks import signing  # imported late: cryptography loads slowly

    registry = request.registry
    authority = registry.mark_signers.get("authority")
    ids, marks = [], []
    given_marks: list[str | EncodedSignedMark] = [*given.signed_mark, *given.encoded_signed_mark]
    for one in given_marks:
        try:
            octets = one.encode() if isinstance(one, str) else signing.decoded(one.value)
            verified = signing.verify(octets, authority)
        except signing.BadMarkError as bad:
            code = Code.VALUE_SYNTAX if bad.unreadable else Code.PARAMETER_POLICY
            raise _refused(code, f"the signed mark is not accepted: {bad}") from None
        mark = registry.marks.get(verified.id)
        if mark is None or mark.revoked or mark.fault == "revoked":
            raise _refused(Code.PARAMETER_POLICY, f"the signed mark {verified.id} is revoked")
        _check_dates(mark, request.now)
        if label not in verified.labels:
            raise _refused(Code.PARAMETER_POLICY, f"the mark is for {', '.join(sorted(verified.labels))}, not {label}")
        ids.append(verified.id)
        marks.append(verified.mark)
    return Shown(tuple(ids), tuple(marks))


def _check_dates(mark: Mark, now: float) -> None:
    if now < mark.not_before:
        raise _refused(Code.PARAMETER_POLICY, f"the signed mark {mark.id} is not valid yet (notBefore)")
    if mark.not_after <= now:
        raise _refused(Code.PARAMETER_POLICY, f"the signed mark {mark.id} has expired (notAfter)")


def _by_codes(request: Request[Any], given: launch.Create, label: str) -> Shown:
    """Return marks that come as codes of the authority, or not signed (RFC 8334 2.6.1)."""
    registry = request.registry
    ids, marks = [], []
    for one in given.code_mark:
        if one.code is not None:
            id_ = next(iter(registry.records.marks_of_code.of(one.code.value)), "")
            mark = registry.marks.get(id_)
            if mark is None or not mark.is_for(label) or one.code.validator_id not in (None, VALIDATOR):
                raise _refused(
                    Code.PARAMETER_POLICY, f"{one.code.value} is no code of the trademark authority for {label}"
                )
            ids.append(mark.id)
        if one.mark is not None:
            if label not in mark_labels(one.mark):
                raise _refused(Code.PARAMETER_POLICY, f"the mark is not for {label}")
            marks.append(one.mark)
        if one.code is None and one.mark is None:
            raise _refused(Code.MISSING_PARAMETER, "codeMark has a code, a mark, or both")
    return Shown(tuple(ids), tuple(marks))


def mark_labels(xml: str) -> frozenset[str]:
    """Return the labels of a mark that was read."""
    from lxml import etree

    ns = "{urn:ietf:params:xml:ns:mark-1.0}"
    return frozenset((one.text or "").strip().lower() for one in etree.fromstring(xml).iter(f"{ns}label"))


def notice_of(request: Request[Any], given: launch.Create | None, label: str) -> str:
    """Return the accepted notice of a name that matches a mark; empty if it matches none.

    Raises: EppError 2003 without a notice, 2306 for one that is not valid.
    """
    if not marks_for(request.registry, label):
        return ""
    if given is None or not given.notice:
        raise EppError(
            Code.MISSING_PARAMETER,
            "RFC 8334 3.3.2: this name matches a mark: ask with launch:check for its claims key, show the registrant "
            "the notice, and send launch:notice",
            finding="claims-notice",
        )
    notice = given.notice[0]
    problem = notice_problem(notice.notice_id.value, label, notice.not_after, notice.accepted_date, request.now)
    if not problem and notice.notice_id.validator_id not in (None, VALIDATOR):
        problem = f"validatorID: the notices here are those of {VALIDATOR}"
    if problem:
        raise EppError(
            Code.PARAMETER_POLICY,
            f"RFC 8334 3.3.2: {problem}",
            value=Value("noticeID", notice.notice_id.value, launch.NAMESPACE),
            finding="claims-notice",
        )
    return notice.notice_id.value


def _refused(code: Code, why: str) -> EppError:
    return EppError(code, f"RFC 8334 2.6: {why}", finding="launch-mark")
