"""epp-01 to 03 and 17: service ports and TLS, the greeting, logins, the same answers on all ports."""

import re
import socket
import ssl
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec

from homeport.client.rst import frames
from homeport.client.rst.certificates import strange_certificate
from homeport.client.rst.course import Aborted, Course, Session
from homeport.client.rst.link import Answer, Link, LinkError, context_for, resolved
from homeport.client.rst.parameters import Credentials

SVDATE_SECONDS = 30
URN = frames.URN
OBJECTS = {f"{URN}:{name}-1.0" for name in ("domain", "host", "contact")}
REGISTERED_OBJECTS = OBJECTS | {f"{URN}:epp:organization-1.0", f"{URN}:org-1.0", f"{URN}:epp:org-1.0",
                                f"{URN}:epp:maintenance-1.0", f"{URN}:maintenance-1.0", f"{URN}:email-forward-1.0",
                                "http://www.verisign.com/epp/registry-1.0", "http://www.verisign.com/epp/jobsContact-1.0",
                                "http://www.verisign-grs.com/epp/suggestion-1.1"}  # fmt: skip
"""Object namespaces of IANA's registry of EPP extensions."""
MANDATORY = (frames.SECDNS, frames.RGP)
LAUNCH = f"{URN}:launch-1.0"
RECOMMENDED = (frames.SECURE_AUTHINFO, f"{URN}:epp:unhandled-namespaces-1.0", frames.LOGIN_SECURITY,
               f"{URN}:changePoll-1.0")  # fmt: skip
REGISTERED_EXTENSIONS = {
    *MANDATORY, LAUNCH, *RECOMMENDED,
    *(f"{URN}:{name}" for name in (
        "allocationToken-1.0", "orgext-1.0", "epp:orgext-1.0", "epp:fee-1.0", "epp:b-dn-1.0", "epp:bundling-1.0",
        "epp:ttl-1.0", "epp:maintenance-1.0", "epp:eai-1.0", "epp:additional-email-1.0", "epp:addlEmail-1.0",
        "epp:fxreg-1.0", "epp:simple-registry-1.0", "epp:validate-0.2", "verificationCode-1.0", "coa-1.0",
        "idn-1.0", "e164epp-1.0", "e164val-1.0", "keyrelay-1.0", "eppRep-1.0", "epp:variant-1.0", "variant-1.1",
    )),
}  # fmt: skip
"""Extension namespaces of IANA's registry of EPP extensions; vendors' are known by their prefixes."""
VENDORS = ("http://www.verisign", "http://ns.", "http://xmlns.", "http://www.")
LANGUAGE = r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"


def connectivity(course: Course) -> None:
    """epp-01"""
    given = course.parameters
    if not given.addresses:
        if not resolved(given.host, given.port, socket.AF_INET):
            course.issue("EPP_MISSING_A_RECORDS", f"{given.host} has no IPv4 address")
        if not resolved(given.host, given.port, socket.AF_INET6):
            course.issue("EPP_MISSING_AAAA_RECORDS", f"{given.host} has no IPv6 address")
    else:
        if all(":" in one for one in given.addresses):
            course.issue("EPP_MISSING_A_RECORDS", "no IPv4 address is given")
        if not any(":" in one for one in given.addresses):
            course.issue("EPP_MISSING_AAAA_RECORDS", "no IPv6 address is given")
    reached = [address for address in course.addresses() if _usable(course, address)]
    if not reached:
        course.issue("EPP_NO_SERVICE_PORTS_REACHABLE", "no address can be used")


def _usable(course: Course, address: str) -> bool:
    """Check TLS at one address. Return whether it accepts connections."""
    place = (address, course.parameters.port)
    try:
        socket.create_connection(place, timeout=10).close()
    except OSError as error:
        course.issue("EPP_SERVICE_PORT_UNREACHABLE", f"{address}: {error}")
        return False
    context = course.context(None)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        link = Link(place, course.parameters.host, context)
    except LinkError as error:
        course.issue(_tls_code(error), f"{address}: {error}")
    else:
        cipher = link.tls[1]
        if not (cipher.startswith("TLS_") or ("ECDHE" in cipher and "GCM" in cipher) or "CHACHA20" in cipher):
            course.issue("EPP_TLS_BAD_CIPHER", f"{address}: {cipher} is not one of RFC 9325 4.2")
        link.close()
    if old := _old_version(place):
        course.issue("EPP_TLS_FORBIDDEN_PROTOCOL_SUPPORTED", f"{address}: {old} is accepted")
    return True


def _tls_code(error: LinkError) -> str:
    words = str(error).lower()
    for sign, code in (
        ("expired", "EPP_TLS_EXPIRED_CERTIFICATE"),
        ("hostname mismatch", "EPP_TLS_CERTIFICATE_HOSTNAME_MISMATCH"),
        ("unable to get local issuer", "EPP_TLS_CERTIFICATE_CHAIN_MISSING"),
        ("certificate verify failed", "EPP_TLS_UNTRUSTED_CERTIFICATE"),
        ("version", "EPP_TLS_REQUIRED_PROTOCOL_NOT_SUPPORTED"),
    ):
        if sign in words:
            return code
    return "EPP_TLS_CONNECTION_ERROR"


def _old_version(place: tuple[str, int]) -> str:
    """Return the version of TLS below 1.2 that a server accepts; empty if it accepts none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    try:
        with (
            socket.create_connection(place, timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=None) as connection,
        ):
            return connection.version() or "an old version"
    except OSError:
        return ""


def greeting(course: Course) -> None:
    """epp-02"""
    for address in course.addresses():
        try:
            link = course.connect(address)
        except Aborted:
            continue
        _greeting(course, address, link.greeting)


def _greeting(course: Course, address: str, answer: Answer) -> None:
    if not answer.all("greeting"):
        course.issue("EPP_NO_GREETING_RECEIVED", f"{address}: the first frame is no greeting")
        return
    name = answer.text("svID")
    if not name or (course.parameters.server_id and name != course.parameters.server_id):
        course.issue("EPP_GREETING_SVID_INVALID", f"{address}: svID is {name!r}")
    date = answer.time("svDate")
    if date is None or date.tzinfo is None or abs(datetime.now(UTC) - date) > timedelta(seconds=SVDATE_SECONDS):
        course.issue("EPP_GREETING_SVDATE_INVALID", f"{address}: svDate is {answer.text('svDate')!r}")
    if answer.texts("version") != ["1.0"]:
        course.issue("EPP_GREETING_VERSION_INVALID", f"{address}: version is {answer.texts('version')}")
    languages = answer.texts("lang")
    if not all(re.fullmatch(LANGUAGE, one) for one in languages):
        course.issue("EPP_GREETING_INVALID_LANG", f"{address}: lang is {languages}")
    if "en" not in languages:
        course.issue("EPP_GREETING_MISSING_EN_LANG", f"{address}: lang is {languages}")
    _namespaces(course, address, answer)


def _namespaces(course: Course, address: str, answer: Answer) -> None:
    given = course.parameters
    objects, extensions = answer.texts("objURI"), answer.texts("extURI")
    needed = {"domain": True, "host": given.host_model == "objects", "contact": given.data_model == "maximum"}
    for name, is_needed in needed.items():
        if is_needed and f"{URN}:{name}-1.0" not in objects:
            course.issue("EPP_GREETING_MISSING_OBJURI", f"{address}: {URN}:{name}-1.0 is not announced")
    for uri in objects:
        if uri not in REGISTERED_OBJECTS and uri not in given.namespaces:
            course.issue("EPP_GREETING_UNEXPECTED_OBJURI", f"{address}: {uri} is not in IANA's registry")
    for uri in extensions:
        if uri not in REGISTERED_EXTENSIONS and uri not in given.namespaces and not uri.startswith(VENDORS):
            course.issue("EPP_GREETING_UNEXPECTED_EXTURI", f"{address}: {uri} is not in IANA's registry")
    for uri in MANDATORY if given.rsp_change else (*MANDATORY, LAUNCH):
        if uri not in extensions:
            course.issue("EPP_GREETING_MISSING_EXTURI", f"{address}: {uri} is not announced")
    for uri in RECOMMENDED:
        if uri not in extensions:
            course.issue("EPP_GREETING_RECOMMENDED_EXTENSION_MISSING", f"{address}: {uri} is not announced")


def authentication(course: Course) -> None:
    """epp-03"""
    right, other = course.registrar(1), course.registrar(2)
    unknown = msgspec.structs.replace(right, id=f"rst{course.letters(8)}")
    wrong_password = msgspec.structs.replace(right, password=course.secret()[:16])
    cases: list[tuple[str, Credentials, Credentials | None]] = [
        ("an unknown clID", unknown, right),
        ("a wrong password", wrong_password, right),
    ]
    if right.certificate:
        cases.append(("another registrar's certificate", right, other))
        cases.append(("no certificate", right, None))
    for about, who, certificate in cases:
        _refused(course, about, who, lambda certificate=certificate: course.context(certificate))  # type: ignore[misc]
    if right.certificate:
        with strange_certificate() as file:
            context = context_for(course.parameters.authority, (file, file))
            _refused(course, "an unknown certificate", right, lambda: context)
    link = course.connect(context=course.context(right))
    answer = course.log_in(link, right)
    if answer.code != 1000:
        course.issue("EPP_LOGIN_UNEXPECTEDLY_FAILED", f"{right.id}: {answer.reason}")


def _refused(course: Course, about: str, who: Credentials, context: Callable[[], ssl.SSLContext]) -> None:
    """Check that a login fails, by its answer or already in the handshake."""
    before = list(course.issues)
    try:
        link = course.connect(context=context())
        answer = course.log_in(link, who)
    except Aborted:
        course.issues[:] = before  # a refused handshake is a refusal, too
        return
    if answer.done:
        course.issue("EPP_LOGIN_UNEXPECTEDLY_SUCCEEDED", f"with {about}")


def consistency(course: Course) -> None:
    """epp-17"""
    sessions = [course.session(1, address) for address in course.addresses()]
    first = sessions[0]
    name = course.new_domain(first)
    asked = [("domain", name)]
    if course.parameters.data_model == "maximum":
        asked.append(("contact", course.contact(first)))
    if course.parameters.host_model == "objects":
        asked.append(("host", course.servers(first)[0]))
    for kind, one in asked:
        _same(course, kind, one, sessions)


def _same(course: Course, kind: str, name: str, sessions: list[Session]) -> None:
    answers = [session.info(kind, name) for session in sessions]
    for address, answer in zip(course.addresses(), answers, strict=True):
        if answer.code != 1000:
            course.issue("EPP_SERVICE_PORT_NOT_CONSISTENT", f"{address}: info of {name}: {answer.reason}")
    if any(one.element("infData") != other.element("infData") for one, other in pairwise(answers)):
        course.issue("EPP_SERVICE_PORT_NOT_CONSISTENT", f"info of {kind} {name} differs between addresses")
