"""Habits of clients: what their first request shows, how often they ask, and whether they heed a kiss-o'-death."""

import pytest
from tests.services.ntp.conftest import ALICE, TRANSMIT, request

from homeport.config.quantities import Duration
from homeport.services.ntp.habits import MAX_CLIENTS, Clients
from homeport.services.ntp.packet import timestamp

NOW = 1_792_000_000


class TestFirstRequests:
    def test_random_octets_from_a_random_port_are_as_they_should_be(self, client):
        assert client().ask().findings == []

    def test_an_origin_before_any_answer(self, client):
        one = client()
        assert one.ask(origin=7).findings == ["origin-not-zero-first"]
        assert client(("192.0.2.11", 1025)).ask().findings == []
        assert one.ask(origin=7).findings == []

    def test_no_transmit_timestamp(self, client):
        assert client().ask(transmit=0).findings == ["zero-transmit"]

    @pytest.mark.parametrize("seconds", [-3600, 0, 3600])
    def test_the_clients_time_as_transmit_timestamp(self, client, seconds):
        assert client().ask(transmit=timestamp(NOW + seconds)).findings == ["transmit-is-time"]

    def test_the_clients_time_is_real_time_whatever_the_worlds(self, client, world):
        world.clock.advance(10 * 365 * 86_400)
        assert client().ask(transmit=timestamp(NOW)).findings == ["transmit-is-time"]

    def test_port_123(self, client):
        assert client(("192.0.2.10", 123)).ask().findings == ["fixed-port"]


class TestIntervals:
    def ask(self, client, real, *gaps):
        """Ask after each gap; return the findings of each request."""
        one, found = client(), []
        for gap in (0, *gaps):
            real.pass_by(gap)
            found.append(one.ask().findings)
        return found

    def test_the_same_transmit_timestamp_again(self, client, real):
        one = client()
        one.ask()
        real.pass_by(64)
        assert one.ask(transmit=TRANSMIT).findings == ["repeated-transmit"]

    def test_eight_requests_in_a_burst_are_allowed(self, client, real):
        assert self.ask(client, real, *[2] * 7, 64, *[2] * 7) == [[]] * 16

    def test_nine_are_too_many(self, client, real):
        assert self.ask(client, real, *[2] * 9) == [*[[]] * 8, ["burst-too-long"], []]

    def test_intervals_below_15_seconds_are_too_short(self, client, real):
        assert self.ask(client, real, *[14] * 5) == [[], [], [], ["poll-too-fast"], [], []]

    def test_intervals_of_16_seconds_are_not(self, client, real):
        assert self.ask(client, real, *[16] * 5) == [[]] * 6

    def test_a_finding_comes_once_for_each_client(self, client, real):
        self.ask(client, real, *[14] * 5)
        assert self.ask(client, real, 64, *[14] * 5) == [[]] * 7


class TestKisses:
    def test_a_denied_client_gets_deny_and_must_stop(self, client, real):
        one = client(deny=["192.0.2.0/24"])
        header = one.ask().header
        assert (header.stratum, header.leap, header.reference_id) == (0, 3, b"DENY")
        assert header.origin == TRANSMIT
        real.pass_by(0.1)
        assert one.ask().findings == []
        real.pass_by(64)
        assert one.ask().findings == ["ignored-kod"]

    def test_a_restricted_client_gets_rstr_and_others_the_time(self, client):
        assert client(restrict=[ALICE[0]]).ask().header.reference_id == b"RSTR"
        assert client(("192.0.2.11", 1025), restrict=[ALICE[0]]).ask().header.stratum == 1

    def test_a_client_that_asks_too_often_gets_rate(self, client, real):
        one, codes = client(min_interval=Duration(16), burst=2), []
        for gap in (0, 2, 2, 2, 14, 2):
            real.pass_by(gap)
            codes.append(one.ask().header.reference_id)
        assert codes == [b"HOME", b"HOME", b"RATE", b"RATE", b"HOME", b"RATE"]

    def test_a_client_that_goes_on_as_before_after_rate_ignores_it(self, client, real):
        one, found = client(min_interval=Duration(60), burst=1), []
        for gap in (0, 20, 20):
            real.pass_by(gap)
            found.append(one.ask().findings)
        assert found == [[], [], ["ignored-kod"]]

    def test_a_client_that_asks_less_often_after_rate_heeds_it(self, client, real):
        one, found = client(min_interval=Duration(60), burst=1), []
        for gap in (0, 20, 40, 80):
            real.pass_by(gap)
            found.append(one.ask().findings)
        assert found == [[]] * 4


def test_the_memory_of_clients_is_bounded():
    clients = Clients()
    for number in range(MAX_CLIENTS * 2 + 10):
        clients.note(f"198.51.100.{number}", 1025, request(), 0.0)
    assert len(clients._clients) <= MAX_CLIENTS
