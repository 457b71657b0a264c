"""The registry over the API: seeding, the registry's own actions, poll queues, zones, snapshots, robots."""

from urllib.parse import quote

import pytest
from tests.control.test_api import WORLD

DAY = 86_400
NOW = "2026-10-14T12:00:00Z"
DOMAIN = {"name": "new.test", "roid": "D9-NEW", "registrar": "harbour", "created": "-P1Y", "expires": "+P1Y"}
CONTACT = {"id": "NEW-1", "roid": "C9-NEW", "registrar": "harbour", "created": "-P1Y", "postal": {"name": "Zoe"}}
HOST = {"name": "ns.new.test", "roid": "H9-NEW", "registrar": "harbour", "created": "-P1Y"}
TRANSFER = {"gaining": "pilot", "losing": "harbour", "requested": "-1h", "acted": "+1h", "years": 1}


@pytest.fixture
def farm(start_farm):
    return start_farm("whois")


@pytest.fixture(autouse=True)
def frozen(api):
    """Freeze the clock at the registry's beginning."""
    api("POST", "/clock", {"set": NOW, "freeze": True})
    api("POST", "/registry/reset", status=204)


@pytest.fixture
def act(api):
    """Return a function that runs an action: `act("homeport.test", "hold")`."""

    def send(name, act, *, kind="domains", status=200, **fields):
        return api("POST", f"/registry/{kind}/{quote(name)}/acts", {"act": act, **fields}, status=status)

    return send


@pytest.fixture
def queue(api):
    """Return a function that returns a registrar's messages, except the seed's."""

    def read(registrar):
        return [
            one["text"] for one in api("GET", f"/registry/registrars/{registrar}/messages")["items"] if one["id"] > 5
        ]

    return read


class TestSeeding:
    """PUT seeds an object unchanged."""

    @pytest.mark.parametrize(
        ("facts", "statuses", "rgp"),
        [
            ({}, ["inactive"], []),
            ({"statuses": ["clientHold"]}, ["inactive", "clientHold"], []),
            ({"deleted": "-1d"}, ["inactive", "pendingDelete"], ["redemptionPeriod"]),
            ({"deleted": "-2d", "restoring": "-1d"}, ["inactive", "pendingDelete"], ["pendingRestore"]),
            ({"deleted": "-31d", "purging": "-1d"}, ["inactive", "pendingDelete"], ["pendingDelete"]),
            ({"transfer": TRANSFER}, ["inactive", "pendingTransfer"], []),
            ({"pending": "update"}, ["inactive", "pendingUpdate"], []),
            (
                {"graces": [{"kind": "add", "begun": "-1d", "ends": "+1d", "registrar": "harbour"}]},
                ["inactive"],
                ["addPeriod"],
            ),
        ],
    )
    def test_a_domain_is_in_any_state_at_once(self, api, facts, statuses, rgp):
        put = api("PUT", "/registry/domains/new.test", DOMAIN | facts)
        state = api("GET", "/registry/domains/new.test/state")
        assert (state["object"], state["statuses"], state["rgp_statuses"]) == (put, statuses, rgp)
        assert api("PUT", "/registry/domains/new.test", put) == put

    @pytest.mark.parametrize(
        ("path", "facts", "letter"),
        [
            ("domains/new.test", {"expires": "+P1Y"}, "D"),
            ("hosts/ns1.new.test", {}, "H"),
            ("contacts/NEW-1", {"postal": {"name": "Anne"}}, "C"),
        ],
    )
    def test_what_is_omitted_is_assigned_once_and_kept(self, api, path, facts, letter):
        first = api("PUT", f"/registry/{path}", {"registrar": "harbour", **facts})
        assert (first["roid"][0], first["created"]) == (letter, "2026-10-14T12:00:00.000000Z")
        other = api(
            "PUT",
            f"/registry/{path.replace('new', 'other').replace('NEW', 'OTHER')}",
            {"registrar": "harbour", **facts},
        )
        assert other["roid"] != first["roid"]
        api("POST", "/clock", {"advance": "P1D"})
        again = api("PUT", f"/registry/{path}", {"registrar": "harbour", **facts})
        assert (again["roid"], again["created"]) == (first["roid"], first["created"])

    def test_an_event_that_is_due_already_when_it_is_seeded_happens_at_once(self, api):
        api("PUT", "/registry/domains/new.test", DOMAIN | {"expires": "-1d"})
        assert api("GET", "/registry/domains/new.test")["expires"] == "2027-10-13T12:00:00.000000Z"

    def test_a_registrar_has_all_that_it_logs_in_with(self, api):
        registrar = {
            "id": "newcomer",
            "name": "Newcomer Inc.",
            "password": "secret-1",
            "certificate": "pinned",
            "pins": ["ab" * 32],
            "zones": ["test"],
            "sessions": 2,
            "balance": 100.5,
            "low_balance": 20,
            "robot": {"answers": "approve", "after": 60},
        }
        put = api("PUT", "/registry/registrars/newcomer", registrar)
        assert registrar.items() <= {**put, "robot": registrar["robot"]}.items()
        assert put["robot"] == {"answers": "approve", "after": 60.0, "cancels": False, "wants": []}

    @pytest.mark.parametrize(
        ("plural", "body", "detail"),
        [
            ("domains", DOMAIN | {"roid": "D9"}, "roid: 'D9' is not valid"),
            ("domains", DOMAIN | {"registrar": "ab"}, "registrar: 'ab' is not valid: identifiers have 3 to 16"),
            ("domains", DOMAIN | {"updater": "a" * 17}, "updater: 'aaaaaaaaaaaaaaaaa' is not valid"),
            ("domains", DOMAIN | {"registrant": "c1"}, "registrant: 'c1' is not valid"),
            ("domains", DOMAIN | {"expires": "-P2Y"}, "expires: before created"),
            ("domains", DOMAIN | {"statuses": ["ok"]}, "statuses: ok cannot be set"),
            ("domains", DOMAIN | {"statuses": ["pendingDelete"]}, "pendingDelete cannot be set"),
            ("domains", DOMAIN | {"statuses": ["clientHeld"]}, "statuses: a domain has no 'clientHeld'; allowed are"),
            ("domains", DOMAIN | {"statuses": ["clientHold", "clientHold"]}, "one is listed twice"),
            ("domains", DOMAIN | {"restoring": "-1d"}, "restoring: only a deleted domain has it"),
            ("domains", DOMAIN | {"purging": "-1d"}, "purging: only a deleted domain has it"),
            ("domains", DOMAIN | {"deleted": "-9d", "purging": "-1d", "restoring": "-1d"}, "set only one of restoring"),
            (
                "domains",
                DOMAIN | {"deleted": "-1d", "statuses": ["clientDeleteProhibited"]},
                "pendingDelete excludes clientDeleteProhibited",
            ),
            (
                "domains",
                DOMAIN | {"transfer": TRANSFER, "statuses": ["serverTransferProhibited"]},
                "pendingTransfer excludes serverTransferProhibited",
            ),
            ("domains", DOMAIN | {"transfer": TRANSFER | {"losing": "pilot"}}, "losing is the sponsor"),
            ("domains", DOMAIN | {"transfer": TRANSFER | {"gaining": "harbour"}}, "are the same registrar"),
            ("domains", DOMAIN | {"transfer": TRANSFER | {"acted": "-2h"}}, "acted is before requested"),
            ("domains", DOMAIN | {"transfer": TRANSFER, "deleted": "-1h"}, "a deleted domain has no pending transfer"),
            (
                "domains",
                DOMAIN | {"graces": [{"kind": "add", "begun": "-1d", "ends": "-2d", "registrar": "harbour"}]},
                "the add grace ends before",
            ),
            (
                "domains",
                DOMAIN | {"nameservers": ["ns1.homeport.test"], "attributes": [{"name": "ns.new.test"}]},
                "hosts or attributes, not both",
            ),
            ("hosts", HOST | {"addresses": ["192.0.2.256"]}, "'192.0.2.256' is not an IPv4 or IPv6 address"),
            ("hosts", HOST | {"statuses": ["clientHold"]}, "a host has no 'clientHold'"),
            ("contacts", CONTACT | {"voice": "0800 1234"}, "voice: '0800 1234' is not a number such as"),
            ("contacts", CONTACT | {"postal": {"country": "Britain"}}, "postal.country: 'Britain' is not a code"),
            ("registrars", {"id": "new", "name": "N", "certificate": "pinned"}, "pinned needs fingerprints"),
            ("registrars", {"id": "new", "name": "N", "pins": ["ab"]}, "is not a SHA-256 fingerprint"),
        ],
    )
    def test_an_invalid_object_is_refused_with_the_reason_and_changes_nothing(self, api, plural, body, detail):
        before = api("GET", f"/registry/{plural}")
        problem = api(
            "PUT",
            f"/registry/{plural}/{body.get('name') if plural != 'registrars' and 'name' in body else body['id']}",
            body,
            status=422,
        )
        assert detail in problem["detail"]
        assert problem["problems"]
        assert api("GET", f"/registry/{plural}") == before

    def test_every_mistake_is_named(self, api):
        body = DOMAIN | {"roid": "?", "statuses": ["ok"], "expires": "-P2Y"}
        assert len(api("PUT", "/registry/domains/new.test", body, status=422)["problems"]) == 3

    def test_a_roid_is_one_objects_alone(self, api):
        problem = api("PUT", "/registry/domains/new.test", DOMAIN | {"roid": "H1-HOMEPORT"}, status=409)
        assert "H1-HOMEPORT belongs to the host ns1.homeport.test" in problem["detail"]

    def test_the_seed_makes_sense(self, api, farm):
        for plural in ("domains", "hosts", "contacts", "registrars"):
            for one in api("GET", f"/registry/{plural}")["items"]:
                name = one["id"] if plural in ("contacts", "registrars") else one["name"]
                assert api("PUT", f"/registry/{plural}/{name}", one) == one


class TestActs:
    """The registry's own actions."""

    def test_a_hold_is_set_reported_and_removed(self, act, queue):
        assert "serverHold" in act("homeport.test", "hold")["statuses"]
        assert "serverHold" in act("homeport.test", "hold")["statuses"]
        assert "serverHold" not in act("homeport.test", "unhold")["statuses"]
        assert queue("harbour") == [
            "homeport.test is changed by the registry: +serverHold.",
            "homeport.test is changed by the registry: -serverHold.",
        ]

    def test_statuses_are_set_and_unset_by_name(self, act):
        statuses = act("homeport.test", "set", statuses=["serverRenewProhibited", "clientHold"])["statuses"]
        assert {"serverRenewProhibited", "clientHold", "clientTransferProhibited"} == set(statuses)
        assert act("homeport.test", "unset", statuses=statuses)["statuses"] == ["ok"]

    def test_everything_can_be_locked(self, act):
        assert len(act("homeport.test", "lock")["statuses"]) == 5
        assert act("HM-1", "lock", kind="contacts")["statuses"] == [
            "linked",
            "serverDeleteProhibited",
            "serverTransferProhibited",
            "serverUpdateProhibited",
        ]
        assert len(act("ns1.homeport.test", "lock", kind="hosts")["statuses"]) == 3
        assert act("ns1.homeport.test", "unlock", kind="hosts")["statuses"] == ["linked", "ok"]

    def test_a_pending_transfer_is_answered_for_the_registry_or_its_sponsor(self, act, queue):
        done = act("leaving.test", "approve_transfer")["object"]
        assert (done["registrar"], done["transfer"]["status"]) == ("lighthouse", "serverApproved")
        done = act("arriving.test", "reject_transfer", by="registrar")["object"]
        assert (done["registrar"], done["transfer"]["status"]) == ("lighthouse", "clientRejected")
        assert queue("lighthouse") == ["Transfer of leaving.test approved by the registry."]
        assert queue("harbour") == [
            "Transfer of leaving.test approved by the registry.",
            "Transfer of arriving.test rejected.",
        ]

    def test_a_transfer_is_requested_cancelled_and_forced(self, act, queue):
        asked = act("quay.test", "request_transfer", registrar="pilot")
        assert "pendingTransfer" in asked["statuses"]
        assert act("quay.test", "cancel_transfer", by="registrar")["object"]["transfer"]["status"] == "clientCancelled"
        taken = act("quay.test", "force_transfer", registrar="Pilot", years=0)["object"]
        assert (taken["registrar"], taken["transfer"]["status"]) == ("pilot", "serverApproved")
        assert queue("harbour")[0] == "Transfer of quay.test requested by pilot."

    def test_a_contact_is_transferred_too(self, act):
        assert act("AL-1", "force_transfer", kind="contacts", registrar="pilot")["object"]["registrar"] == "pilot"

    def test_a_review_ends_as_the_registry_says(self, api, act):
        assert act("pending-create.test", "approve_review")["statuses"] == ["ok"]
        assert act("pending-update.test", "reject_review")["statuses"] == ["ok"]
        about = api("GET", "/registry/registrars/harbour/messages")["items"][-1]["about"]
        assert (about["name"], about["operation"], about["approved"]) == ("pending-create.test", "create", True)

    def test_a_rejected_create_leaves_nothing(self, api, act):
        assert act("pending-create.test", "reject_review") == {
            "object": None,
            "statuses": [],
            "rgp_statuses": [],
            "hosts": [],
        }
        api("GET", "/registry/domains/pending-create.test", status=404)

    def test_a_domain_expires_by_an_action(self, api, act):
        renewed = act("3com.test", "expire")
        assert renewed["rgp_statuses"] == ["autoRenewPeriod"]
        assert renewed["object"]["expires"] == "2027-10-14T12:00:00.000000Z"

    def test_a_domain_of_a_zone_that_deletes_expires_into_redemption(self, api, act):
        zone = api("GET", "/registry/zones/test")
        api("PUT", "/registry/zones/test", {**zone, "at_expiry": "delete"})
        assert act("3com.test", "expire")["rgp_statuses"] == ["redemptionPeriod"]

    def test_a_domain_is_deleted_restored_and_purged(self, api, act, queue):
        assert act("beacon.test", "delete")["rgp_statuses"] == ["redemptionPeriod"]
        assert act("beacon.test", "restore")["rgp_statuses"] == []
        assert act("pending-delete.test", "restore")["statuses"] == ["ok"]
        assert act("beacon.test", "purge")["object"] is None
        assert queue("lighthouse") == [
            "beacon.test is deleted by the registry.",
            "beacon.test is restored.",
            "beacon.test is deleted by the registry.",
        ]
        api("GET", "/registry/domains/beacon.test", status=404)

    def test_a_domain_is_renewed(self, act):
        renewed = act("quay.test", "renew", years=2)
        assert renewed["rgp_statuses"] == ["renewPeriod"]

    def test_a_domain_is_renewed_to_the_limit_of_years_and_not_beyond(self, act):
        """RFC 5731 2.5."""
        act("quay.test", "renew", years=8)
        problem = act("quay.test", "renew", years=9, status=409)
        assert problem["detail"].startswith("test registers for 10 years from now at most (years_max)")

    def test_linked_hosts_and_contacts_can_be_deleted(self, act):
        assert act("ns1.homeport.test", "delete", kind="hosts")["object"] is None
        assert act("HM-1", "delete", kind="contacts")["object"] is None

    @pytest.mark.parametrize(
        ("name", "fields", "status", "detail"),
        [
            ("homeport.test", {"act": "sink"}, 400, "Invalid enum value 'sink'"),
            ("homport.test", {"act": "hold"}, 404, "did you mean 'homeport.test'?"),
            ("homeport.test", {"act": "set"}, 400, "name at least one to change"),
            ("homeport.test", {"act": "set", "statuses": ["linked"]}, 400, "'linked' cannot be set"),
            ("homeport.test", {"act": "approve_transfer"}, 409, "no transfer of homeport.test is pending"),
            ("homeport.test", {"act": "approve_review"}, 409, "no command on homeport.test waits for review"),
            ("homeport.test", {"act": "force_transfer", "registrar": "pilto"}, 404, "did you mean 'pilot'?"),
            ("homeport.test", {"act": "force_transfer", "registrar": "harbour"}, 409, "harbour sponsors it already"),
            ("leaving.test", {"act": "request_transfer", "registrar": "pilot"}, 409, "is pending already"),
            ("leaving.test", {"act": "lock"}, 409, "pendingTransfer excludes serverTransferProhibited"),
            ("redemption.test", {"act": "delete"}, 409, "it is deleted already"),
            ("redemption.test", {"act": "force_transfer", "registrar": "pilot"}, 409, "restore it first"),
            ("homeport.test", {"act": "restore"}, 409, "it is not deleted"),
        ],
    )
    def test_an_impossible_action_is_refused_with_the_reason_and_changes_nothing(
        self, api, request_of, farm, name, fields, status, detail
    ):
        before = request_of(farm, "GET", f"{WORLD}/registry/snapshot").body
        assert detail in api("POST", f"/registry/domains/{name}/acts", fields, status=status)["detail"]
        assert request_of(farm, "GET", f"{WORLD}/registry/snapshot").body == before

    def test_an_act_is_of_certain_kinds(self, act):
        problem = act("ns1.homeport.test", "renew", kind="hosts", status=400)
        assert problem["detail"] == "act: a host takes set, unset, lock, unlock, approve_review, reject_review, delete"

    def test_actions_are_in_the_journal(self, api, act):
        act("homeport.test", "hold")
        (event,) = api("GET", "/events?type=world&text=homeport.test")["items"]
        assert (event["thing"], event["what"], event["name"]) == ("domain", "hold", "homeport.test")


class TestQueues:
    """Poll queues."""

    def test_a_queue_shows_the_same_messages_as_polling(self, api):
        items = api("GET", "/registry/registrars/harbour/messages")["items"]
        assert [one["text"] for one in items] == [
            "auto-renewed.test has reached its expiry and is renewed by 1 year.",
            "pending-delete.test can no longer be restored and will be purged.",
            "Transfer of leaving.test requested by lighthouse.",
        ]
        assert items[-1]["about"]["transfer"]["status"] == "pending"
        assert items[0]["about"]["domain"]["name"] == "auto-renewed.test"

    def test_a_message_of_ones_own_is_put_last_and_taken_out(self, api):
        put = api("POST", "/registry/registrars/pilot/messages", {"text": "Closed on Sunday."}, status=201)
        assert (put["text"], put["key"], put["date"]) == ("Closed on Sunday.", "note", "2026-10-14T12:00:00.000000Z")
        assert api("GET", "/registry/registrars/pilot/messages")["items"][-1] == put
        api("DELETE", f"/registry/registrars/pilot/messages/{put['id']}", status=204)
        api("DELETE", f"/registry/registrars/pilot/messages/{put['id']}", status=404)
        assert api("GET", "/registry/registrars/pilot/messages")["total"] == 1

    def test_a_queue_is_emptied_and_others_are_not(self, api):
        api("DELETE", "/registry/registrars/harbour/messages", status=204)
        assert api("GET", "/registry/registrars/harbour/messages") == {"items": [], "total": 0, "next": None}
        assert api("GET", "/registry/registrars/lighthouse/messages")["total"] == 1

    def test_a_message_of_another_queue_is_not_taken_out(self, api):
        number = api("GET", "/registry/registrars/pilot/messages")["items"][0]["id"]
        problem = api("DELETE", f"/registry/registrars/harbour/messages/{number}", status=404)
        assert f"harbour has no message '{number}'; queued are: " in problem["detail"]

    def test_a_low_balance_is_reported_by_a_message(self, api, act):
        api(
            "PUT",
            "/registry/registrars/harbour",
            {**api("GET", "/registry/registrars/harbour"), "balance": 25, "low_balance": 20},
        )
        act("quay.test", "renew")
        assert api("GET", "/registry/registrars/harbour")["balance"] == 15
        assert "Your balance is 15.00." in [
            one["text"] for one in api("GET", "/registry/registrars/harbour/messages")["items"]
        ]


class TestWhole:
    """Zones, reviews, snapshots, resets."""

    def test_zones_are_listed_with_their_policy(self, api):
        zones = api("GET", "/registry/zones")["items"]
        assert [(one["name"], one["preset"]) for one in zones] == [
            ("test", "gtld"),
            ("lab.test", "fast"),
            ("example", "fast"),
        ]
        assert api("PUT", "/registry/zones/test", zones[0]) == zones[0]

    def test_a_new_period_applies_to_pending_events(self, api):
        api("PUT", "/registry/zones/test", {"name": "test", "redemption": "11d"})
        api("POST", "/clock", {"advance": "P1D"})
        assert api("GET", "/registry/domains/redemption.test/state")["rgp_statuses"] == ["pendingDelete"]

    def test_a_new_zone_changes_the_superordinate_domains_of_hosts(self, api):
        api("PUT", "/registry/zones/quay.test", {"name": "quay.test"})
        assert api("GET", "/registry/domains/quay.test/state")["hosts"] == []
        api("DELETE", "/registry/zones/quay.test", status=204)
        assert api("GET", "/registry/domains/quay.test/state")["hosts"] == ["ns1.quay.test", "ns2.quay.test"]

    @pytest.mark.parametrize(
        ("body", "status", "detail"),
        [
            ({"name": "Test"}, 400, "the path has"),
            ({"name": "port", "years_min": 3, "years_max": 2}, 422, "years_min: 3 is more than years_max"),
            ({"name": "port", "preset": "slow"}, 400, "Invalid enum value 'slow'"),
            ({"name": "port", "redemption": "soon"}, 400, "'soon' is not a duration"),
        ],
    )
    def test_a_zone_without_sense_is_refused(self, api, body, status, detail):
        assert detail in api("PUT", f"/registry/zones/{body['name'].lower()}", body, status=status)["detail"]

    def test_the_last_zone_stays(self, api):
        for name in ("lab.test", "example"):
            api("DELETE", f"/registry/zones/{name}", status=204)
        assert "only zone" in api("DELETE", "/registry/zones/test", status=409)["detail"]

    def test_a_snapshot_brings_all_back(self, api, act, farm, request_of):
        snapshot = request_of(farm, "GET", f"{WORLD}/registry/snapshot")
        before = [api("GET", f"/registry/{kind}") for kind in ("domains", "hosts", "contacts", "registrars")]
        queues = [api("GET", f"/registry/registrars/{name}/messages") for name in ("harbour", "pilot")]
        act("homeport.test", "purge")
        act("quay.test", "hold")
        assert request_of(farm, "PUT", f"{WORLD}/registry/snapshot", body=snapshot.body).status == 204
        assert [api("GET", f"/registry/{kind}") for kind in ("domains", "hosts", "contacts", "registrars")] == before
        assert [api("GET", f"/registry/registrars/{name}/messages") for name in ("harbour", "pilot")] == queues

    def test_a_snapshot_goes_into_another_world(self, api, act, farm, request_of):
        act("homeport.test", "hold")
        snapshot = request_of(farm, "GET", f"{WORLD}/registry/snapshot").body
        api("POST", "/api/v1/worlds", {"name": "other", "services": ["whois"]}, status=201)
        assert request_of(farm, "PUT", "/api/v1/worlds/other/registry/snapshot", body=snapshot).status == 204
        assert "serverHold" in api("GET", "/api/v1/worlds/other/registry/domains/homeport.test")["statuses"]

    def test_an_invalid_snapshot_is_refused_and_changes_nothing(self, api, farm, request_of):
        reply = request_of(farm, "PUT", f"{WORLD}/registry/snapshot", body=b"\x00rubbish")
        assert (reply.status, "not a snapshot" in reply.json["detail"]) == (422, True)
        api("GET", "/registry/domains/homeport.test")

    def test_the_registry_alone_is_reset(self, api, act):
        act("homeport.test", "purge")
        api("PUT", "/people/zoe", {"login": "zoe", "name": "Zoe Mast"})
        api("PUT", "/registry/zones/test", {"name": "test", "redemption": "11d"})
        api("POST", "/registry/reset", status=204)
        assert api("GET", "/registry/domains/homeport.test")["registrar"] == "harbour"
        assert api("GET", "/registry/zones/test")["redemption"] is None
        assert api("GET", "/people/zoe")["name"] == "Zoe Mast"
        assert api("GET", "/clock")["now"] == "2026-10-14T12:00:00.000000Z"

    def test_reviews_that_wait_are_listed(self, api):
        assert api("GET", "/registry/reviews") == {"items": [], "total": 0, "next": None}


class TestRobots:
    """Robots are set over the API."""

    def test_a_robot_plays_a_registrar_from_now_on(self, api, act):
        pilot = api("GET", "/registry/registrars/pilot")
        api("PUT", "/registry/registrars/pilot", {**pilot, "robot": {"answers": "reject", "after": 3600}})
        act("pilot-boat.test", "request_transfer", registrar="harbour")
        api("POST", "/clock", {"advance": "PT59M59S"})
        assert "pendingTransfer" in api("GET", "/registry/domains/pilot-boat.test/state")["statuses"]
        api("POST", "/clock", {"advance": "PT1S"})
        assert api("GET", "/registry/domains/pilot-boat.test")["transfer"]["status"] == "clientRejected"
        assert "Transfer of pilot-boat.test rejected." in [
            one["text"] for one in api("GET", "/registry/registrars/harbour/messages")["items"]
        ]

    @pytest.mark.parametrize(
        ("name", "at_once", "a_day_later"),
        [
            ("robot-approve.test", "clientApproved", "clientApproved"),
            ("robot-reject.test", "clientRejected", "clientRejected"),
            ("robot-ignore.test", "pending", "pending"),
            ("robot-approve-after-1d.test", "pending", "clientApproved"),
        ],
    )
    def test_the_seeds_names_answer_as_they_are_called(self, api, act, name, at_once, a_day_later):
        assert act(name, "request_transfer", registrar="harbour")["object"]["transfer"]["status"] == at_once
        api("POST", "/clock", {"advance": "P1D"})
        assert api("GET", f"/registry/domains/{name}")["transfer"]["status"] == a_day_later
