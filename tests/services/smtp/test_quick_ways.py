"""Optimizations give the same results as the plain algorithm: one-pass searches, caches, pieces stored whole."""

import re

from conftest import make_world
from hypothesis import given, settings
from hypothesis import strategies as st
from services.smtp.conftest import MESSAGE, Client

from homeport.services.smtp.content import find_dot_line, has_lone_line_end
from homeport.world.mail.contents import MailAlias, MailContents
from homeport.world.mail.store import LARGE_PIECE, MemoryDraft
from homeport.world.people import Person
from homeport.world.world import WorldContents

LONE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
LINES = st.lists(
    st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"..", b"\0", b"\x0b\x0c\x1c\x85", b"text", b"x" * 998, b"\xc3\xa9"])
).map(b"".join)
SIZES = st.lists(st.one_of(st.integers(0, 40), st.integers(LARGE_PIECE - 2, LARGE_PIECE + 2)), max_size=8)
BEGIN = b"MAIL FROM:<a@client.example>\r\nRCPT TO:<alice@homeport.test>\r\nDATA\r\n"


@settings(max_examples=300)
@given(LINES)
def test_bare_line_ends_are_found_at_any_position(octets):
    assert has_lone_line_end(octets) == bool(LONE.search(octets))


@settings(max_examples=300)
@given(LINES, st.integers(0, 130))
def test_a_leading_dot_is_found_among_many_dots(octets, dots):
    octets = b"." * dots + octets
    assert find_dot_line(octets) == octets.find(b"\r\n.")


@settings(max_examples=200)
@given(SIZES, st.integers(0, 3 * LARGE_PIECE))
def test_a_draft_equals_the_data_written_in_any_pieces(sizes, limit):
    draft, pieces = MemoryDraft(), [bytes([65 + number]) * size for number, size in enumerate(sizes)]
    for piece in pieces:
        draft.write(piece)
    whole = b"".join(pieces)
    assert (draft.size, draft.head(draft.size), draft.head(limit)) == (len(whole), whole, whole[:limit])


def test_a_message_in_tiny_pieces_needs_no_more_memory_than_its_bytes():
    draft = MemoryDraft()
    for _ in range(10_000):
        draft.write(b"ab")
    assert len(draft.pieces) == 2


def received(octets, cuts):
    """Return replies, messages and findings when the input is cut there."""
    one = Client(make_world())
    one.hello()
    one.send(BEGIN)
    begin = 0
    for end in [*sorted(cut % len(octets) for cut in cuts), len(octets)]:
        if end > begin:
            one.send(octets[begin:end])
            begin = end
    return one.talk.sent, one.stored, sorted(one.findings), one.talk.logs


@settings(max_examples=150)
@given(LINES, st.booleans(), st.lists(st.integers(0, 5000), max_size=6))
def test_a_message_in_one_read_is_the_same_as_in_several(body, headed, cuts):
    octets = (MESSAGE.encode() if headed else b"") + body + b"\r\n.\r\nNOOP\r\n"
    assert received(octets, cuts) == received(octets, [])


def test_cached_verdicts_expire_when_people_change():
    world = make_world(WorldContents(mail=MailContents(only_known=True)))
    one = Client(world).hello()
    one.say("MAIL FROM:<a@client.example>")
    assert one.say("RCPT TO:<newcomer@homeport.test>").startswith("550 5.1.1")
    world.people.put(Person(login="newcomer", name="New Comer"))
    assert one.say("RCPT TO:<newcomer@homeport.test>").startswith("250")
    world.people.remove("newcomer")
    assert one.say("RCPT TO:<newcomer@homeport.test>").startswith("550 5.1.1")
    world.mail.configure(MailContents(only_known=True, aliases=[MailAlias(name="newcomer", to=("bob",))]))
    assert one.say("RCPT TO:<newcomer@homeport.test>").startswith("250")
    one.say("DATA")
    one.send(MESSAGE.encode() + b".\r\n")
    [message] = world.mail.messages()
    assert [to.mailbox for to in message.delivered_to] == ["bob@homeport.test"]
