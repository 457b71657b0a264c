"""Storage of a world's mail, and its limits."""

import pytest

from homeport.world.mail.message import Envelope, Recipient
from homeport.world.mail.store import MessageGone

TO_ALICE = Envelope(reverse_path="", recipients=(Recipient(address="alice@example.org"),))


def numbers(mail, since=0):
    return [message.number for message in mail.messages(since)]


def test_a_message_is_invisible_before_it_is_stored(make_mail):
    mail = make_mail()
    body = mail.begin(4)
    body.write(b"a: ")
    body.write(b"b")
    assert (body.size, body.blocks, len(mail)) == (4, False, 0)
    assert body.keep(TO_ALICE) == body.id
    assert mail.raw(mail.get(body.id)) == b"a: b"
    assert mail.raw(mail.get(body.id), 2) == b"a:"


def test_a_dropped_body_leaves_nothing(make_mail):
    mail = make_mail()
    body = mail.begin()
    body.write(b"x" * 1000)
    body.drop()
    assert (body.size, len(mail), mail.octets) == (0, 0, 0)


def test_numbers_grow_and_identify_new_messages(make_mail, post):
    mail = make_mail()
    for _ in range(5):
        post(mail, "alice@example.org")
    assert numbers(mail) == [1, 2, 3, 4, 5]
    assert numbers(mail, 3) == [4, 5]
    assert numbers(mail, 5) == numbers(mail, 9) == []


def test_the_oldest_are_dropped_if_there_are_too_many(make_mail, post):
    mail = make_mail(messages=2)
    for _ in range(5):
        post(mail, "alice@example.org")
    assert numbers(mail) == [4, 5]
    assert (mail.dropped, len(mail.mailbox("alice@example.org"))) == (3, 2)
    assert mail.get("m1") is None


def test_the_oldest_are_dropped_over_the_size_limit_but_the_newest_stays(make_mail, post):
    mail = make_mail(size=100)
    first = post(mail, "alice@example.org", content=b"x" * 60)
    post(mail, "alice@example.org", content=b"x" * 40)
    assert numbers(mail) == [1, 2]
    post(mail, "alice@example.org", content=b"x" * 1000)
    assert (numbers(mail), mail.octets, mail.dropped) == ([3], 1000, 2)
    with pytest.raises(MessageGone):
        mail.raw(first)


def test_listeners_are_called_with_each_message_and_each_report(make_mail, post):
    mail = make_mail(only_known=True)
    told = []
    mail.on_message.append(lambda message: told.append((message.id, mail.get(message.id) is message)))
    post(mail, "nobody@example.org")
    assert told == [("m1", True), ("m2", True)]


def test_an_overtaken_message_gets_a_new_number(make_mail):
    mail = make_mail()
    first, second = mail.begin().accept(TO_ALICE), mail.begin().accept(TO_ALICE)
    for acceptance in (second, first):
        acceptance.save()
        acceptance.publish()
    assert [(message.id, message.number) for message in mail.messages()] == [("m2", 2), ("m1", 3)]


def test_a_reset_deletes_messages_and_continues_the_numbers(make_mail, post):
    mail = make_mail(mailbox_size=1000)
    post(mail, "alice@example.org")
    mail.reset()
    assert (len(mail), mail.octets, mail.mailbox("alice@example.org")) == (0, 0, [])
    assert post(mail, "alice@example.org").number == 2


def test_a_removed_message_is_gone_from_its_mailboxes(make_mail, post):
    mail = make_mail()
    post(mail, "alice@example.org", "bob@example.org")
    assert mail.remove("m1") is True
    assert mail.remove("m1") is False
    assert mail.mailbox("alice@example.org") == mail.mailbox("bob@example.org") == []
    assert mail.octets == 0


def test_the_default_world_has_an_alias_and_a_list(world):
    assert world.mail.verify("crew", "example.org").members == ("alice@example.org", "bob@example.org")
    assert world.mail.verify("tides", "example.org").owner == "operator@example.org"


def test_a_large_message_is_joined_to_what_was_received(make_mail):
    mail = make_mail()
    body = mail.begin()
    pieces = [b"%d" % (number % 10) * (number * 7919 % 60_000) for number in range(60)]
    for piece in pieces:
        body.write(piece)
    message = mail.get(body.keep(Envelope(reverse_path="", recipients=(Recipient(address="alice@example.org"),))))
    assert mail.raw(message) == b"".join(pieces)
    assert mail.raw(message, 5000) == b"".join(pieces)[:5000]
