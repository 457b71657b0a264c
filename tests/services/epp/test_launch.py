"""Launch phases (RFC 8334): sunrise with signed marks, claims with notices, landrush, custom phases, applications."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from services.epp.desk import DAY, NAMESPACES, NOW, Desk
from services.epp.registrars import Clerk, create, make_desk, statuses, update

from homeport.config.quantities import Duration
from homeport.services.epp.grammar import contact, domain, epp, host, launch, secdns, smd
from homeport.world.registry import Registry, RegistryContents, Zone
from homeport.world.registry.launch import move
from homeport.world.registry.launch_policy import Launch, Phase
from homeport.world.registry.marks import signing
from homeport.world.registry.marks.claims import claims_key, notice_for
from homeport.world.registry.marks.issuing import encoded, issue, smd_file
from homeport.world.registry.marks.records import Mark
from homeport.world.registry.record_indexes import applications_for
from homeport.world.registry.validation import validate_zone

SUNRISE, LANDRUSH = Phase(phase="sunrise", lasts=Duration(10 * DAY)), Phase(phase="landrush", lasts=Duration(10 * DAY))
CLAIMS, CUSTOM = Phase(phase="claims", lasts=Duration(10 * DAY)), Phase(phase="custom", name="idn-release")
PHASES = (SUNRISE, LANDRUSH, CLAIMS, CUSTOM)
REQUEST = epp.Poll(op="req")
HOUR = 3600.0


@pytest.fixture
def desk() -> Desk:
    return launching(PHASES)


def launching(phases: tuple[Phase, ...], **policy: float) -> Desk:
    """Return a desk whose zone is in its launch."""
    terms = {name: Duration(value) for name, value in policy.items()}
    desk = make_desk((Zone(name="test", launch=Launch(phases=phases, **terms)), Zone(name="open")))
    desk.services = NAMESPACES | {launch.NAMESPACE}
    return desk


def mark(desk: Desk, *labels: str, **fields: str) -> Mark:
    """Have the trademark authority make a mark."""
    changes = desk.registry.begin()
    draft = Mark(id="", name="Boat", labels=labels, holder="Boats Ltd", not_before=NOW, not_after=NOW + 900 * DAY)
    made = issue(changes, Mark(**{name: getattr(draft, name) for name in draft.__struct_fields__} | fields))
    desk.registry.commit(changes)
    return made


def phase(value: str = "sunrise", name: str | None = None) -> launch.Phase:
    return launch.Phase(value=value, name=name)


def shown(one: Mark, kind: str | None = None) -> launch.Create:
    """Return the extension of a create in sunrise with a signed mark."""
    return launch.Create(type=kind, phase=phase(), encoded_signed_mark=(smd.EncodedSignedMark(value=encoded(one)),))


def application_of(clerk: Clerk, name: str, *elements: launch.Create, **fields: object) -> str:
    """Apply for a name, and return the applicationID."""
    outcome = clerk.does(create(name, **fields), *elements)
    assert outcome.code == 1001
    return outcome.extensions[0].application_id


def messages(clerk: Clerk) -> list[str]:
    """Return the last part of the key of each message."""
    return [one.rpartition(".")[2] for one in clerk.messages()]


def info(name: str) -> domain.Info:
    return domain.Info(name=domain.InfoName(value=name))


def signed() -> tuple[Desk, Mark]:
    """Return a desk and a mark that its authority has signed."""
    desk = launching(PHASES)
    return desk, mark(desk, "boat", "boats")


SIGNED = signed()

# Sunrise.


def test_rfc_8334_3_3_a_create_in_sunrise_with_a_signed_mark_is_an_application(desk, harbour):
    one = mark(desk, "boat", "boats")
    outcome = harbour.does(create("boat.test", 2), shown(one, "application"))
    assert (outcome.code, outcome.data.name, outcome.data.ex_date) == (1001, "boat.test", None)
    created = outcome.extensions[0]
    assert created.phase == phase()
    assert harbour.code(info("boat.test")) == 2303
    found = harbour.does(
        info("boat.test"), launch.Info(phase=phase(), application_id=created.application_id, include_mark=True)
    )
    assert ([one.s for one in found.data.status], found.data.ex_date) == (["inactive", "pendingCreate"], None)
    (data,) = found.extensions
    assert (data.application_id, data.status.s) == (created.application_id, "validated")
    assert "<mark:markName>Boat</mark:markName>" in data.mark[0]


def test_rfc_8334_2_6_3_a_signed_mark_may_come_as_an_element(desk):
    one = mark(desk, "boat")
    code, outcome = desk.frame(
        "harbour",
        '<create><domain:create xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>boat.test</domain:name>'
        "<domain:authInfo><domain:pw>2fooBAR</domain:pw></domain:authInfo></domain:create></create><extension>"
        f'<launch:create xmlns:launch="{launch.NAMESPACE}"><launch:phase>sunrise</launch:phase>\n  {one.signed}\n'
        "</launch:create></extension>",
    )
    assert code == 1001
    assert outcome.extensions[0].application_id


def test_a_create_in_sunrise_says_so_and_has_a_mark(desk, harbour):
    error = harbour.refused(create("boat.test"))
    assert (error.code, error.finding) == (2003, "launch-phase")
    error = harbour.refused(create("boat.test"), launch.Create(phase=phase()))
    assert (error.code, error.finding) == (2003, "launch-mark")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("revoked", "is revoked"),
        ("expired", "has expired"),
        ("early", "not valid yet"),
        ("signature", "changed after it was signed"),
        ("issuer", "not of this world's trademark authority"),
    ],
)
def test_rfc_7848_2_3_a_signed_mark_with_a_fault_is_2306(desk, harbour, fault, words):
    mark(desk, "other")
    error = harbour.refused(create("boat.test"), shown(mark(desk, "boat", fault=fault)))
    assert (error.code, error.finding) == (2306, "launch-mark")
    assert words in error.reason


def test_a_mark_for_another_label_is_2306(desk, harbour):
    error = harbour.refused(create("boot.test"), shown(mark(desk, "boat")))
    assert (error.code, error.finding) == (2306, "launch-mark")
    assert "for boat, not boot" in error.reason


@pytest.mark.parametrize("value", ["no base64!", b64encode(b"<no xml").decode(), b64encode(b"\xff\xfe").decode()])
def test_a_signed_mark_that_cannot_be_read_is_2005(desk, harbour, value):
    given = launch.Create(phase=phase(), encoded_signed_mark=(smd.EncodedSignedMark(value=value),))
    assert harbour.refused(create("boat.test"), given).code == 2005


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml.replace("<label>boat", "<label>boot").replace(":label>boat<", ":label>boot<"),
        lambda xml: xml.replace('URI="#signedMark"', 'URI="#other"'),
        lambda xml: xml.replace("ecdsa-sha256", "rsa-sha256"),
        lambda xml: xml[: xml.index("<Signature")] + "</smd:signedMark>",
        lambda xml: xml.replace("<smd:id>", "<smd:id> "),
        lambda xml: xml.replace("xmldsig#enveloped-signature", "xmldsig#enveloped"),
    ],
)
def test_whatever_is_changed_in_a_signed_mark_it_is_not_genuine_any_more(desk, harbour, change):
    xml = mark(desk, "boat").signed
    assert change(xml) != xml
    value = b64encode(change(xml).encode()).decode()
    given = launch.Create(phase=phase(), encoded_signed_mark=(smd.EncodedSignedMark(value=value),))
    assert harbour.refused(create("boat.test"), given).code == 2306


@examples(200)
@given(at=st.floats(0, 1, exclude_max=True), octet=st.integers(0, 255))
def test_a_signed_mark_with_any_octet_changed_is_refused_or_means_the_same(at, octet):
    desk, xml = SIGNED
    changed = bytearray(xml.signed.encode())
    changed[int(at * len(changed))] = octet
    try:
        verified = signing.verify(bytes(changed), desk.registry.mark_signers["authority"])
    except signing.BadMarkError:
        return
    assert (verified.id, verified.labels) == (xml.id, frozenset(xml.labels))


def test_sunrise_takes_codes_and_unsigned_marks_only_where_the_zone_says_so():
    code = launch.Create(
        phase=phase(), code_mark=(launch.CodeMark(code=launch.CodeText(value="49FD46E6C4B45C55D4AC")),)
    )
    desk = launching((SUNRISE,))
    assert Clerk(desk, "harbour").refused(create("boat.test"), code).code == 2306
    desk = launching((Phase(phase="sunrise", marks="any"),))
    clerk = Clerk(desk, "harbour")
    assert clerk.refused(create("boat.test"), code).code == 2306
    known = launch.CodeText(value=mark(desk, "boat").code, validator_id="homeport")
    given = launch.Create(phase=phase(), code_mark=(launch.CodeMark(code=known),))
    assert clerk.code(create("boat.test"), given) == 1001
    assert clerk.refused(create("boot.test"), given).code == 2306
    empty = launch.Create(phase=phase(), code_mark=(launch.CodeMark(),))
    assert clerk.refused(create("boat.test"), empty).code == 2003


# Phases.


def test_another_phase_than_the_one_that_runs_is_2306(desk, harbour):
    for other in (phase("landrush"), phase("sunrise", "second"), phase("open")):
        error = harbour.refused(create("boat.test"), launch.Create(phase=other))
        assert (error.code, error.finding) == (2306, "launch-phase")
    assert harbour.refused(create("boat.open"), launch.Create(phase=phase("open"))).code == 2306


def test_a_phase_takes_applications_or_registrations_and_says_which(desk, harbour):
    given = launch.Create(phase=phase(), type="registration")
    assert harbour.refused(create("boat.test"), given).code == 2306
    desk.clock.advance(30 * DAY)
    given = launch.Create(phase=phase("custom", "idn-release"), type="application")
    assert harbour.refused(create("boat.test"), given).code == 2306


def test_after_all_phases_with_an_end_comes_general_availability():
    desk = launching((SUNRISE,))
    clerk = Clerk(desk, "harbour")
    assert clerk.code(create("boat.test")) == 2003
    desk.clock.advance(10 * DAY)
    assert clerk.code(create("boat.test")) == 1000


def test_a_launch_that_lies_ahead_lets_nothing_be_registered():
    desk = make_desk((Zone(name="test", launch=Launch(begins="2030-01-01T00:00:00Z", phases=(CUSTOM,))),))
    assert Clerk(desk, "harbour").refused(create("boat.test")).code == 2306


def test_a_registration_in_a_custom_phase_shows_its_phase_to_who_asks(desk, harbour):
    desk.clock.advance(30 * DAY)
    custom = phase("custom", "idn-release")
    assert harbour.code(create("boat.test"), launch.Create(phase=custom)) == 1000
    (data,) = [
        one
        for one in harbour.does(info("boat.test"), launch.Info(phase=custom)).extensions
        if isinstance(one, launch.InfData)
    ]
    assert (data.phase, data.application_id, data.status) == (custom, None, None)
    assert not any(isinstance(one, launch.InfData) for one in harbour.does(info("boat.test")).extensions)


def test_a_launch_that_makes_no_sense_has_its_problems_named():
    wrong = Launch(begins="soon", phases=(Phase(phase="sunrise"), Phase(phase="custom")))
    assert [one.partition(":")[0] for one in validate_zone(Zone(name="test", launch=wrong))] == [
        "launch.begins",
        "launch.phases",
        "launch.phases",
    ]


# Claims.


@pytest.fixture
def claims(desk: Desk) -> Desk:
    desk.clock.advance(20 * DAY)
    return desk


def accepted(desk: Desk, label: str, **changes: object) -> launch.Create:
    """Return the extension of a create in claims with a notice that was accepted just now."""
    now = desk.clock.now()
    notice = notice_for(label, [], now)
    values = {"noticeid": notice.id, "not_after": notice.not_after, "accepted": now, "validator": "homeport"} | changes
    return launch.Create(
        phase=phase("claims"),
        notice=(
            launch.Notice(
                notice_id=launch.NoticeId(value=values["noticeid"], validator_id=values["validator"]),
                not_after=values["not_after"],
                accepted_date=values["accepted"],
            ),
        ),
    )


def test_rfc_8334_3_1_1_a_claims_check_answers_keys_for_names_that_match_a_mark(claims, harbour):
    mark(claims, "boat")
    outcome = harbour.does(domain.Check(name=("boat.test", "free.test")), launch.Check(phase=phase("claims")))
    (data,) = outcome.extensions
    assert (outcome.code, outcome.data, data.phase) == (1000, None, phase("claims"))
    assert [(one.name.value, one.name.exists) for one in data.cd] == [("boat.test", True), ("free.test", False)]
    assert data.cd[0].claim_key == (launch.ClaimKey(validator_id="homeport", value=claims_key("boat")),)
    assert data.cd[1].claim_key == ()


def test_rfc_8334_3_1_3_a_trademark_check_needs_no_phase(harbour, desk):
    mark(desk, "boat")
    (data,) = harbour.does(domain.Check(name=("boat.open",)), launch.Check(type="trademark")).extensions
    assert (data.phase, data.cd[0].name.exists) == (None, True)


def test_rfc_8334_3_1_2_an_availability_check_is_for_the_phase_that_runs(claims, harbour):
    names = domain.Check(name=("boat.test",))
    assert harbour.does(names, launch.Check(type="avail", phase=phase("claims"))).data.cd[0].name.avail
    assert harbour.refused(names, launch.Check(type="avail", phase=phase("sunrise"))).code == 2306
    assert harbour.refused(names, launch.Check(type="avail")).code == 2003


def test_a_claims_check_where_no_claims_service_runs_is_2306(desk, harbour):
    error = harbour.refused(domain.Check(name=("boat.test",)), launch.Check())
    assert (error.code, error.finding) == (2306, "launch-phase")
    assert harbour.refused(domain.Check(name=("boat.test",)), launch.Check(phase=phase("sunrise"))).code == 2306
    assert harbour.refused(domain.Check(name=("boat.none",)), launch.Check()).code == 2306


def test_rfc_8334_3_3_2_a_name_that_matches_a_mark_is_registered_with_its_notice(claims, harbour):
    mark(claims, "boat")
    error = harbour.refused(create("boat.test"))
    assert (error.code, error.finding) == (2003, "claims-notice")
    assert harbour.code(create("boat.test"), accepted(claims, "boat")) == 1000
    assert harbour.registry.domains["boat.test"].extras.launch.notice
    assert harbour.code(create("free.test")) == 1000


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"noticeid": "370d0b7c9223372036854775807"}, "checksum differs"),
        ({"noticeid": "x"}, "checksum differs"),
        ({"not_after": NOW + 21 * DAY}, "checksum differs"),
        ({"accepted": NOW + 20 * DAY - 49 * HOUR}, "more than 48 hours ago"),
        ({"accepted": NOW - 365 * DAY}, "more than 48 hours ago"),
        ({"accepted": NOW + 20 * DAY + 60}, "in the future"),
        ({"validator": "tmch"}, "validatorID"),
    ],
)
def test_a_notice_that_is_not_valid_is_2306(claims, harbour, changes, words):
    mark(claims, "boat")
    error = harbour.refused(create("boat.test"), accepted(claims, "boat", **changes))
    assert (error.code, error.finding) == (2306, "claims-notice")
    assert words in error.reason


def test_a_notice_is_valid_for_48_hours(claims, harbour):
    mark(claims, "boat")
    given = accepted(claims, "boat")
    claims.clock.advance(48 * HOUR)
    assert "has ended" in harbour.refused(create("boat.test"), given).reason


# Applications.


def test_the_clock_moves_an_application_and_each_step_is_a_message():
    desk = launching((SUNRISE,), validation=DAY, allocation=2 * DAY)
    clerk = Clerk(desk, "harbour")
    id_ = application_of(clerk, "boat.test", shown(mark(desk, "boat")), years=3)
    steps = []
    for days in (1, 9, 2):
        desk.clock.advance(days * DAY)
        steps.append((desk.registry.applications[id_].status, messages(clerk)[-1]))
    assert steps == [("validated", "validated"), ("pendingAllocation",) * 2, ("allocated", "allocated")]
    found = desk.registry.domains["boat.test"]
    assert found.extras.launch.application == id_
    assert [one.date for one in desk.registry.messages.of("harbour")] == [NOW + n * DAY for n in (1, 10, 12)]
    assert (found.created, found.registrar, found.pending) == (NOW + 12 * DAY, "harbour", "")
    assert 3 * 365 * DAY <= found.expires - found.created <= 3 * 366 * DAY


def test_one_jump_does_what_many_small_ones_do():
    ends = []
    for step in (40 * DAY, HOUR * 7):
        desk = launching((SUNRISE, LANDRUSH), validation=DAY, allocation=DAY)
        one = mark(desk, "boat")
        for name in ("harbour", "lighthouse"):
            application_of(Clerk(desk, name), "boat.test", shown(one))
        while desk.clock.now() < NOW + 40 * DAY:
            desk.clock.advance(min(step, NOW + 40 * DAY - desk.clock.now()))
        registry = desk.registry
        dated = sorted((one.registrar, one.date, one.text) for one in registry.messages)
        ends.append((dated, registry.domains, {one.id: one.status for one in registry.applications.values()}))
    assert ends[0] == ends[1]


def test_the_first_application_for_a_name_gets_it_and_the_others_are_rejected(desk, harbour, lighthouse):
    one = mark(desk, "boat")
    first = application_of(lighthouse, "boat.test", shown(one))
    second = application_of(harbour, "boat.test", shown(one))
    desk.clock.advance(10 * DAY)
    assert desk.registry.domains["boat.test"].registrar == "lighthouse"
    assert [desk.registry.applications[each].status for each in (first, second)] == ["allocated", "rejected"]
    assert messages(lighthouse)[-1] == "allocated"
    assert messages(harbour)[-1] == "rejected"
    landrush = launch.Create(phase=phase("landrush"))
    assert harbour.code(create("boat.test"), landrush) == 2302


def test_rfc_8334_2_5_messages_show_the_domain_and_at_the_end_the_outcome(desk, harbour):
    id_ = application_of(harbour, "boat.test", shown(mark(desk, "boat")))
    desk.clock.advance(10 * DAY)
    seen = []
    for _ in range(3):
        outcome = harbour.does(REQUEST)
        (data,) = outcome.extensions
        seen.append((type(outcome.data), data.application_id, data.status.s))
        last = outcome.data
        harbour.does(epp.Poll(op="ack", msg_id=outcome.queue.id))
    assert seen == [
        (domain.InfData, id_, "validated"),
        (domain.InfData, id_, "pendingAllocation"),
        (domain.PanData, id_, "allocated"),
    ]
    assert last.name == domain.PendingName(pa_result=True, value="boat.test")
    assert last.pa_trid.cl_trid == desk.registry.applications[id_].cl_trid


def test_a_mark_revoked_before_the_validation_makes_the_application_invalid():
    desk = launching((SUNRISE,), validation=DAY)
    clerk = Clerk(desk, "harbour")
    one = mark(desk, "boat")
    id_ = application_of(clerk, "boat.test", shown(one))
    changes = desk.registry.begin()
    changes.put(Mark(**{name: getattr(one, name) for name in one.__struct_fields__} | {"revoked": True}))
    desk.registry.commit(changes)
    desk.clock.advance(20 * DAY)
    assert desk.registry.applications[id_].status == "invalid"
    assert "boat.test" not in desk.registry.domains
    outcome = clerk.does(REQUEST)
    assert outcome.data.name.pa_result is False


def test_an_application_is_rejected_where_its_registrar_cannot_pay_any_more(desk, harbour):
    id_ = application_of(harbour, "boat.test", shown(mark(desk, "boat")))
    changes = desk.registry.begin()
    registrar = desk.registry.registrars["harbour"]
    changes.put(type(registrar)(id="harbour", name="harbour", balance=1.0))
    desk.registry.commit(changes)
    desk.clock.advance(10 * DAY)
    assert desk.registry.applications[id_].status == "rejected"
    assert desk.registry.registrars["harbour"].balance == 1.0


def test_rfc_8334_3_4_and_3_5_an_application_is_changed_and_withdrawn_by_its_client_alone(desk, harbour, pilot):
    one = mark(desk, "boat")
    id_ = application_of(harbour, "boat.test", shown(one))
    given = launch.Update(phase=phase(), application_id=id_)
    change = update("boat.test", chg=domain.Chg(registrant="sh8011"))
    assert harbour.code(change, given) == 1000
    found = harbour.does(info("boat.test"), launch.Info(phase=phase(), application_id=id_)).data
    assert (found.registrant, found.up_id, found.up_date) == ("sh8011", "harbour", NOW)
    delete = launch.Delete(phase=phase(), application_id=id_)
    assert pilot.code(domain.Delete(name="boat.test"), delete) == 2201
    assert pilot.code(info("boat.test"), launch.Info(phase=phase(), application_id=id_)) == 2201
    assert harbour.code(domain.Delete(name="other.test"), delete) == 2303
    wrong = launch.Delete(phase=phase("landrush"), application_id=id_)
    assert harbour.code(domain.Delete(name="boat.test"), wrong) == 2306
    assert harbour.code(domain.Delete(name="boat.test"), delete) == 1000
    assert harbour.code(domain.Delete(name="boat.test"), delete) == 2303
    desk.clock.advance(10 * DAY)
    assert harbour.messages() == ["application.validated"]


def test_an_update_of_an_application_takes_dnssec_data_and_statuses_that_the_domain_has_then(desk, harbour):
    id_ = application_of(harbour, "boat.test", shown(mark(desk, "boat")))
    signer = secdns.DsData(key_tag=1, alg=13, digest_type=2, digest="AB" * 32)
    given = launch.Update(phase=phase(), application_id=id_)
    assert harbour.code(update("boat.test"), given, secdns.Update(add=secdns.Add(ds_data=(signer,)))) == 1000
    assert harbour.code(update("boat.test", add=statuses("clientUpdateProhibited")), given) == 1000
    assert harbour.code(update("boat.test", chg=domain.Chg(registrant="sh8011")), given) == 2304
    desk.clock.advance(10 * DAY)
    found = desk.registry.domains["boat.test"]
    assert ([one.key_tag for one in found.signers], found.statuses) == ([1], ("clientUpdateProhibited",))


def test_hosts_and_contacts_that_were_deleted_meanwhile_are_not_in_the_domain(desk, harbour):
    ns = domain.Ns(host_obj=("ns1.outside.net", "ns2.outside.net"))
    application_of(harbour, "boat.test", shown(mark(desk, "boat")), ns=ns, registrant="sh8011")
    assert harbour.code(host.Delete(name="ns1.outside.net")) == 1000
    assert harbour.code(contact.Delete(id="sh8011")) == 1000
    desk.clock.advance(10 * DAY)
    found = desk.registry.domains["boat.test"]
    assert (found.nameservers, found.registrant) == (("ns2.outside.net",), "")


def test_an_application_that_waits_for_its_allocation_cannot_be_changed_any_more():
    desk = launching((SUNRISE, LANDRUSH), allocation=DAY)
    clerk = Clerk(desk, "harbour")
    id_ = application_of(clerk, "boat.test", shown(mark(desk, "boat")))
    desk.clock.advance(10 * DAY)
    delete = launch.Delete(phase=phase(), application_id=id_)
    assert clerk.code(domain.Delete(name="boat.test"), delete) == 2304


def test_a_landrush_with_claims_keeps_the_notice_of_an_application():
    desk = launching((Phase(phase="landrush", claims=True, lasts=Duration(DAY)),))
    clerk = Clerk(desk, "harbour")
    mark(desk, "boat")
    assert clerk.refused(create("boat.test"), launch.Create(phase=phase("landrush"))).finding == "claims-notice"
    (notice,) = accepted(desk, "boat").notice
    application_of(clerk, "boat.test", launch.Create(phase=phase("landrush"), notice=(notice,)))
    desk.clock.advance(DAY)
    assert desk.registry.domains["boat.test"].extras.launch.notice == notice.notice_id.value


def test_landrush_takes_applications_without_marks_and_its_names_are_given_at_its_end(desk, harbour):
    desk.clock.advance(10 * DAY)
    id_ = application_of(harbour, "boat.test", launch.Create(phase=phase("landrush")))
    desk.clock.advance(10 * DAY)
    assert desk.registry.domains["boat.test"].extras.launch.phase == "landrush"
    assert harbour.does(info("boat.test"), launch.Info(phase=phase("landrush"))).extensions[-1].application_id == id_


def test_the_registry_moves_an_application_by_itself_and_the_domain_is_there(desk, harbour):
    id_ = application_of(harbour, "boat.test", shown(mark(desk, "boat")))
    changes = desk.registry.begin()
    move(changes, desk.registry.applications[id_], "allocated")
    desk.registry.commit(changes)
    assert harbour.info("boat.test").cl_id == "harbour"
    desk.clock.advance(30 * DAY)
    assert messages(harbour) == ["validated", "allocated"]


def test_a_snapshot_keeps_marks_authority_and_applications_with_their_events(desk, harbour):
    id_ = application_of(harbour, "boat.test", shown(mark(desk, "boat")))
    other = Registry(RegistryContents(zones=tuple(desk.registry.zones.values())), desk.clock)
    other.restore(desk.registry.snapshot())
    assert other.applications == desk.registry.applications
    assert (other.marks, other.mark_signers) == (desk.registry.marks, desk.registry.mark_signers)
    desk.clock.advance(20 * DAY)
    assert other.applications[id_].status == "allocated"
    assert applications_for(other, "boat.test") == [other.applications[id_]]


def test_a_zone_without_a_launch_is_as_ever(desk, harbour):
    assert harbour.code(create("boat.open")) == 1000
    assert harbour.registry.domains["boat.open"].extras.launch is None


def test_the_file_of_a_mark_has_what_an_encoded_signed_mark_holds(desk):
    one = mark(desk, "boat", "boats")
    text = smd_file(one)
    assert f"smdID: {one.id}\nU-labels: boat, boats\n" in text
    lines = text.partition("SMD-----\n")[2].partition("\n-----END")[0].splitlines()
    assert "".join(lines) == encoded(one)
    assert max(map(len, lines)) == 64
