"""epp-25 to 27: hosts below another registrar's domain."""

from homeport.client.rst import frames
from homeport.client.rst.course import Course, Session, Skipped
from homeport.client.rst.hosts import GLUE, need_hosts
from homeport.client.rst.link import Answer


def _create(session: Session, name: str, *addresses: tuple[str, str]) -> Answer:
    inside = frames.element("name", name) + "".join(frames.address(*one) for one in addresses)
    return session.ask(frames.of_object("create", "host", inside))


def subordinate(course: Course) -> None:
    """epp-25"""
    need_hosts(course)
    owner, other = course.session(1), course.session(2)
    domain = course.new_domain(owner)
    with_glue = f"ns1.{domain}"
    answer = _create(other, with_glue, GLUE)
    course.must_fail(answer, "EPP_UNEXPECTED_HOST_CREATE_SUCCESS", f"create {with_glue} by another registrar")
    without = f"ns2.{domain}"
    if _create(other, without).done:
        sponsor = owner.info("host", without).text("clID")
        if sponsor != owner.who.id:
            course.issue("EPP_HOST_CREATE_INCORRECT_CLID", f"{without} is sponsored by {sponsor!r}")


def wide_glue(course: Course) -> None:
    """epp-26"""
    need_hosts(course)
    if course.parameters.glue == "narrow":
        raise Skipped("the registry publishes glue only of servers in use (glue is narrow)")
    owner, other = course.session(1), course.session(2)
    name = f"ns1.{course.new_domain(owner)}"
    answer = _create(other, name, GLUE)
    course.must_fail(answer, "EPP_SERVER_ACCEPTS_INTERNAL_HOST_WITH_GLUE", f"create {name} with {GLUE[1]}")


def glueless(course: Course) -> None:
    """epp-27"""
    need_hosts(course)
    owner, other = course.session(1), course.session(2)
    domain = course.new_domain(owner)
    name = f"ns1.{domain}"
    if not _create(other, name).done:
        return
    answer = owner.ask(frames.update("domain", "name", domain, add=frames.wrap("ns", frames.element("hostObj", name))))
    course.must_fail(answer, "EPP_SERVER_ALLOWS_DELEGATION_TO_GLUELESS_HOST", f"add {name} to {domain}")
