"""Commands of hostile clients: how much work and memory one turn costs."""

from services.imap.talking import Program

from homeport.services.imap import fetch_values
from homeport.services.imap.grammar.fetch_items import MAX_ITEMS


def test_the_messages_of_a_step_of_search_are_divided_by_the_number_of_keys():
    program = Program()
    for _ in range(300):
        program.add()
    program.ask("SELECT INBOX")
    before = program.turns = 0
    handle = program.session.handle

    def counted(event):
        program.turns += 1
        return handle(event)

    class Counting:
        def __getattr__(self, name):
            return getattr(handle.__self__, name)

        handle = staticmethod(counted)

    program.session = Counting()
    program.ask("SEARCH ALL")
    assert program.turns == before + 1
    program.turns = 0
    keys = " ".join(["NOT LARGER 99"] * 400)
    assert len(program.ask(f"SEARCH {keys}")[0].split()) == 302
    assert program.turns == 61


def test_catenate_reads_a_bounded_number_of_bytes_in_one_turn(reader):
    alice = reader()
    alice.has("INBOX", "", body=b"\r\n" + b"x" * 40_000)
    parts = " ".join(["URL /INBOX;UID=1/;PARTIAL=0.1"] * 40)
    assert alice.ask(f"APPEND Sent CATENATE ({parts})")[-1].startswith("OK")
    assert alice.steps == 19


def test_fetch_takes_a_bounded_number_of_items():
    program = Program()
    program.add()
    program.ask("SELECT INBOX")
    items = [f"BODY.PEEK[]<{at}.9>" for at in range(MAX_ITEMS + 1)]
    assert program.last(f"FETCH 1 ({' '.join(items[1:])})") == "OK FETCH completed"
    assert program.last(f"FETCH 1 ({' '.join(items)})").startswith(f"BAD FETCH takes at most {MAX_ITEMS} items")


def test_a_response_is_not_many_times_longer_than_its_message(monkeypatch):
    monkeypatch.setattr(fetch_values, "MAX_RESPONSE_BYTES", 100_000)
    program = Program()
    program.add(message=b"\r\n" + b"x" * 60_000)
    program.ask("SELECT INBOX")
    items = " ".join(f"BODY.PEEK[]<{at}.60000>" for at in range(9))
    assert program.last(f"FETCH 1 ({items})").startswith("NO [LIMIT] the items of this FETCH repeat the message")
    assert program.last("FETCH 1 (BODY.PEEK[] BODY.PEEK[TEXT])") == "OK FETCH completed"
