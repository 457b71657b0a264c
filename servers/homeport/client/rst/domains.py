"""epp-04, 14, 15, 18 and 21: check, create, renew and delete of domains; links between objects."""

import re
from datetime import datetime, timedelta

from homeport.client.rst import frames
from homeport.client.rst.contacts import OBJECT_DOES_NOT_EXIST, availability
from homeport.client.rst.course import PREFIX, Course, Session, Skipped
from homeport.client.rst.link import Answer
from homeport.client.rst.tables import Row

ROID = re.compile(r"(\w|_){1,80}-(?P<repository>\w{1,8})")
SPECIFIC = ("dsData", "keyData")
DAY = timedelta(days=1)


def check(course: Course) -> None:
    """epp-04"""
    session = course.session()
    code = "EPP_DOMAIN_CHECK_{}_DOMAIN_INCORRECT_AVAIL"
    for tld in course.parameters.tlds:
        for invalid in ("!", "-rst", "rst-", course.letters(64), "rst_1"):
            availability(course, session, "domain", f"{invalid}.{tld}", code.format("INVALID"), wanted=False)
        availability(course, session, "domain", course.new_name(tld), code.format("VALID"), wanted=True)
    for registered in course.parameters.registered_names:
        availability(course, session, "domain", registered, code.format("REGISTERED"), wanted=False)


def create(course: Course) -> None:
    """epp-14"""
    for number in (1, 2):
        session = course.session(number)
        _vectors(course, session)
    session = course.session(1)
    _models(course, session)
    if session.offers(frames.SECURE_AUTHINFO):
        name = course.new_name()
        answer = session.ask(course.domain_create(session, name, password=course.secret()))
        course.must_fail(
            answer, "EPP_DOMAIN_CREATE_SERVER_ACCEPTS_AUTHINFO", f"create {name} with a password (RFC 9154)"
        )


def _vectors(course: Course, session: Session) -> None:
    given = course.parameters
    for tld in given.tlds:
        for row in course.rows("epp-14-data", TLD=tld):
            interface = row["secDNSInterface"]
            if interface in SPECIFIC:
                if interface != given.secdns:
                    continue
                ns = course.name_servers(*course.servers(session))  # so that only the DNSSEC data is wrong
            elif row["hostModel"] not in ("either", given.host_model):
                continue
            else:
                ns = _name_servers(course, session, row)
            if row["dataModel"] not in ("any", given.data_model):
                continue
            command = course.domain_create(
                session, row["name"], period=(row["period"], row["periodUnit"]), ns=ns, registrant=_registrant(row)
            )
            security = frames.secdns("create", frames.signer(row, given.secdns))
            answer = session.ask(command, security)
            about = f"create {row['name']} for {row['period']}{row['periodUnit']}, {_given(row)}"
            if course.judge(row, answer, about):
                _shown(course, session, row)


def _given(row: Row) -> str:
    columns = SPECIFIC_COLUMNS.get(row["secDNSInterface"], ("registrant", "ns1", "ns1ipv4", "ns1ipv6"))
    return ", ".join(f"{column} {row[column]!r}" for column in columns)


SPECIFIC_COLUMNS = {
    "dsData": ("keyTag", "dsDataAlg", "digestType", "digest"),
    "keyData": ("flags", "protocol", "keyDataAlg", "pubKey"),
}


def _registrant(row: Row) -> str | None:
    """Return `<registrant>` of a vector; None for a valid one, as the model wants."""
    return None if row["registrant"].isdigit() else frames.element("registrant", row["registrant"])


def _name_servers(course: Course, session: Session, row: Row) -> str:
    if course.parameters.host_model == "objects":
        return course.name_servers(*course.servers(session))
    found = []
    for server in ("ns1", "ns2"):
        glue = [(family, row[server + kind]) for family, kind in (("v4", "ipv4"), ("v6", "ipv6")) if row[server + kind]]
        if row[server]:
            found.append(frames.host_attribute(row[server], glue))
    return "".join(found)


def _shown(course: Course, session: Session, row: Row) -> None:
    answer = session.info("domain", row["name"])
    code = "EPP_DOMAIN_CREATE_INFO_RESPONSE_MISSING_OBJECT_PROPERTIES"
    if answer.code != 1000:
        course.issue(code, f"info {row['name']}: {answer.reason}")
        return
    roid = ROID.fullmatch(answer.text("roid"))
    if roid is None or (course.parameters.repositories and roid["repository"] not in course.parameters.repositories):
        course.issue("EPP_DOMAIN_CREATE_INFO_RESPONSE_INVALID_ROID", f"info {row['name']}: {answer.text('roid')!r}")
    for name in ("crDate", "exDate"):
        if answer.time(name) is None:
            course.issue(code, f"info {row['name']}: {name} is {answer.text(name)!r}")
    for name in ("crID", "clID"):
        if answer.text(name) != session.who.id:
            course.issue(code, f"info {row['name']}: {name} is {answer.text(name)!r}, not {session.who.id!r}")
    interface = course.parameters.secdns
    if signers(answer, interface) != [signer_of(row, interface)]:
        course.issue(code, f"info {row['name']}: {interface} is {signers(answer, interface)}")


def signer_of(row: Row, interface: str) -> tuple[str, ...]:
    """Return the values of DNSSEC data in a vector, as they are compared."""
    return tuple("".join(row[column].split()).upper() for column in SPECIFIC_COLUMNS[interface])


def signers(answer: Answer, interface: str) -> list[tuple[str, ...]]:
    """Return the values of the DNSSEC data in an answer, as they are compared."""
    names = (
        ("keyTag", "alg", "digestType", "digest") if interface == "dsData" else ("flags", "protocol", "alg", "pubKey")
    )
    found = []
    for one in answer.all(interface):
        texts = {child.tag.rpartition("}")[2]: child.text or "" for child in one}
        found.append(tuple("".join(texts.get(name, "").split()).upper() for name in names))
    return found


def _models(course: Course, session: Session) -> None:
    """Check that the other host model and the other data model are refused, and that objects must exist."""
    given = course.parameters
    name = course.new_name()
    if given.host_model == "objects":
        other = frames.host_attribute(f"ns1.epp-14.rst.{course.letters(8)}.icann", ())
        code = "EPP_DOMAIN_CREATE_SERVER_INCORRECTLY_ACCEPTS_HOST_ATTRIBUTES"
        missing = frames.element("hostObj", f"ns9.{course.letters(18)}.icann")
        answer = session.ask(course.domain_create(session, name, ns=missing))
        course.must_fail(answer, "EPP_DOMAIN_CREATE_SERVER_ACCEPTS_NON_EXISTENT_HOST_OBJECT", f"create {name}")
        answer = session.ask(course.domain_create(session, name, ns=frames.element("hostObj", "!.rst.icann")))
        course.must_fail(answer, "EPP_DOMAIN_CREATE_SERVER_ACCEPTS_INVALID_HOST_OBJECT", f"create {name}")
    else:
        other = frames.element("hostObj", f"ns1.epp-14.rst.{course.letters(8)}.icann")
        code = "EPP_DOMAIN_CREATE_SERVER_INCORRECTLY_ACCEPTS_HOST_OBJECTS"
    answer = session.ask(course.domain_create(session, name, ns=other))
    course.must_fail(answer, code, f"create {name} with name servers of the other model")
    if given.data_model == "maximum":
        create_without = course.domain_create(session, name).replace(
            frames.element("registrant", course.contact(session)), ""
        )
        code = "EPP_DOMAIN_CREATE_SERVER_ACCEPTS_NO_REGISTRANT_FOR_THICK_REGISTRY"
        course.must_fail(session.ask(create_without), code, f"create {name} without a registrant")
    else:
        create_with = course.domain_create(session, name, registrant=frames.element("registrant", f"{PREFIX}reg"))
        code = "EPP_DOMAIN_CREATE_SERVER_ACCEPTS_REGISTRANT_FOR_THIN_REGISTRY"
        course.must_fail(session.ask(create_with), code, f"create {name} with a registrant")


def integrity(course: Course) -> None:
    """epp-15"""
    given = course.parameters
    if given.host_model == "attributes" and given.data_model == "minimum":
        raise Skipped("the registry has neither hosts nor contacts")
    session = course.session()
    name = course.new_domain(session)
    begin = "EPP_INTEGRITY_SERVER_ACCEPTS_DELETE_FOR_LINKED"
    if given.data_model == "maximum":
        answer = session.delete("contact", course.contact(session))
        course.must_fail(answer, f"{begin}_CONTACT_OBJECT", f"delete a contact of {name}")
    if given.host_model == "objects":
        answer = session.delete("host", course.servers(session)[0])
        course.must_fail(answer, f"{begin}_HOST_OBJECT", f"delete a name server of {name}")


def years_later(moment: datetime, years: int) -> datetime:
    """Return the same day some years later; of February 29 the day before or after is as good."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)


def is_near(found: datetime | None, wanted: datetime) -> bool:
    """True if a date is the one wanted, within a day."""
    return found is not None and abs(found - wanted) <= DAY


def renew(course: Course) -> None:
    """epp-18"""
    session = course.session()
    name = course.new_domain(session)
    for years in (1, 2):
        expiry = session.info("domain", name).time("exDate")
        if expiry is None:
            course.issue("EPP_RENEW_INFO_RESPONSE_UNEXPECTED_EXPIRY_DATE", f"info {name} has no exDate")
            return
        course.needed(_renew(session, name, expiry.date().isoformat(), str(years)), f"renew {name}")
        answer = session.info("domain", name)
        if not is_near(answer.time("exDate"), years_later(expiry, years)):
            course.issue(
                "EPP_RENEW_INFO_RESPONSE_UNEXPECTED_EXPIRY_DATE",
                f"{name}: {expiry} and {years} years are not {answer.text('exDate')}",
            )
        if "renewPeriod" not in answer.attributes("rgpStatus", "s"):
            shown = ", ".join(answer.attributes("rgpStatus", "s"))
            course.issue("EPP_RENEW_INFO_RESPONSE_MISSING_OR_INVALID_RGP_STATUS", f"{name}: {shown or 'no rgpStatus'}")
    expiry = session.info("domain", name).time("exDate")
    day = expiry.date() if expiry is not None else datetime.now().astimezone().date()
    for period, unit in (("10", "y"), ("99", "y"), ("0", "y"), ("-1", "y"), ("1.5", "y"), ("1", "x")):
        answer = _renew(session, name, day.isoformat(), period, unit)
        course.must_fail(answer, "EPP_RENEW_SERVER_ACCEPTS_INVALID_PERIOD", f"renew {name} by {period}{unit}")
    wrong = (day + timedelta(days=3)).isoformat()
    answer = _renew(session, name, wrong, "1")
    course.must_fail(answer, "EPP_RENEW_SERVER_ACCEPTS_INVALID_CURRENT_EXPIRY_DATE", f"renew {name} from {wrong}")


def _renew(session: Session, name: str, day: str, period: str, unit: str = "y") -> Answer:
    inside = (
        frames.element("name", name) + frames.element("curExpDate", day) + frames.element("period", period, unit=unit)
    )
    return session.ask(frames.of_object("renew", "domain", inside))


def delete(course: Course) -> None:
    """epp-21"""
    session = course.session()
    name = course.new_domain(session)
    answer = course.needed(
        session.delete("domain", name), f"delete {name}", "EPP_DOMAIN_DELETE_INFO_RESPONSE_OBJECT_STILL_EXISTS"
    )
    shown = session.info("domain", name)
    gone = shown.code == OBJECT_DOES_NOT_EXIST
    if answer.code == 1001:
        if not gone and "pendingDelete" not in shown.attributes("status", "s"):
            course.issue("EPP_DOMAIN_DELETE_INFO_RESPONSE_OBJECT_NOT_PENDING_DELETE", f"info {name}: {shown.reason}")
        return
    if not gone:
        course.issue("EPP_DOMAIN_DELETE_INFO_RESPONSE_OBJECT_STILL_EXISTS", f"info {name}: {shown.reason}")
    linked = [("host", one) for one in course.servers(session)] if course.parameters.host_model == "objects" else []
    if course.parameters.data_model == "maximum":
        linked.append(("contact", course.contact(session)))
    for kind, one in linked:
        course.must_pass(
            session.delete(kind, one), "EPP_DOMAIN_DELETE_INFO_RESPONSE_OBJECT_STILL_EXISTS", f"delete {kind} {one}"
        )
        if session.info(kind, one).code != OBJECT_DOES_NOT_EXIST:
            course.issue("EPP_DOMAIN_DELETE_INFO_RESPONSE_OBJECT_STILL_EXISTS", f"info {kind} {one} after its deletion")
