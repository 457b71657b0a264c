"""Contacts (RFC 5733), as registrars see them."""

import msgspec
import pytest
from tests.services.epp.desk import DAY, Desk

from homeport.services.epp.flow import EppError
from homeport.services.epp.grammar import contact
from homeport.services.epp.grammar.eppcom import Password
from homeport.world.registry.objects import Contact, Disclose, PostalInfo

INT = contact.PostalInfo(
    type="int",
    name="Maja Lund",
    org="Lund & Sons",
    addr=contact.Addr(street=("Quay 4", ""), city="Port Meridian", sp="Tideshire", pc="PM1 4LN", cc="gb"),
)
LOC = contact.PostalInfo(type="loc", name="Мая Лунд", addr=contact.Addr(city="Порт", cc="GB"))


def password(text: str) -> contact.AuthInfo:
    return contact.AuthInfo(pw=Password(value=text))


def creation(id="maja-1", **changes) -> contact.Create:  # noqa: A002 - the field's name in RFC 5733
    return msgspec.structs.replace(
        contact.Create(
            id=id,
            postal_info=(INT,),
            voice=contact.Phone(value="+44.1865550177", x="12"),
            email="maja@lund.example",
            auth_info=password("Tide-and-9-bells"),
        ),
        **changes,
    )


def statuses(*names: str) -> contact.AddRem:
    return contact.AddRem(status=tuple(contact.Status(s=name) for name in names))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def maja(desk) -> Desk:
    """Return the desk after harbour has created the contact maja-1."""
    desk.do("harbour", creation())
    return desk


def test_a_check_answers_in_the_order_asked_and_refuses_nothing(desk):
    """RFC 5733 3.1.1"""
    answer = desk.do("harbour", contact.Check(id=("free-1", "HM-1", "zwölf", "al-1"))).data
    assert [(one.id.value, one.id.avail, one.reason and one.reason.value) for one in answer.cd] == [
        ("free-1", True, None),
        ("HM-1", False, "In use"),
        ("zwölf", False, "Not an identifier here"),
        ("al-1", False, "In use"),
    ]


def test_a_created_contact_is_shown_unchanged(desk):
    """RFC 5733 3.2.1 and 3.1.2"""
    made = desk.do("harbour", creation(postal_info=(INT, LOC), fax=contact.Phone(value="+44.1865550178"))).data
    assert (made.id, made.cr_date) == ("maja-1", desk.clock.now())
    told = desk.do("harbour", contact.Info(id="maja-1")).data
    assert told.roid.endswith("-HOMEPORT")
    assert [status.s for status in told.status] == ["ok"]
    assert [postal.type for postal in told.postal_info] == ["int", "loc"]
    assert told.postal_info[0].addr == contact.Addr(
        street=("Quay 4",), city="Port Meridian", sp="Tideshire", pc="PM1 4LN", cc="GB"
    )
    assert told.postal_info[1].name == "Мая Лунд"
    assert (told.voice, told.fax) == (creation().voice, contact.Phone(value="+44.1865550178"))
    assert (told.email, told.cl_id, told.cr_id) == ("maja@lund.example", "harbour", "harbour")
    assert (told.up_id, told.up_date, told.tr_date) == (None, None, None)
    assert told.auth_info == password("Tide-and-9-bells")


def test_a_contact_that_was_seeded_with_gaps_is_shown_as_the_schema_wants_it(desk):
    """contact-1.0: name, city, cc and email are required, and at most seven statuses"""
    given = [f"{who}{what}Prohibited" for who in ("client", "server") for what in ("Delete", "Transfer", "Update")]
    desk.registry.put(
        Contact(id="gaps", roid="C77-HOMEPORT", registrar="harbour", created=0.0, postal=PostalInfo(),
                statuses=tuple(given), pending="update")
    )  # fmt: skip
    linked = msgspec.structs.replace(desk.registry.domain("homeport.test"), registrant="gaps")
    desk.registry.put(linked)
    told = desk.do("harbour", contact.Info(id="gaps")).data
    assert (told.email, told.postal_info[0].addr.cc, len(told.status)) == ("-", "ZZ", 7)


def test_a_contact_may_have_a_local_address_alone(desk):
    """RFC 5733 3.2.1: one or two postalInfo, of either type"""
    desk.do("harbour", creation(postal_info=(LOC,)))
    told = desk.do("harbour", contact.Info(id="maja-1")).data
    assert [postal.type for postal in told.postal_info] == ["loc"]


def test_an_identifier_keeps_its_case_and_is_known_in_any(maja):
    """RFC 5733 2.1"""
    assert maja.do("harbour", contact.Info(id="MAJA-1")).data.id == "maja-1"
    assert maja.refused("lighthouse", creation(id="Maja-1"))[0] == 2302


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"id": "with blank"}, 2005, "2.1"),
        ({"id": "ab"}, 2005, "2.1"),
        ({"email": "maja"}, 2005, "2.6"),
        ({"email": "maja@localhost"}, 2005, "2.6"),
        ({"email": "maja@lund..example"}, 2005, "2.6"),
        ({"email": "ma ja@lund.example"}, 2005, "2.6"),
        ({"email": "маја@lund.example"}, 2005, "9873"),
        ({"voice": contact.Phone()}, 2005, "2.5"),
        ({"fax": contact.Phone()}, 2005, "2.5"),
        ({"postal_info": (msgspec.structs.replace(INT, addr=contact.Addr(city="X", cc="UK")),)}, 2005, "GB?"),
        ({"id": "HM-1"}, 2302, "3.2.1"),
    ],
)
def test_values_that_only_the_rfc_forbids_are_refused_with_the_section(desk, change, code, says):
    """RFC 5733 2"""
    answered, reason = desk.refused("harbour", creation(**change))
    assert answered == code
    assert says in reason


@pytest.mark.parametrize("email", ['"maja lund"@lund.example', "m.l+tide@sub.lund.example", "x@xn--lnd-hoa.example"])
def test_unusual_addresses_are_addresses(desk, email):
    """RFC 5733 2.6: RFC 5322"""
    assert desk.do("harbour", creation(email=email)).code == 1000


def test_an_empty_password_is_unset(desk):
    """RFC 9154 4.1: unset until it is needed; an empty password never matches"""
    desk.do("harbour", creation(auth_info=password("")))
    assert desk.do("harbour", contact.Info(id="maja-1")).data.auth_info is None
    assert desk.refused("lighthouse", contact.Info(id="maja-1", auth_info=password("")))[0] == 2202


def test_others_see_a_contact_by_its_password_alone_and_never_the_password(maja):
    """RFC 5733 3.1.2"""
    assert maja.refused("lighthouse", contact.Info(id="maja-1"))[0] == 2201
    assert maja.refused("lighthouse", contact.Info(id="maja-1", auth_info=password("guess")))[0] == 2202
    told = maja.do("lighthouse", contact.Info(id="maja-1", auth_info=password("Tide-and-9-bells"))).data
    assert told.email == "maja@lund.example"
    assert told.auth_info is None


def test_a_password_for_another_roid_opens_nothing(maja):
    """RFC 5733 2.8"""
    given = contact.AuthInfo(pw=Password(roid="C999-HOMEPORT", value="Tide-and-9-bells"))
    assert maja.refused("lighthouse", contact.Info(id="maja-1", auth_info=given))[0] == 2202


def test_each_command_on_an_unknown_contact_is_2303(desk):
    """RFC 5730 3: 2303"""
    for command in (
        contact.Info(id="nobody"),
        contact.Delete(id="nobody"),
        contact.Update(id="nobody", chg=contact.Chg(email="a@b.example")),
    ):
        assert desk.refused("harbour", command)[0] == 2303
    for op in ("query", "request", "approve", "reject", "cancel"):
        assert desk.refused("harbour", contact.Transfer(id="nobody"), op)[0] == 2303


# Disclosure


def test_disclosure_preferences_are_stored_and_shown(desk):
    """RFC 5733 2.9"""
    wanted = contact.Disclose(
        flag=False, name=(contact.IntLoc(type="int"),), addr=(contact.IntLoc(type="loc"),), voice=True, email=True
    )
    desk.do("harbour", creation(disclose=wanted))
    assert desk.do("harbour", contact.Info(id="maja-1")).data.disclose == wanted
    kept = desk.registry.contact("maja-1").disclose
    assert kept == Disclose(flag=False, elements=("name.int", "addr.loc", "voice", "email"))


def test_a_disclosure_against_the_registry_s_policy_is_refused():
    """RFC 5733 2.9: 2308"""
    desk = Desk(always_disclosed=("org",))
    hide = contact.Disclose(flag=False, org=(contact.IntLoc(type="int"),), voice=True)
    code, reason = desk.refused("harbour", creation(disclose=hide))
    assert code == 2308
    assert "org.int" in reason
    show = msgspec.structs.replace(hide, flag=True)
    assert desk.do("harbour", creation(disclose=show)).code == 1000


# Update


def test_an_update_replaces_the_given_elements_only(maja):
    """RFC 5733 3.2.5"""
    maja.clock.freeze()
    maja.clock.advance(60)
    chg = contact.Chg(
        postal_info=(contact.ChgPostalInfo(type="int", org="", addr=contact.Addr(city="Nordhafen", cc="de")),),
        voice=contact.Phone(),
        email="maja@new.example",
        auth_info=password("Other-9-Bells"),
    )
    assert maja.do("harbour", contact.Update(id="maja-1", chg=chg)).data is None
    kept = maja.registry.contact("maja-1")
    assert kept.postal == PostalInfo(name="Maja Lund", city="Nordhafen", country="DE")
    assert (kept.voice, kept.voice_ext, kept.email, kept.password) == ("", "", "maja@new.example", "Other-9-Bells")
    told = maja.do("harbour", contact.Info(id="maja-1")).data
    assert (told.up_id, told.up_date) == ("harbour", maja.clock.now())


def test_an_address_of_the_other_type_is_added_whole(maja):
    """RFC 5733 3.2.5"""
    part = contact.ChgPostalInfo(type="loc", name="Мая Лунд")
    assert maja.refused("harbour", contact.Update(id="maja-1", chg=contact.Chg(postal_info=(part,))))[0] == 2003
    whole = msgspec.structs.replace(part, addr=LOC.addr)
    maja.do("harbour", contact.Update(id="maja-1", chg=contact.Chg(postal_info=(whole,))))
    assert [postal.type for postal in maja.do("harbour", contact.Info(id="maja-1")).data.postal_info] == ["int", "loc"]


def test_an_update_by_another_registrar_is_refused(maja):
    """RFC 5730 3: 2201"""
    update = contact.Update(id="maja-1", chg=contact.Chg(email="mine@now.example"))
    assert maja.refused("lighthouse", update)[0] == 2201


def test_a_chg_without_anything_changes_nothing(maja):
    """RFC 5733 3.2.5: at least one child element"""
    assert maja.refused("harbour", contact.Update(id="maja-1", chg=contact.Chg()))[0] == 2003


@pytest.mark.parametrize("status", ["ok", "linked", "pendingCreate", "pendingTransfer", "serverUpdateProhibited"])
def test_clients_leave_the_server_s_statuses_alone(maja, status):
    """RFC 5733 2.2"""
    for update in ({"add": statuses(status)}, {"rem": statuses(status)}):
        with pytest.raises(EppError) as refusal:
            maja.do("harbour", contact.Update(id="maja-1", **update))
        assert (refusal.value.code, refusal.value.finding) == (2306, "server-status")


def test_a_status_is_added_once_and_removed_once(maja):
    """RFC 5733 3.2.5"""
    add = contact.Update(id="maja-1", add=statuses("clientDeleteProhibited"))
    rem = contact.Update(id="maja-1", rem=statuses("clientDeleteProhibited"))
    both = contact.Update(
        id="maja-1", add=statuses("clientTransferProhibited"), rem=statuses("clientTransferProhibited")
    )
    assert maja.refused("harbour", rem)[0] == 2306
    assert maja.do("harbour", add).code == 1000
    assert maja.refused("harbour", add)[0] == 2306
    assert maja.refused("harbour", contact.Delete(id="maja-1"))[0] == 2304
    assert maja.do("harbour", rem).code == 1000
    assert maja.refused("harbour", both)[0] == 2306
    assert [status.s for status in maja.do("harbour", contact.Info(id="maja-1")).data.status] == ["ok"]


def test_client_update_prohibited_lets_only_itself_be_removed(maja):
    """RFC 5733 2.2"""
    maja.do("harbour", contact.Update(id="maja-1", add=statuses("clientUpdateProhibited")))
    change = contact.Update(id="maja-1", chg=contact.Chg(email="a@b.example"))
    assert maja.refused("harbour", change)[0] == 2304
    assert maja.do("harbour", contact.Update(id="maja-1", rem=statuses("clientUpdateProhibited"))).code == 1000
    assert maja.do("harbour", change).code == 1000


def test_clients_cannot_remove_server_prohibitions(maja):
    """RFC 5733 2.2"""
    one = maja.registry.contact("maja-1")
    prohibited = ("serverDeleteProhibited", "serverTransferProhibited", "serverUpdateProhibited")
    maja.registry.put(msgspec.structs.replace(one, statuses=prohibited))
    assert maja.refused("harbour", contact.Delete(id="maja-1"))[0] == 2304
    assert maja.refused("harbour", contact.Update(id="maja-1", add=statuses("clientDeleteProhibited")))[0] == 2304
    given = contact.Transfer(id="maja-1", auth_info=password("Tide-and-9-bells"))
    assert maja.refused("lighthouse", given, "request")[0] == 2304


def test_a_contact_under_review_cannot_be_changed(maja):
    """RFC 5733 2.2: pendingCreate and so on"""
    maja.registry.put(msgspec.structs.replace(maja.registry.contact("maja-1"), pending="update"))
    assert [status.s for status in maja.do("harbour", contact.Info(id="maja-1")).data.status] == ["pendingUpdate"]
    assert maja.refused("harbour", contact.Delete(id="maja-1"))[0] == 2304
    assert maja.refused("harbour", contact.Update(id="maja-1", chg=contact.Chg(email="a@b.example")))[0] == 2304


# Delete


def test_a_deleted_contact_is_gone(maja):
    """RFC 5733 3.2.2"""
    assert maja.refused("lighthouse", contact.Delete(id="maja-1"))[0] == 2201
    assert maja.do("harbour", contact.Delete(id="maja-1")).data is None
    assert maja.refused("harbour", contact.Info(id="maja-1"))[0] == 2303


def test_a_linked_contact_stays_and_the_answer_names_its_domains(desk):
    """RFC 5733 3.2.2: 2305; 2.2: linked stands beside other statuses"""
    shown = [status.s for status in desk.do("harbour", contact.Info(id="HM-1")).data.status]
    assert shown[0] == "linked"
    code, reason = desk.refused("harbour", contact.Delete(id="HM-1"))
    assert code == 2305
    assert "homeport.test" in reason


# Transfer


def asked(desk: Desk, who: str = "lighthouse") -> contact.TrnData:
    outcome = desk.do(who, contact.Transfer(id="maja-1", auth_info=password("Tide-and-9-bells")), "request")
    assert outcome.code == 1001
    return outcome.data


def test_a_request_waits_for_the_sponsor(maja):
    """RFC 5733 3.2.4"""
    told = asked(maja)
    assert (told.tr_status, told.re_id, told.ac_id) == ("pending", "lighthouse", "harbour")
    assert told.re_date == maja.clock.now()
    assert told.ac_date > told.re_date
    for who in ("harbour", "lighthouse"):
        assert maja.do(who, contact.Transfer(id="maja-1"), "query").data == told
    assert [status.s for status in maja.do("harbour", contact.Info(id="maja-1")).data.status] == ["pendingTransfer"]
    assert maja.refused("pilot", contact.Transfer(id="maja-1"), "query")[0] == 2201
    by_password = contact.Transfer(id="maja-1", auth_info=password("Tide-and-9-bells"))
    assert maja.do("pilot", by_password, "query").data == told


def test_an_approved_contact_has_another_sponsor_and_no_password(maja):
    """RFC 5733 3.2.4; RFC 9154 4.3"""
    asked(maja)
    assert maja.refused("lighthouse", contact.Transfer(id="maja-1"), "approve")[0] == 2201
    done = maja.do("harbour", contact.Transfer(id="maja-1"), "approve")
    assert (done.code, done.data.tr_status, done.data.ac_id) == (1000, "clientApproved", "harbour")
    told = maja.do("lighthouse", contact.Info(id="maja-1")).data
    assert (told.cl_id, told.cr_id, told.tr_date) == ("lighthouse", "harbour", maja.clock.now())
    assert told.auth_info is None
    assert maja.refused("harbour", contact.Info(id="maja-1"))[0] == 2201
    assert maja.do("harbour", contact.Transfer(id="maja-1"), "query").data.tr_status == "clientApproved"


def test_a_rejected_contact_stays_where_it_is(maja):
    """RFC 5733 3.2.4"""
    asked(maja)
    assert maja.do("harbour", contact.Transfer(id="maja-1"), "reject").data.tr_status == "clientRejected"
    assert maja.registry.contact("maja-1").registrar == "harbour"
    assert maja.refused("harbour", contact.Transfer(id="maja-1"), "reject")[0] == 2301


def test_the_requesting_registrar_can_cancel(maja):
    """RFC 5730 2.9.3.4"""
    asked(maja)
    assert maja.refused("harbour", contact.Transfer(id="maja-1"), "cancel")[0] == 2201
    done = maja.do("lighthouse", contact.Transfer(id="maja-1"), "cancel").data
    assert (done.tr_status, done.ac_id) == ("clientCancelled", "lighthouse")
    assert maja.refused("lighthouse", contact.Transfer(id="maja-1"), "cancel")[0] == 2301


def test_a_transfer_that_was_not_requested_cannot_be_answered(maja):
    """RFC 5730 3: 2301"""
    for op in ("query", "approve", "reject"):
        assert maja.refused("harbour", contact.Transfer(id="maja-1"), op)[0] == 2301
    assert maja.refused("lighthouse", contact.Transfer(id="maja-1"), "cancel")[0] == 2301


def test_a_request_needs_the_right_password_and_another_s_contact(maja):
    """RFC 5733 3.2.4; RFC 5730 3: 2003, 2202, 2106, 2300"""
    right = contact.Transfer(id="maja-1", auth_info=password("Tide-and-9-bells"))
    assert maja.refused("lighthouse", contact.Transfer(id="maja-1"), "request")[0] == 2003
    wrong = contact.Transfer(id="maja-1", auth_info=password("guess"))
    assert maja.refused("lighthouse", wrong, "request")[0] == 2202
    assert maja.refused("harbour", right, "request")[0] == 2106
    asked(maja)
    assert maja.refused("pilot", right, "request")[0] == 2300
    assert maja.refused("lighthouse", right, "request")[0] == 2300


def test_a_locked_contact_is_not_transferred(maja):
    """RFC 5733 2.2: clientTransferProhibited"""
    lock = contact.Update(id="maja-1", add=statuses("clientTransferProhibited"))
    right = contact.Transfer(id="maja-1", auth_info=password("Tide-and-9-bells"))
    maja.do("harbour", lock)
    assert maja.refused("lighthouse", right, "request")[0] == 2304


def test_an_unanswered_request_is_approved_at_its_deadline(maja):
    """RFC 5730 2.9.3.4: acDate"""
    due = asked(maja).ac_date
    maja.clock.freeze()
    maja.clock.set(due - 1)
    assert maja.registry.contact("maja-1").registrar == "harbour"
    maja.clock.set(due + 30 * DAY)
    told = maja.do("lighthouse", contact.Transfer(id="maja-1"), "query").data
    assert (told.tr_status, told.ac_date) == ("serverApproved", due)
    assert maja.registry.contact("maja-1").registrar == "lighthouse"


def test_a_contact_in_transfer_is_neither_changed_nor_deleted(maja):
    """RFC 5733 2.2: pendingTransfer"""
    asked(maja)
    assert maja.refused("harbour", contact.Update(id="maja-1", chg=contact.Chg(email="a@b.example")))[0] == 2304
    assert maja.refused("harbour", contact.Delete(id="maja-1"))[0] == 2304
