"""Waiting for DNS queries over the API."""

import socket
import threading

import pytest

QUESTION = b"\0\7\1\0\0\1\0\0\0\0\0\0"


def question(name, qtype=16):
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
    return QUESTION + labels + b"\0" + qtype.to_bytes(2) + b"\0\1"


@pytest.fixture
def ask(farm):
    """Send a question to the farm by UDP, and return the answer."""

    def send(name, qtype=16):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(5)
            client.sendto(question(name, qtype), ("127.0.0.1", farm.port("dns", "udp")))
            return client.recv(4096)

    return send


def test_an_earlier_query_counts_whatever_the_case_of_its_name(api, ask):
    ask("_ACME-Challenge.shop.example")
    found = api("GET", "/dns/queries/wait?name=_acme-challenge.shop.EXAMPLE.&qtype=txt&timeout=5s")
    assert found["timed_out"] is False
    (event,) = found["events"]
    assert (event["type"], event["qtype"], event["rcode"], event["transport"]) == ("query", "TXT", "NXDOMAIN", "udp")


@pytest.mark.parametrize(("query", "said"), [("name=a..b", "empty label"), ("qtype=A,FOO", "'FOO' is no type")])
def test_a_wait_for_what_no_question_can_have_is_refused(api, query, said):
    refused = api("GET", f"/dns/queries/wait?{query}", status=400)
    assert said in refused["detail"]


def test_a_wait_ends_with_the_query(api, ask):
    found = []
    waiting = threading.Thread(
        target=lambda: found.append(api("GET", "/dns/queries/wait?name=late.shop.example&qtype=A,AAAA&timeout=10s"))
    )
    waiting.start()
    ask("late.shop.example", 16)
    ask("early.shop.example", 1)
    ask("late.shop.example", 28)
    waiting.join()
    assert [event["qtype"] for event in found[0]["events"]] == ["AAAA"]


def test_a_wait_that_times_out_shows_what_was_near(api, ask):
    ask("www.shop.example", 1)
    found = api("GET", "/dns/queries/wait?name=www.shop.example&qtype=AAAA&timeout=10ms")
    assert found["timed_out"] is True
    assert [event["qtype"] for event in found["near"]] == ["A"]


def test_queries_are_found_by_the_code_of_the_answer(api, ask):
    api("PUT", "/dns/zones/shop.example", {"records": "www A 127.0.0.1"})
    ask("no.shop.example")
    ask("www.shop.example")
    found = api("GET", "/dns/queries/wait?rcode=nxdomain&timeout=5s")
    assert [event["name"] for event in found["events"]] == ["no.shop.example."]
