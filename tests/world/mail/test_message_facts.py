"""Facts about messages are found out once, and kept within a bound."""

from homeport.world.mail import message_facts
from homeport.world.mail.message_facts import MAX_FACT_BYTES, MessageFacts, measure
from homeport.world.mail.searched_message import SearchedMessage


def test_a_fact_is_found_out_once_for_each_content():
    facts = MessageFacts()
    assert facts.get("m1", "subject", lambda: "x") == "x"
    assert facts.get("m1", "subject", lambda: "y") == "x"
    assert facts.get("m2", "subject", lambda: "y") == "y"
    assert facts.get("m1", "none", lambda: None) is None
    assert facts.get("m1", "none", lambda: 1) is None


def test_the_oldest_facts_are_dropped(monkeypatch):
    monkeypatch.setattr(message_facts, "MAX_BYTES", 10_000)
    facts = MessageFacts()
    for number in range(1000):
        facts.get(f"m{number}", "x", lambda: b"x" * 100)
        facts.get("m0", "x", lambda: b"again")
    assert facts.size < 70
    assert facts.get("m0", "x", lambda: b"found again") == b"x" * 100
    assert facts.get("m1", "x", lambda: b"found again") == b"found again"


def test_a_large_fact_is_not_kept():
    facts = MessageFacts()
    facts.get("m1", "x", lambda: b"x" * (MAX_FACT_BYTES + 1))
    assert facts.size == 0
    assert measure(("é" * 10, b"12", None)) > 40


def test_a_second_search_reads_nothing():
    facts, reads = MessageFacts(), []

    def read(limit):
        reads.append(limit)
        return b"Subject: here\r\nDate: Wed, 14 Oct 2026 17:46:40 +0000\r\n\r\n"

    for _ in range(2):
        message = SearchedMessage(read, 60, facts, "m1")
        assert message.fields("subject") == ("here",)
        assert message.sent.time == 1792000000
    assert len(reads) == 1
