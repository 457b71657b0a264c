"""Any commands of three registrars in any order, with jumps of time: each is answered, and the invariants hold.

The desk compares the registry before and after every refusal (RFC 5730 2: nothing has changed), and every answer with
the schemas.
"""

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from services.epp.desk import DAY, Desk
from services.epp.registrars import Clerk, auth, create, make_desk

from homeport.services.epp.grammar import domain, host, rgp, secdns
from homeport.services.epp.grammar.declare import Markup
from homeport.services.epp.grammar.eppcom import Password
from homeport.world.registry import ZONES, Zone
from homeport.world.registry.graces import add_years

NAMES = st.sampled_from([*4 * ["boat.test"], "Ship.test", "boat.example", "new.test", "no such.test", "boat.lab.test"])
SERVERS = st.sampled_from(["ns1.outside.net", "ns1.boat.test", "ns9.outside.net", "ns1.boat.example"])
CONTACTS = st.sampled_from(["sh8011", "SH8012", "sh8013", "nobody"])
PASSWORDS = st.sampled_from([*4 * ["2fooBAR"], "", "other"])
STATUSES = st.sampled_from(["clientHold", "clientTransferProhibited", "clientDeleteProhibited", "serverHold"])
KEY = secdns.KeyData(flags=257, protocol=3, alg=13, pub_key="AQPJ")
TEXT = rgp.ReportText(content=Markup("Registrant error."))
REPORT = rgp.Report(
    pre_data=rgp.ReportData(content=Markup("before")),
    post_data=rgp.ReportData(content=Markup("after")),
    del_time=0.0,
    res_time=0.0,
    res_reason=TEXT,
    statement=(TEXT,),
)


def some(strategy: Any) -> Any:
    return st.one_of(st.none(), strategy)


PERIODS = some(st.builds(domain.Period, unit=st.sampled_from("yyym"), value=st.sampled_from([1, 1, 2, 10, 12])))
AUTH = st.builds(auth, PASSWORDS, st.sampled_from([*4 * [None], "C1-HOMEPORT"]))
ATTRIBUTES = st.builds(
    domain.HostAttr, host_name=SERVERS, host_addr=st.sampled_from([(), (host.Address(value="192.0.2.1"),)])
)
NS = some(
    st.one_of(
        st.builds(domain.Ns, host_obj=st.lists(SERVERS, min_size=1, max_size=2).map(tuple)),
        st.builds(domain.Ns, host_attr=st.lists(ATTRIBUTES, min_size=1, max_size=2).map(tuple)),
    )
)
ROLES = st.lists(
    st.builds(domain.ContactRef, type=st.sampled_from(["admin", "tech", "tech", None]), value=CONTACTS), max_size=2
).map(tuple)
PARTS = some(
    st.builds(
        domain.AddRem,
        ns=NS,
        contact=ROLES,
        status=st.lists(st.builds(domain.Status, s=STATUSES), max_size=2).map(tuple),
    )
)
CHANGES = some(
    st.builds(
        domain.Chg,
        registrant=some(st.one_of(CONTACTS, st.just(""))),
        auth_info=some(st.builds(domain.AuthInfoChg, pw=st.builds(Password, value=PASSWORDS))),
    )
)
RECORDS = st.sampled_from(
    [
        {"ds_data": (secdns.DsData(key_tag=1, alg=13, digest_type=2, digest="AB" * 32),)},
        {"ds_data": (secdns.DsData(key_tag=1, alg=99, digest_type=2, digest="AB"),)},
        {"key_data": (KEY,)},
    ]
)
EMPTY = domain.Chg()
RESTORE = rgp.Update(restore=rgp.Restore(op="request"))
REPORTED = rgp.Update(restore=rgp.Restore(op="report", report=REPORT))
SECURED = st.builds(
    secdns.Update,
    rem=some(RECORDS.map(lambda fields: secdns.Rem(**fields))),
    add=some(RECORDS.map(lambda fields: secdns.Add(**fields))),
)
DATES = st.sampled_from([*3 * [date(2028, 10, 14)], date(2029, 10, 14), date(2030, 10, 14)])
ADDRESSES = st.just((host.Address(value="192.0.2.1"),))
CREATES = st.builds(
    domain.Create, name=NAMES, period=PERIODS, ns=NS, registrant=some(CONTACTS), contact=ROLES, auth_info=AUTH
)
UPDATES = st.builds(domain.Update, name=NAMES, add=PARTS, rem=PARTS, chg=CHANGES)
TRANSFERS = st.builds(domain.Transfer, name=NAMES, period=PERIODS, auth_info=some(AUTH))
OPS = st.sampled_from([*3 * ["request"], "query", "approve", "reject", "cancel"])
INFOS = st.builds(domain.Info, name=st.builds(domain.InfoName, value=NAMES), auth_info=some(AUTH))
STEPS = st.one_of(
    st.tuples(CREATES),
    st.tuples(CREATES, RECORDS.map(lambda fields: secdns.Create(**fields))),
    st.tuples(UPDATES),
    st.tuples(UPDATES, SECURED),
    st.tuples(UPDATES, st.just(RESTORE)),
    st.tuples(st.builds(domain.Update, name=NAMES, chg=st.just(EMPTY)), st.sampled_from([RESTORE, REPORTED, REPORTED])),
    st.tuples(st.builds(domain.Delete, name=NAMES)),
    st.tuples(st.builds(domain.Delete, name=NAMES), SECURED),
    st.tuples(st.builds(domain.Renew, name=NAMES, cur_exp_date=DATES, period=PERIODS)),
    st.tuples(TRANSFERS),
    st.tuples(INFOS),
    st.tuples(st.builds(domain.Check, name=st.lists(NAMES, min_size=1, max_size=3).map(tuple))),
    st.tuples(st.builds(host.Create, name=st.just("ns1.boat.test"), addr=ADDRESSES)),
)
CLERKS = st.sampled_from([*3 * ["harbour"], "lighthouse", "pilot"])
PAUSES = st.sampled_from([0.0, 0.0, 0.0, 60.0, 6 * DAY, 31 * DAY, 366 * DAY])

ASKED = ("lighthouse", domain.Transfer(name="boat.test", auth_info=auth()), "request", 60.0)
AGED = ("harbour", domain.Check(name=("boat.test",)), "", 10 * DAY)
DELETED = ("harbour", domain.Delete(name="boat.test"), "", 60.0)
BEFORE = st.sampled_from([(), (ASKED,), (AGED, DELETED), (AGED,)])
"""Earlier history of boat.test."""


@given(steps=st.lists(st.tuples(CLERKS, STEPS, OPS, PAUSES), max_size=15), deletes=st.booleans(), before=BEFORE)
@settings(max_examples=150)
def test_rfc_5730_2_any_command_is_answered_and_a_failed_one_changes_nothing(steps, deletes, before):
    policy = "delete" if deletes else "renew"
    desk = make_desk([Zone(name="test", at_expiry=policy, dnssec="either"), *ZONES[1:]])
    for name in ("boat.test", "boat.example"):
        Clerk(desk, "harbour").does(create(name, 2))
    for who, command, op, seconds in before:
        Clerk(desk, who).does(command, op=op)
        desk.clock.advance(seconds)
    for who, sent, op, seconds in steps:
        code = Clerk(desk, who).code(*sent, op=op)
        assert 1000 <= code <= 2308, code
        what_holds(desk)
        desk.clock.advance(seconds)
        what_holds(desk)


def what_holds(desk: Desk) -> None:
    """Assert the invariants of a registry."""
    registry = desk.registry
    for one in list(registry.domains.values()):
        shown = set(registry.statuses(one))
        pending = {status for status in shown if status.startswith("pending")}
        assert shown  # RFC 5731 2.3, all of these
        assert len(pending) <= 1
        assert shown == {"ok"} or "ok" not in shown
        for waiting in pending:
            operation = waiting.removeprefix("pending")
            assert not shown & {f"client{operation}Prohibited", f"server{operation}Prohibited"}
        assert ("inactive" in shown) == (not one.server_names)
        assert one.expires <= add_years(registry.now(), 10)  # RST epp-18
        assert not (one.signers and one.keys)  # RFC 5910 4
        assert all(registry.host(name) for name in one.nameservers)
        assert all(below.registrar == one.registrar for below in registry.subordinate_hosts(one.name))
