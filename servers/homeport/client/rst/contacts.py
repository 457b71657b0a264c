"""epp-06 to 10: check, create, update and delete of contacts, and who may."""

from collections.abc import Callable, Mapping

from homeport.client.rst import frames
from homeport.client.rst.course import Course, Session, Skipped
from homeport.client.rst.link import Answer
from homeport.client.rst.tables import Row

OBJECT_DOES_NOT_EXIST = 2303
MALFORMED = (2001, 2004, 2005)
Read = Callable[[Answer], str]


def need_contacts(course: Course) -> None:
    """Raise Skipped if the registry has no contacts."""
    if course.parameters.data_model == "minimum":
        raise Skipped("the registry has no contacts (data_model is minimum)")


def availability(course: Course, session: Session, kind: str, name: str, code: str, *, wanted: bool) -> None:
    """Check what `check` says of one name. wanted: that it is available; an invalid name may be refused instead."""
    answer = session.check(kind, name)
    if not wanted and answer.code in MALFORMED:
        return
    if not course.must_pass(answer, "EPP_UNEXPECTED_COMMAND_FAILURE", f"check {kind} {name}"):
        return
    values = answer.attributes("id" if kind == "contact" else "name", "avail")
    if values not in (["1"], ["true"]) if wanted else values not in (["0"], ["false"]):
        course.issue(code, f"check {kind} {name!r}: avail is {', '.join(values) or 'missing'}")


def check(course: Course) -> None:
    """epp-06"""
    need_contacts(course)
    session = course.session()
    code = "EPP_CONTACT_CHECK_{}_CONTACT_ID_INCORRECT_AVAIL"
    for invalid in ("ab", course.letters(17)):
        availability(course, session, "contact", invalid, code.format("INVALID"), wanted=False)
    availability(course, session, "contact", course.contact(session), code.format("REGISTERED"), wanted=False)
    availability(course, session, "contact", course.auto("id"), code.format("VALID"), wanted=True)


def of_postal(name: str) -> Read:
    """Return the function that reads a field of the first postal address."""

    def read(answer: Answer) -> str:
        found = answer.all("postalInfo")
        inside = [] if not found else list(found[0].iter("{*}" + name))
        return (inside[0].text or "") if inside else ""

    return read


def extension_of(name: str) -> Read:
    """Return the function that reads the extension of a telephone number."""
    return lambda answer: ", ".join(answer.attributes(name, "x"))


SHOWN: dict[str, tuple[str, Read]] = {
    "id": ("ID", lambda answer: answer.text("id")),
    "postalInfoType": ("POSTALINFO_TYPE", lambda answer: ", ".join(answer.attributes("postalInfo", "type"))),
    "name": ("NAME", of_postal("name")),
    "org": ("ORG", of_postal("org")),
    "street1": ("STREET", of_postal("street")),
    "city": ("CITY", of_postal("city")),
    "sp": ("SP", of_postal("sp")),
    "pc": ("PC", of_postal("pc")),
    "cc": ("CC", of_postal("cc")),
    "voice": ("VOICE", lambda answer: answer.text("voice")),
    "voiceExt": ("VOICE_EXT", extension_of("voice")),
    "fax": ("FAX", lambda answer: answer.text("fax")),
    "faxExt": ("FAX_EXT", extension_of("fax")),
    "email": ("EMAIL", lambda answer: answer.text("email")),
}
"""The end of RST's error code, and how to read it from info, by column."""


def compare(course: Course, session: Session, id_: str, wanted: Mapping[str, str], operation: str) -> None:
    """Check that info of a contact has the values that a command gave. operation: CREATE or UPDATE."""
    answer = session.info("contact", id_)
    begin = f"EPP_CONTACT_{operation}_INFO_RESPONSE"
    if answer.code != 1000:
        course.issue(f"{begin}_NOT_1000", f"info {id_}: {answer.reason}")
        return
    for column, value in wanted.items():
        if column in SHOWN:
            code, read = SHOWN[column]
            if read(answer) != value:
                course.issue(
                    f"{begin}_MISSING_OR_INCORRECT_{code}", f"info {id_}: {column} is {read(answer)!r}, not {value!r}"
                )


def create(course: Course) -> None:
    """epp-07"""
    need_contacts(course)
    for number in (1, 2):
        session = course.session(number)
        for row in course.rows("epp-07-data"):
            changed = ", ".join(f"{key} {value[:24]!r}" for key, value in row.items() if key in ("id", "cc", "voice"))
            if course.judge(row, session.ask(frames.contact_create(row)), f"create contact with {changed}"):
                compare(course, session, row["id"], row, "CREATE")


def access(course: Course) -> None:
    """epp-08"""
    need_contacts(course)
    owner, other = course.session(1), course.session(2)
    id_ = course.contact(owner)
    course.must_fail(other.info("contact", id_), "EPP_CONTACT_INFO_RESPONSE_NOT_REJECTED", f"info {id_} by another")
    change = frames.update("contact", "id", id_, chg=frames.element("email", course.auto("email")))
    course.must_fail(other.ask(change), "EPP_CONTACT_UPDATE_RESPONSE_NOT_REJECTED", f"update {id_} by another")


def update(course: Course) -> None:
    """epp-09"""
    need_contacts(course)
    session = course.session()
    id_ = course.new_contact(session)["id"]
    for row in course.rows("epp-09-postalinfo-data"):
        change = frames.update("contact", "id", id_, chg=frames.postal_info(row))
        if course.judge(row, session.ask(change), f"update {id_} with {_given(row)}"):
            compare(course, session, id_, row, "UPDATE")
    for row in course.rows("epp-09-other-data"):
        change = frames.update("contact", "id", id_, chg=frames.reachable(row))
        if course.judge(row, session.ask(change), f"update {id_} with {_given(row)}"):
            compare(course, session, id_, row, "UPDATE")
    statuses(course, session, "contact", id_)


def _given(row: Row) -> str:
    return ", ".join(f"{key} {value[:24]!r}" for key, value in row.items() if key not in ("passOrFail", "errorCode"))


def statuses(course: Course, session: Session, kind: str, name: str) -> None:
    """Run the vectors for statuses of an object (epp-09, 13, 16)."""
    table = {"contact": "epp-09-status-data", "host": "epp-13-status-data", "domain": "epp-16-status-data"}[kind]
    key = "id" if kind == "contact" else "name"
    missing, unexpected = {
        "contact": ("EPP_CONTACT_UPDATE_INFO_RESPONSE_MISSING_OR_INCORRECT_STATUS",) * 2,
        "host": ("EPP_HOST_UPDATE_INFO_RESPONSE_MISSING_OBJECT_PROPERTIES",) * 2,
        "domain": (
            "EPP_DOMAIN_UPDATE_INFO_RESPONSE_MISSING_STATUS_CODE",
            "EPP_DOMAIN_UPDATE_INFO_RESPONSE_UNEXPECTED_STATUS_CODE",
        ),
    }[kind]
    for row in course.rows(table):
        given = {row["action"]: frames.status(row["status"])}
        answer = session.ask(frames.update(kind, key, name, **given))
        about = f"{kind} {name}: {row['action']} {row['status']}"
        if not course.judge(row, answer, about) or answer.code != 1000:
            continue
        shown = session.info(kind, name).attributes("status", "s")
        if row["action"] == "add" and row["status"] not in shown:
            course.issue(missing, f"{about}: info has {', '.join(shown)}")
        if row["action"] == "rem" and row["status"] in shown:
            course.issue(unexpected, f"{about}: info has {', '.join(shown)}")


def delete(course: Course) -> None:
    """epp-10"""
    need_contacts(course)
    session = course.session()
    for _ in range(2):
        id_ = course.new_contact(session)["id"]
        answer = session.delete("contact", id_)
        if not course.must_pass(answer, "EPP_CONTACT_DELETE_RESPONSE_NOT_1000_OR_1001", f"delete {id_}"):
            continue
        if answer.code == 1000 and session.info("contact", id_).code != OBJECT_DOES_NOT_EXIST:
            course.issue("EPP_CONTACT_DELETE_OBJECT_STILL_EXISTS", f"info {id_} after its deletion is not 2303")
