"""epp-16: updates of domains."""

from homeport.client.rst import frames
from homeport.client.rst.contacts import statuses
from homeport.client.rst.course import Course, Session
from homeport.client.rst.domains import signer_of, signers
from homeport.client.rst.hosts import AUTHORIZATION_ERROR
from homeport.client.rst.link import Answer
from homeport.client.rst.tables import Row

BEGIN = "EPP_DOMAIN_UPDATE"


def update(course: Course) -> None:
    """epp-16"""
    session = course.session()
    name = course.new_domain(session)
    statuses(course, session, "domain", name)
    _name_servers(course, session, name)
    _dnssec(course, session, name)
    if course.parameters.data_model == "maximum":
        _registrant(course, session, name)
    _other_model(course, session, name)
    other = course.session(2)
    answer = other.ask(frames.update("domain", "name", name, add=frames.status("clientHold")))
    if answer.code != AUTHORIZATION_ERROR:
        code = "EPP_UNEXPECTED_COMMAND_SUCCESS" if answer.done else "EPP_UNEXPECTED_COMMAND_FAILURE"
        course.issue(code, f"update {name} by another: {answer.reason}")


def _name_servers(course: Course, session: Session, name: str) -> None:
    model = course.parameters.host_model
    made: set[str] = set()
    for row in course.rows("epp-16-ns-data", DOMAIN=name):
        if row["hostModel"] != model:
            continue
        server = row["hostname"]
        if model == "objects":
            if row["createIfNeeded"] == "true" and server not in made:
                course.new_host(session, server)
                made.add(server)
            ns = frames.element("hostObj", server)
        else:
            ns = frames.host_attribute(server, [(row["ipType"], row["ip"])] if row["ipType"] else [])
        answer = session.ask(frames.update("domain", "name", name, **{row["action"]: frames.wrap("ns", ns)}))
        about = f"{name}: {row['action']} {server} {row['ipType']} {row['ip']}"
        if course.judge(row, answer, about) and row["passOrFail"] == "pass":
            _server_shown(course, session.info("domain", name), row, about)


def _server_shown(course: Course, answer: Answer, row: Row, about: str) -> None:
    objects = row["hostModel"] == "objects"
    kind = "HOST_OBJECT" if objects else "HOST_ATTRIBUTE"
    is_there = row["hostname"] in answer.texts("hostObj" if objects else "hostName")
    if row["action"] == "add" and not is_there:
        course.issue(f"{BEGIN}_INFO_RESPONSE_MISSING_{kind}", f"{about}: not in info")
    if row["action"] == "rem" and is_there:
        course.issue(f"{BEGIN}_INFO_RESPONSE_UNEXPECTED_{kind}", f"{about}: still in info")


def _dnssec(course: Course, session: Session, name: str) -> None:
    interface = course.parameters.secdns
    for row in course.rows("epp-16-dnssec-data", DOMAIN=name):
        if row["secDNSInterface"] != interface:
            continue
        change = frames.secdns("update", frames.wrap(row["action"], frames.signer(row, interface)))
        answer = session.ask(frames.update("domain", "name", name), change)
        about = f"{name}: {row['action']} {interface} {', '.join(signer_of(row, interface))}"
        if not course.judge(row, answer, about) or row["passOrFail"] == "fail":
            continue
        shown = signers(session.info("domain", name), interface)
        if row["action"] == "add" and signer_of(row, interface) not in shown:
            course.issue(f"{BEGIN}_INFO_RESPONSE_MISSING_DNSSEC_DATA", f"{about}: info has {shown}")
        if row["action"] == "rem" and signer_of(row, interface) in shown:
            course.issue(f"{BEGIN}_INFO_RESPONSE_UNEXPECTED_DNSSEC_DATA", f"{about}: info has {shown}")


def _registrant(course: Course, session: Session, name: str) -> None:
    new = course.new_contact(session)["id"]
    answer = session.ask(frames.update("domain", "name", name, chg=frames.element("registrant", new)))
    if course.must_pass(answer, "EPP_UNEXPECTED_COMMAND_FAILURE", f"{name}: registrant {new}"):
        shown = session.info("domain", name).text("registrant")
        if shown != new:
            code = "UNEXPECTED" if shown else "MISSING"
            course.issue(f"{BEGIN}_INFO_RESPONSE_{code}_REGISTRANT", f"{name}: registrant is {shown!r}, not {new!r}")
    missing = course.auto("id")
    answer = session.ask(frames.update("domain", "name", name, chg=frames.element("registrant", missing)))
    course.must_fail(answer, f"{BEGIN}_SERVER_ACCEPTS_NON_EXISTENT_CONTACT_OBJECT", f"{name}: registrant {missing}")
    answer = session.ask(frames.update("domain", "name", name, add=frames.element("contact", missing, type="tech")))
    course.must_fail(answer, f"{BEGIN}_SERVER_ACCEPTS_NON_EXISTENT_CONTACT_OBJECT", f"{name}: tech {missing}")


def _other_model(course: Course, session: Session, name: str) -> None:
    server = f"ns7.epp-16.rst.{course.letters(8)}.icann"
    if course.parameters.host_model == "objects":
        ns, code = frames.host_attribute(server, ()), f"{BEGIN}_SERVER_INCORRECTLY_ACCEPTS_HOST_ATTRIBUTES"
    else:
        ns, code = frames.element("hostObj", server), f"{BEGIN}_SERVER_INCORRECTLY_ACCEPTS_HOST_OBJECTS"
    answer = session.ask(frames.update("domain", "name", name, add=frames.wrap("ns", ns)))
    course.must_fail(answer, code, f"{name}: add {server} in the other model")
