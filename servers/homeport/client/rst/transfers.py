"""epp-19 and 20: transfers of domains, approved and rejected."""

from homeport.client.rst import frames
from homeport.client.rst.course import Course, Session
from homeport.client.rst.domains import is_near, years_later
from homeport.client.rst.link import Answer

WEAK = ("", "secret", "Pa55word", "aaaaaaaaaaaaaaaaaaaaaaaa")
"""authInfo that is not random enough, or empty, which a transfer must not take (RFC 9154 4.1, 4.4)."""


def _transfer(session: Session, op: str, name: str, password: str | None = None, period: str = "") -> Answer:
    inside = frames.element("name", name)
    if period:
        inside += frames.element("period", period, unit="y")
    if password is not None:
        inside += frames.authinfo(password)
    return session.ask(frames.of_object("transfer", "domain", inside, op))


def _set_password(session: Session, name: str, password: str) -> Answer:
    return session.ask(frames.update("domain", "name", name, chg=frames.authinfo(password)))


def _requested(course: Course, losing: Session, gaining: Session) -> tuple[str, str]:
    """Create a domain and request its transfer, as epp-19 does. Return its name and authInfo. Raises: Aborted."""
    name = course.new_domain(losing)
    if losing.offers(frames.SECURE_AUTHINFO):
        for weak in WEAK[1:]:
            answer = _set_password(losing, name, weak)
            course.must_fail(answer, "EPP_TRANSFER_SERVER_ACCEPTS_INSECURE_AUTHINFO", f"{name}: authInfo {weak!r}")
    password = course.secret()
    course.needed(
        _set_password(losing, name, password), f"{name}: strong authInfo", "EPP_TRANSFER_SERVER_REJECTS_SECURE_AUTHINFO"
    )
    for wrong in ("", course.secret()):
        answer = _transfer(gaining, "request", name, wrong)
        code = "EPP_TRANSFER_SERVER_ACCEPTS_INCORRECT_AUTHINFO"
        course.must_fail(answer, code, f"transfer {name} with {'wrong' if wrong else 'empty'} authInfo")
    if course.case == "epp-19":
        answer = _transfer(gaining, "request", name, password, "10")
        course.must_fail(answer, "EPP_TRANSFER_SERVER_ACCEPTS_INVALID_PERIOD", f"transfer {name} by 10 years")
    answer = _transfer(gaining, "request", name, password, "1")
    course.needed(answer, f"transfer {name}", "EPP_DOMAIN_TRANSFER_REQUEST_FAILED")

    def is_pending() -> bool:
        return "pendingTransfer" in losing.info("domain", name).attributes("status", "s")

    if not course.within_patience(is_pending):
        code = "EPP_TRANSFER_INFO_RESPONSE_MISSING_OR_INVALID_STATUS_CODE"
        course.issue(code, f"{name} has no pendingTransfer after its request")
    return name, password


def approved(course: Course) -> None:
    """epp-19"""
    losing, gaining = course.session(1), course.session(2)
    name, password = _requested(course, losing, gaining)
    expiry = losing.info("domain", name).time("exDate")
    code = "EPP_TRANSFER_NOT_PROCESSED"
    course.needed(_transfer(losing, "approve", name), f"approve the transfer of {name}", code)

    def is_transferred() -> bool:
        return gaining.info("domain", name).text("clID") == gaining.who.id

    if not course.within_patience(is_transferred):
        course.issue(code, f"{name} is not the gaining registrar's")
        return
    answer = gaining.info("domain", name)
    if "pendingTransfer" in answer.attributes("status", "s"):
        code = "EPP_TRANSFER_INFO_RESPONSE_MISSING_OR_INVALID_STATUS_CODE"
        course.issue(code, f"{name} still has pendingTransfer")
    if "transferPeriod" not in answer.attributes("rgpStatus", "s"):
        shown = ", ".join(answer.attributes("rgpStatus", "s")) or "no rgpStatus"
        course.issue("EPP_TRANSFER_INFO_RESPONSE_MISSING_OR_INVALID_RGP_STATUS", f"{name} has {shown}")
    if expiry is not None and not is_near(answer.time("exDate"), years_later(expiry, 1)):
        code = "EPP_TRANSFER_INFO_RESPONSE_UNEXPECTED_EXPIRY_DATE"
        course.issue(code, f"{name}: {expiry} and a year are not {answer.text('exDate')}")
    if gaining.offers(frames.SECURE_AUTHINFO):
        again = losing.info("domain", name, password)
        if answer.text("pw") == password or again.text("pw") == password:
            course.issue("EPP_TRANSFER_INFO_RESPONSE_AUTHINFO_NOT_RESET", f"{name} still has its authInfo")


def rejected(course: Course) -> None:
    """epp-20"""
    losing, gaining = course.session(1), course.session(2)
    name, _password = _requested(course, losing, gaining)
    code = "EPP_TRANSFER_SERVER_PROCESSED_REJECTED_TRANSFER"
    course.needed(_transfer(losing, "reject", name), f"reject the transfer of {name}", code)
    answer = losing.info("domain", name)
    if answer.text("clID") != losing.who.id:
        course.issue(code, f"{name} went to {answer.text('clID')}")
    if "pendingTransfer" in answer.attributes("status", "s"):
        status = "EPP_TRANSFER_INFO_RESPONSE_MISSING_OR_INVALID_STATUS_CODE"
        course.issue(status, f"{name} still has pendingTransfer after its rejection")
