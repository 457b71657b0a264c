"""Any actions in any order while the clock jumps: indexes, derived statuses and messages stay consistent."""

from typing import ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.world.registry.conftest import DAY, NOW, Little

from homeport.world.names import canonical_address
from homeport.world.registry import Contact, Domain, DomainContact, Host, PostalInfo, Registrar
from homeport.world.registry.interventions import change_statuses, delete_domain
from homeport.world.registry.lifecycle import create, delete, renew, report, restore
from homeport.world.registry.objects import name_of
from homeport.world.registry.reviews import approve as approve_review
from homeport.world.registry.reviews import reject as reject_review
from homeport.world.registry.reviews import submit
from homeport.world.registry.transfers import approve, cancel, force, reject, request

NAMES = ("a.test", "b.test", "c.test")
HOSTS = ("ns.a.test", "ns.b.test", "ns.other.example")
CONTACTS = ("C-1", "C-2")
OTHER = {"ours": "theirs", "theirs": "ours"}


class Acts:
    """The possible actions, each only where EPP's commands would allow it."""

    def create(changes, name, host, contact):
        if changes.domain(name) is None:
            roid = changes.registry.new_roid("domain")
            domain = Domain(name=name, roid=roid, registrar="ours", created=0, expires=0, registrant=contact)
            create(changes, replace(domain, nameservers=(host,) if changes.host(host) else ()), 1)

    def renew(changes, name, _host, _contact):
        if (one := living(changes, name)) and not one.pending:
            renew(changes, one, 2)

    def delete(changes, name, _host, _contact):
        if (one := living(changes, name)) and not one.pending and not changes.subordinate_hosts(name):
            delete(changes, one)

    def forced_delete(changes, name, host, _contact):
        if one := living(changes, name):
            delete_domain(changes, one, at_once=host == HOSTS[0])

    def restore(changes, name, _host, _contact):
        one = changes.domain(name)
        if one and one.deleted and one.purging is None and one.restoring is None:
            restore(changes, one)

    def report(changes, name, _host, _contact):
        if (one := changes.domain(name)) and one.restoring:
            report(changes, one)

    def request(changes, name, _host, _contact):
        if (one := living(changes, name)) and not one.pending and not one.transfer_pending:
            request(changes, one, OTHER[one.registrar], 1)

    def approve(changes, name, _host, _contact):
        if (one := changes.domain(name)) and one.transfer_pending:
            approve(changes, one)

    def reject(changes, name, _host, _contact):
        if (one := changes.domain(name)) and one.transfer_pending:
            reject(changes, one)

    def cancel(changes, name, _host, _contact):
        if (one := changes.domain(name)) and one.transfer_pending:
            cancel(changes, one)

    def force(changes, name, _host, _contact):
        if one := living(changes, name):
            force(changes, one, OTHER[one.registrar])

    def wait(changes, name, host, contact):
        one = living(changes, name)
        if one and not one.pending and not one.transfer_pending:
            operation = {HOSTS[0]: "update", HOSTS[1]: "renew"}.get(host, "delete")
            submit(changes, one, operation, one.registrar, proposed=replace(one, registrant=contact), years=1)

    def approve_review(changes, name, _host, _contact):
        if (one := changes.domain(name)) and one.pending:
            approve_review(changes, one)

    def reject_review(changes, name, _host, _contact):
        if (one := changes.domain(name)) and one.pending:
            reject_review(changes, one)

    def delegate(changes, name, host, contact):
        if (one := living(changes, name)) and changes.host(host):
            servers = tuple(dict.fromkeys((*one.nameservers, host)))
            changes.put(replace(one, nameservers=servers, contacts=(DomainContact("tech", contact),)))

    def hold(changes, name, _host, _contact):
        if one := living(changes, name):
            change_statuses(changes, one, add=("serverHold",))

    def add_host(changes, _name, host, _contact):
        above = changes.registry.superordinate_name(host)
        if changes.host(host) is None and (above is None or changes.domain(above)):
            sponsor = changes.domain(above).registrar if above else "ours"
            roid = changes.registry.new_roid("host")
            changes.put(Host(name=host, roid=roid, registrar=sponsor, created=changes.now, addresses=("192.0.2.1",)))

    def rename_host(changes, _name, host, _contact):
        one = changes.host(host)
        if one and changes.host(f"x{host}") is None:
            changes.rename(one, f"x{host}")

    def add_contact(changes, _name, _host, contact):
        if changes.contact(contact) is None:
            roid = changes.registry.new_roid("contact")
            postal = PostalInfo(name=contact)
            changes.put(Contact(id=contact, roid=roid, registrar="ours", created=changes.now, postal=postal))

    ALL: ClassVar = ()


Acts.ALL = tuple(value for name, value in vars(Acts).items() if callable(value) and not name.startswith("_"))


def living(changes, name):
    """Return the domain, if it is not deleted."""
    one = changes.domain(name)
    return one if one is not None and one.deleted is None else None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(Acts.ALL),
        st.sampled_from(NAMES),
        st.sampled_from(HOSTS),
        st.sampled_from(CONTACTS),
        st.sampled_from((0, 60, DAY, 4.9 * DAY, 5 * DAY, 30 * DAY, 45 * DAY, 400 * DAY)),
    ),
    max_size=40,
)
ZONES = st.fixed_dictionaries(
    {
        "at_expiry": st.sampled_from(("renew", "delete")),
        "transfer_outcome": st.sampled_from(("approve", "reject")),
        "review": st.sampled_from((None, 3 * DAY)),
        "restore_report": st.sampled_from((None, 0.0)),
        "redemption": st.sampled_from((None, 0.0)),
    }
)


def run(little, step, wait):
    """Run one step, then advance the clock."""
    act, name, host, contact, seconds = step
    changes = little.registry.begin()
    act(changes, name, host, contact)
    little.registry.commit(changes)
    wait(little.clock, seconds)


def busy(**zone):
    """Return a registry with several things pending."""
    little = Little(**zone)
    little.contact("C-1")
    little.put("a.test", left=20, registrant="C-1")
    little.host("ns.a.test")
    little.put("b.test", "theirs", left=35, nameservers=("ns.a.test",))
    return little


def in_one(clock, seconds):
    clock.advance(seconds)


def in_many(clock, seconds):
    for _ in range(7):
        clock.advance(seconds / 7)


def check(registry):
    """Assert the invariants."""
    rows = {key: row for key, row in registry._rows() if key[0] not in ("message", "counter", "pending")}
    stored = [one for one in rows.values() if not isinstance(one, Registrar)]
    assert registry._indexes.roids == {one.roid.upper(): key for key, one in rows.items() if one in stored}
    links: dict[str, set[str]] = {}
    contacts: dict[str, set[str]] = {}
    for domain in registry.domains.values():
        for host in domain.nameservers:
            links.setdefault(host, set()).add(domain.name)
        for _role, contact in domain.contact_ids():
            contacts.setdefault(contact.lower(), set()).add(domain.name)
    assert dict(registry._indexes.domains_of_host.items()) == links
    assert dict(registry._indexes.domains_of_contact.items()) == contacts
    addresses: dict[str, set[str]] = {}
    for host in registry.hosts.values():
        for address in host.addresses:
            addresses.setdefault(canonical_address(address), set()).add(host.name)
    assert dict(registry._indexes.hosts_of_address.items()) == addresses
    for host in registry.hosts.values():
        above = registry.superordinate_name(host.name)
        assert above is None or host in registry.subordinate_hosts(above)
        assert above is None or registry.domains[above].registrar == host.registrar
    for one in stored:
        projected(registry, one)
    told(registry)
    assert set(registry.pendings) <= {f"domain {one.name}" for one in registry.domains.values() if one.pending}
    assert all(due > registry.clock.now() for due in registry._schedule.dues.values())


def projected(registry, one):
    """Assert that statuses do not contradict each other (RFC 5731 2.3), nor the facts."""
    statuses = registry.statuses(one)
    assert statuses
    assert len(set(statuses)) == len(statuses)
    assert "ok" not in statuses or set(statuses) <= {"ok", "linked"}
    pending = [status for status in statuses if status.startswith("pending")]
    assert len(pending) <= 1, (name_of(one), statuses)
    if isinstance(one, Domain):
        rgp = set(registry.rgp_statuses(one))
        lost = rgp & {"redemptionPeriod", "pendingRestore", "pendingDelete"}
        assert bool(lost) == (one.deleted is not None)
        assert (bool(lost) or one.pending == "delete") == ("pendingDelete" in statuses)
        assert len(lost) <= 1
        assert not lost or rgp == lost
        assert one.deleted is not None or one.expires > registry.clock.now() or one.pending or one.transfer_pending


def told(registry):
    """Assert that messages are in order and match the events."""
    for registrar in ("ours", "theirs"):
        messages = registry.messages.of(registrar)
        assert [one.id for one in messages] == sorted(one.id for one in messages)
        assert [one.date for one in messages] == sorted(one.date for one in messages)
        assert all(NOW <= one.date <= registry.clock.now() for one in messages)


@settings(max_examples=150)
@given(ZONES, STEPS)
def test_indexes_statuses_and_messages_stay_true(zone, steps):
    little = busy(**zone)
    for step in steps:
        run(little, step, in_one)
        check(little.registry)


@settings(max_examples=150)
@given(ZONES, STEPS)
def test_one_jump_is_as_many_small_ones(zone, steps):
    one, many = busy(**zone), busy(**zone)
    for step in steps:
        run(one, step, in_one)
        run(many, step, in_many)
        # Seven sevenths are not always a whole to the last bit; the registry's times are whole seconds.
        many.clock.set(one.clock.now())
    assert dict(one.registry._rows()) == dict(many.registry._rows())


@settings(max_examples=100)
@given(ZONES, STEPS, st.integers(0, 40), st.sampled_from((0, 40 * DAY, 900 * DAY)))
def test_a_snapshot_goes_on_as_the_registry_itself(zone, steps, at, seconds):
    little = busy(**zone)
    for step in steps[:at]:
        run(little, step, in_one)
    other = Little(**zone)
    other.clock.set(little.clock.now())
    other.registry.restore(little.registry.snapshot())
    for each in (little, other):
        each.clock.advance(seconds)
        check(each.registry)
        for step in steps[at:]:
            run(each, step, in_one)
    assert dict(little.registry._rows()) == dict(other.registry._rows())
