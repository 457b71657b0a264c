"""epp-05, 11 to 13, 23 and 24: check, create, update, rename and delete of hosts, and who may."""

from homeport.client.rst import frames
from homeport.client.rst.contacts import OBJECT_DOES_NOT_EXIST, availability, statuses
from homeport.client.rst.course import Course, Session, Skipped

AUTHORIZATION_ERROR = 2201
ASSOCIATION_PROHIBITS = 2305
GLUE = ("v4", "208.77.190.201")


def need_hosts(course: Course) -> None:
    """Raise Skipped if name servers are no objects."""
    if course.parameters.host_model == "attributes":
        raise Skipped("name servers are attributes of domains (host_model is attributes)")


def check(course: Course) -> None:
    """epp-05"""
    need_hosts(course)
    session = course.session()
    code = "EPP_HOST_CHECK_{}_HOST_INCORRECT_AVAIL"
    for invalid in ("!.epp-05.rst.icann", "-ns1.epp-05.rst.icann", f"{course.letters(64)}.icann"):
        availability(course, session, "host", invalid, code.format("INVALID"), wanted=False)
    for registered in course.parameters.registered_hosts or (course.new_host(session),):
        availability(course, session, "host", registered, code.format("REGISTERED"), wanted=False)
    name = f"ns1.epp-05.rst.{course.letters(18)}.icann"
    availability(course, session, "host", name, code.format("VALID"), wanted=True)


def create(course: Course) -> None:
    """epp-11"""
    need_hosts(course)
    session = course.session()
    parents: set[str] = set()
    for tld in course.parameters.tlds:
        for row in course.rows("epp-11-data", TLD=tld):
            name = row["name"]
            if row["createParentFirst"] == "true":
                make_parent(course, session, name, tld, parents)
            inside = frames.element("name", name) + frames.address(row["ip"], row["addr"])
            answer = session.ask(frames.of_object("create", "host", inside))
            if course.judge(row, answer, f"create host {name} with {row['ip'] or 'no'} {row['addr']!r}"):
                _shown(course, session, name, row["addr"])


def make_parent(course: Course, session: Session, name: str, tld: str, parents: set[str]) -> str:
    """Create the domain that a host would be subordinate to, once. Return its name."""
    domain = f"{name.removesuffix('.' + tld).rpartition('.')[2]}.{tld}"
    if domain not in parents:
        parents.add(domain)
        course.new_domain(session, domain)
    return domain


def _shown(course: Course, session: Session, name: str, address: str) -> None:
    answer = session.info("host", name)
    if answer.code != 1000:
        course.issue("EPP_HOST_CREATE_INFO_RESPONSE_OBJECT_DOES_NOT_EXIST", f"info {name}: {answer.reason}")
        return
    missing = [one for one in ("name", "roid", "clID", "crID", "crDate") if not answer.text(one)]
    if answer.text("name") != name or missing:
        course.issue("EPP_HOST_CREATE_INFO_RESPONSE_MISSING_OBJECT_PROPERTIES", f"info {name} lacks {missing}")
    if address and address not in answer.texts("addr"):
        course.issue("EPP_HOST_CREATE_INFO_RESPONSE_MISSING_OBJECT_PROPERTIES", f"info {name} lacks {address}")


def access(course: Course) -> None:
    """epp-12"""
    need_hosts(course)
    owner, other = course.session(1), course.session(2)
    name = course.new_host(owner)
    answer = other.ask(frames.update("host", "name", name, add=frames.status("clientDeleteProhibited")))
    if answer.code != AUTHORIZATION_ERROR:
        course.issue("EPP_HOST_UPDATE_AUTHZ_ERROR", f"update {name} by another: {answer.reason}")


def update(course: Course) -> None:
    """epp-13"""
    need_hosts(course)
    session = course.session()
    domain = course.new_domain(session)
    name = course.new_host(session, f"ns1.{domain}", GLUE)
    for row in course.rows("epp-13-addr-data"):
        given = {row["action"]: frames.address(row["ip"], row["addr"])}
        answer = session.ask(frames.update("host", "name", name, **given))
        about = f"host {name}: {row['action']} {row['ip']} {row['addr']!r}"
        if course.judge(row, answer, about) and row["action"] == "add":
            shown = session.info("host", name)
            if shown.code != 1000:
                course.issue("EPP_HOST_UPDATE_INFO_RESPONSE_OBJECT_DOES_NOT_EXIST", f"{about}: {shown.reason}")
            elif row["addr"] not in shown.texts("addr"):
                course.issue("EPP_HOST_UPDATE_INFO_RESPONSE_MISSING_OBJECT_PROPERTIES", f"{about}: not in info")
    statuses(course, session, "host", name)


def rename(course: Course) -> None:
    """epp-23"""
    need_hosts(course)
    session = course.session()
    tld = course.parameters.tlds[0]
    reserved = course.parameters.registered_names[0]
    if session.check("domain", reserved).attributes("name", "avail") not in (["0"], ["false"]):
        course.issue("EPP_DOMAIN_CHECK_REGISTERED_DOMAIN_INCORRECT_AVAIL", f"{reserved} is not registered")
    parents: set[str] = set()
    for row in course.rows("epp-23-data"):
        if row["createParentFirst"] == "true":
            make_parent(course, session, row["name"], tld, parents)
        old = course.new_host(session)
        answer = session.ask(frames.update("host", "name", old, chg=frames.element("name", row["name"])))
        if course.judge(row, answer, f"rename {old} to {row['name']}"):
            shown = session.info("host", row["name"])
            if shown.code != 1000 or shown.text("name") != row["name"]:
                course.issue("EPP_HOST_RENAME_OBJECT_NOT_RENAMED", f"info {row['name']}: {shown.reason}")
    _linked_rename(course, session)


def _linked_rename(course: Course, session: Session) -> None:
    """Rename an external host that another registrar's domain uses (RFC 5732 3.2.5: 2305)."""
    other = course.session(2)
    shared = course.new_host(session)
    course.new_domain(other, ns=course.name_servers(shared, course.servers(other)[0]))
    new = f"ns1.epp-23.rst.{course.letters(18)}.icann"
    answer = session.ask(frames.update("host", "name", shared, chg=frames.element("name", new)))
    if answer.code != ASSOCIATION_PROHIBITS:
        course.issue(
            "EPP_HOST_RENAME_SERVER_INCORRECTLY_ACCEPTS_RENAME",
            f"rename {shared}, which another registrar's domain uses: {answer.reason}",
        )


def delete(course: Course) -> None:
    """epp-24"""
    need_hosts(course)
    session = course.session()
    domain = course.new_domain(session)
    for name in (course.new_host(session), course.new_host(session, f"ns1.{domain}", GLUE)):
        answer = session.delete("host", name)
        if not course.must_pass(answer, "EPP_HOST_DELETE_RESPONSE_NOT_1000_OR_1001", f"delete {name}"):
            continue
        if answer.code == 1000 and session.info("host", name).code != OBJECT_DOES_NOT_EXIST:
            course.issue("EPP_HOST_DELETE_INFO_RESPONSE_OBJECT_STILL_EXISTS", f"info {name} after its deletion")
