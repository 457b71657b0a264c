"""Mailboxes: what of the world's mail is in them, and what a mail program can do there."""

import pytest

from homeport.world.mail.flags import MAX_KEYWORDS
from homeport.world.mail.mailbox import MAX_EXPUNGED, MAX_RECENT_CHANGES
from homeport.world.mail.mailbox_problem import MailboxProblem
from homeport.world.mail.store import MessageGone

CONTENT = b"From: carol@homeport.test\r\nSubject: tides\r\n\r\nHigh at noon.\r\n"
TRACE = b"Return-Path: <carol@homeport.test>\r\n"


@pytest.fixture
def boxes(make_mail):
    return make_mail().world.mailboxes


@pytest.fixture
def alice(boxes):
    return boxes.account("alice")


@pytest.fixture
def send(boxes, post):
    """Deliver a message over SMTP."""
    return lambda *to, **envelope: post(boxes._mail, *(to or ("alice@homeport.test",)), **envelope)


def put(account, mailbox, content=CONTENT, flags=(), internal=None):
    """Append a message."""
    body = account.begin(len(content))
    for byte in content:
        body.write(bytes((byte,)))
    return account.append(account.find(mailbox), body, flags, internal)


def uids(mailbox):
    return [entry.uid for entry in mailbox.entries]


def refused(call, *arguments, **options):
    with pytest.raises(MailboxProblem) as caught:
        call(*arguments, **options)
    return caught.value.code


def heard(boxes, mailbox):
    """Return the list that grows with each notice of a mailbox."""
    notices = []
    boxes._world.notices.watch(mailbox.topic, notices.append)
    return notices


# Accounts


def test_a_person_has_inbox_and_mailboxes_of_special_use(alice):
    assert alice.names() == ["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash"]
    assert {box.name: box.special_use for box in alice.mailboxes} == {
        "INBOX": "",
        **{name: f"\\{name}" for name in ("Archive", "Drafts", "Junk", "Sent", "Trash")},
    }
    assert alice.subscriptions == {*alice.names()}
    assert len({box.identifier for box in alice.mailboxes}) == 6


def test_an_account_is_the_same_in_any_case_and_only_people_have_one(boxes, alice):
    assert boxes.account("ALICE") is alice
    with pytest.raises(KeyError):
        boxes.account("mallory")


def test_names_have_levels_and_inbox_any_case(alice):
    made = alice.create("Work/2026/Letters/")
    assert made is alice.find("Work/2026/Letters")
    assert alice.find("work/2026/letters") is None
    assert alice.find("Work") is None
    alice.create("inbox/Lists")
    assert alice.names() == ["INBOX", "INBOX/Lists", "Archive", "Drafts", "Junk", "Sent", "Trash", "Work/2026/Letters"]
    assert alice.find("inbox") is alice.find("Inbox") is alice.inbox


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("inbox", "exists"),
        ("Sent", "exists"),
        ("All", "cannot"),
        ("All/mine", "cannot"),
        ("a//b", "cannot"),
        ("/a", "cannot"),
        ("", "cannot"),
        ("a%", "cannot"),
        ("a*b", "cannot"),
        ("a\x00b", "cannot"),
        ("a\nb", "cannot"),
        ("a" * 1001, "limit"),
        ("/".join("a" * 51), "limit"),
    ],
)
def test_names_that_cannot_be_given(alice, name, code):
    before = alice.names()
    assert refused(alice.create, name) == code
    assert refused(alice.rename, "Sent", name) == code
    assert alice.names() == before


def test_a_mailbox_may_be_made_for_a_special_use(alice):
    assert alice.create("Elsewhere", "\\sent").special_use == "\\Sent"
    assert refused(alice.create, "Starred", "\\Flagged") == "cannot"


def test_the_number_of_mailboxes_and_subscriptions_is_limited(alice):
    for number in range(994):
        alice.create(f"n{number}")
    assert refused(alice.create, "one more") == "limit"
    for number in range(1994):
        alice.subscribe(f"s{number}")
    assert refused(alice.subscribe, "one more") == "limit"
    alice.unsubscribe("s0")
    alice.subscribe("one more")


def test_deletion_leaves_the_mailboxes_below(alice):
    for name in ("a", "a/b"):
        alice.create(name)
    alice.delete("a")
    assert alice.find("a") is None
    assert alice.find("a/b") is not None
    assert refused(alice.delete, "a") == "has-children"
    assert refused(alice.delete, "INBOX") == "cannot"
    assert refused(alice.delete, "All") == "cannot"
    assert refused(alice.delete, "nothing") == "missing"


def test_a_rename_moves_all_levels_below_and_keeps_uids(alice):
    for name in ("a", "a/b", "a/b/c", "ab"):
        alice.create(name)
    put(alice, "a/b")
    box, identifier = alice.find("a/b"), alice.find("a/b").identifier
    validity = box.uid_validity
    alice.rename("a", "z")
    assert [name for name in alice.names() if name[0] in "az"] == ["ab", "z", "z/b", "z/b/c"]
    assert alice.find("z/b") is box
    assert (box.identifier, box.uid_validity, uids(box)) == (identifier, validity, [1])
    assert refused(alice.rename, "z", "z/b/d") == "cannot"
    assert refused(alice.rename, "z", "ab") == "exists"
    assert refused(alice.rename, "missing", "there") == "missing"


def test_a_level_that_is_no_mailbox_can_be_renamed(alice):
    alice.create("a/b")
    alice.rename("a", "c")
    assert alice.find("c/b") is not None


def test_renaming_inbox_moves_its_messages_and_leaves_it(alice, send):
    send()
    alice.create("inbox/Lists")
    alice.rename("inbox", "old")
    assert (len(alice.inbox), len(alice.find("old"))) == (0, 1)
    assert alice.find("INBOX/Lists") is not None
    send()
    assert uids(alice.inbox) == [2]


def test_uidvalidity_grows_when_a_name_is_used_again(alice):
    first = alice.create("a").uid_validity
    alice.delete("a")
    second = alice.create("a").uid_validity
    assert second > first
    alice.rename("a", "b")
    alice.create("a")
    assert alice.find("a").uid_validity > second
    alice.delete("a")
    alice.rename("b", "a")
    assert alice.find("a").uid_validity > second + 1


def test_uidvalidity_grows_over_a_reset(boxes, alice):
    validity, identifier = alice.inbox.uid_validity, alice.inbox.identifier
    boxes._world.reset()
    assert boxes.account("alice") is not alice
    assert boxes.account("alice").inbox.uid_validity > validity
    assert boxes.account("alice").inbox.identifier != identifier
    assert alice.inbox.gone


def test_uidvalidity_can_be_raised(alice):
    box = alice.inbox
    before = box.uid_validity
    assert alice.renew(box) == box.uid_validity > before


# Deliveries


def test_what_is_delivered_before_and_after_the_first_look_is_in_inbox(boxes, send):
    first = send()
    alice = boxes.account("alice")
    second = send("alice@homeport.test", "bob@homeport.test")
    send("carol@homeport.test")
    assert [entry.message for entry in alice.inbox.entries] == [first.id, second.id]
    assert [entry.message for entry in boxes.account("bob").inbox.entries] == [second.id]


def test_every_address_of_a_person_leads_to_one_inbox(boxes, alice, send):
    send("alice@homeport.test", "alice+boats@other.example")
    send("bob@boat.example")
    assert uids(alice.inbox) == [1, 2]
    assert uids(boxes.account("bob").inbox) == [1]


def test_an_entry_is_read_as_delivered_and_in_all_as_received(boxes, alice, send):
    send()
    entry = alice.inbox.entries[0]
    assert boxes.read(alice.inbox, entry) == TRACE + CONTENT
    assert entry.size == len(TRACE + CONTENT)
    shown = boxes.everything.entries[0]
    assert boxes.read(boxes.everything, shown) == CONTENT
    assert shown.size == len(CONTENT)
    assert (entry.content, shown.content) == ("m1.1", "m1")


def test_dates_are_those_of_the_worlds_clock(boxes, alice, send):
    clock = boxes._world.clock
    clock.freeze()
    clock.advance(86400 * 300)
    send()
    entry = alice.inbox.entries[0]
    assert entry.internal == entry.saved == clock.now()
    clock.advance(60)
    alice.copy(alice.inbox, [1], alice.find("Archive"))
    copied = alice.find("Archive").entries[0]
    assert (copied.internal, copied.saved) == (entry.internal, clock.now())
    assert put(alice, "Sent", internal=1000.0).internal == 1000
    assert put(alice, "Sent").internal == clock.now()


def test_a_delivery_publishes_the_topic_of_the_mailbox(boxes, alice, send):
    notices = heard(boxes, alice.inbox)
    send()
    assert notices == [alice.inbox.topic]
    send("carol@homeport.test")
    assert len(notices) == 1


def test_a_world_without_open_mailboxes_has_nothing_that_follows_its_mail(boxes, send):
    send()
    assert boxes._mail.on_message == []
    boxes.account("alice")
    boxes.account("bob")
    assert len(boxes._mail.on_message) == 1


# Deletion


def test_expunging_leaves_the_captured_message(boxes, alice, send):
    message = send("alice@homeport.test", "bob@homeport.test")
    bob = boxes.account("bob")
    assert alice.expunge(alice.inbox, [1, 7]) == [1]
    assert boxes._mail.get(message.id) is message
    assert (len(bob.inbox), len(boxes.everything)) == (1, 1)
    assert (alice.inbox.uid_next, alice.inbox.expunged) == (2, [(alice.inbox.highest_modseq, 1)])


def test_deletion_of_the_message_expunges_it_everywhere(boxes, alice, send):
    messages = [send("alice@homeport.test", "bob@homeport.test") for _ in range(5)]
    bob, everything = boxes.account("bob"), boxes.everything
    alice.copy(alice.inbox, [1, 2, 3], alice.find("Archive"))
    bob.move(bob.inbox, [2], bob.find("Trash"))
    notices = heard(boxes, alice.find("Archive"))
    boxes._mail.remove(messages[1].id)
    assert [uids(box) for box in (alice.inbox, alice.find("Archive"), bob.inbox, bob.find("Trash"), everything)] == [
        [1, 3, 4, 5],
        [1, 3],
        [1, 3, 4, 5],
        [],
        [1, 3, 4, 5],
    ]
    assert len(notices) == 1
    boxes._mail.remove(messages[4].id)
    assert uids(everything) == uids(alice.inbox) == [1, 3, 4]


def test_the_oldest_messages_that_are_dropped_leave_all_mailboxes(make_mail, post):
    mail = make_mail(messages=3)
    boxes = mail.world.mailboxes
    alice = boxes.account("alice")
    everything = boxes.everything
    for _ in range(5):
        post(mail, "alice@homeport.test")
    assert uids(alice.inbox) == uids(everything) == [3, 4, 5]


def test_a_message_that_is_gone_cannot_be_read(boxes, alice, send):
    send()
    entry = alice.inbox.entries[0]
    boxes._mail.remove(entry.message)
    with pytest.raises(MessageGone):
        boxes.read(alice.inbox, entry)


# Appended messages


def test_an_appended_message_is_in_its_mailbox_alone(boxes, alice):
    entry = put(alice, "Drafts", flags=["\\draft", "Work"])
    assert boxes.read(alice.find("Drafts"), entry) == CONTENT
    assert entry.flags == {"\\Draft", "Work"}
    assert (len(boxes._mail), len(boxes.everything)) == (0, 0)


def test_the_content_of_an_appended_message_stays_while_an_entry_refers_to_it(boxes, alice):
    entry = put(alice, "Drafts")
    drafts, sent = alice.find("Drafts"), alice.find("Sent")
    alice.copy(drafts, [1, 1], sent)
    alice.copy(sent, [1], sent)
    alice.expunge(drafts, [1])
    alice.expunge(sent, [1])
    assert boxes.read(sent, sent.entries[0]) == CONTENT
    alice.expunge(sent, [2])
    assert boxes._contents.size == 0
    with pytest.raises(MessageGone):
        boxes.read(drafts, entry)


def test_deleting_a_mailbox_or_resetting_the_world_deletes_appended_contents(boxes, alice):
    alice.create("a")
    put(alice, "a")
    put(alice, "Sent")
    assert boxes._contents.size == 2 * len(CONTENT)
    alice.delete("a")
    assert boxes._contents.size == len(CONTENT)
    boxes.reset()
    assert (boxes._contents.size, boxes._mail.store._contents) == (0, {})


def test_an_appended_message_that_is_dropped_leaves_nothing(boxes, alice):
    budget = boxes._world.budget
    for saved in (False, True):
        body = alice.begin(len(CONTENT))
        body.write(CONTENT)
        assert budget.used == len(CONTENT)
        if saved:
            body.save()
        body.drop()
        body.drop()
        assert budget.used == 0
    assert boxes._mail.store._contents == {}


def test_a_multiple_append_is_all_or_nothing(alice):
    def bodies():
        for _ in range(2):
            body = alice.begin(4)
            body.write(b"test")
            yield body

    sent = alice.find("Sent")
    one, two = bodies()
    assert refused(alice.append_all, sent, [(one, [], None), (two, ["\\Bad"], None)]) == "cannot"
    assert len(sent) == 0
    assert [entry.uid for entry in alice.append_all(sent, [(one, [], None), (two, ["\\Seen"], 5.0)])] == [1, 2]
    assert {entry.modseq for entry in sent.entries} == {sent.highest_modseq}


def test_memory_for_appended_messages_is_limited(make_mail):
    account = make_mail(size=100).world.mailboxes.account("alice")
    put(account, "Sent", b"x" * 90)
    assert refused(account.begin, 11) == "no-room"
    put(account, "Sent", b"x" * 10)


def test_the_budget_of_incoming_data_holds_for_appended_messages(boxes, alice):
    budget = boxes._world.budget
    budget.limit = 10
    assert refused(alice.begin, 11) == "no-room"
    body = alice.begin(10)
    body.write(b"x" * 10)
    with pytest.raises(OSError, match="too much at once"):
        body.write(b"x")
    body.drop()
    assert budget.used == 0


# Quotas and limits


def test_a_quota_counts_all_mailboxes_of_a_person(make_mail, post):
    size = len(TRACE + CONTENT)
    mail = make_mail(mailbox_size=3 * size)
    alice = mail.world.mailboxes.account("alice")
    post(mail, "alice@homeport.test")
    alice.copy(alice.inbox, [1], alice.find("Archive"))
    assert (alice.quota_used, alice.quota_limit) == (2 * size, 3 * size)
    assert refused(alice.begin, size + 1) == "over-quota"
    put(alice, "Sent", b"x" * size)
    assert refused(alice.copy, alice.inbox, [1], alice.find("Trash")) == "over-quota"
    assert mail.is_full("alice@homeport.test", 1)
    alice.move(alice.inbox, [1], alice.find("Trash"))
    alice.expunge(alice.find("Trash"), [1])
    assert not mail.is_full("alice@homeport.test", 1)
    assert alice.quota_used == 2 * size


def test_there_is_no_quota_by_default(alice):
    assert alice.quota_limit is None


def test_the_number_of_entries_of_a_world_is_limited(make_mail, post):
    mail = make_mail(entries=3)
    alice = mail.world.mailboxes.account("alice")
    post(mail, "alice@homeport.test")
    put(alice, "Sent")
    put(alice, "Sent")
    assert refused(alice.begin, 1) == "limit"
    assert refused(alice.copy, alice.inbox, [1], alice.inbox) == "limit"
    post(mail, "alice@homeport.test")
    assert uids(alice.inbox) == [1, 2]
    alice.expunge(alice.inbox, [1, 2])
    put(alice, "Sent")


# Copies and moves


def test_copies_keep_flags_and_get_uids_in_order(alice, send):
    for _ in range(4):
        send()
    alice.store(alice.inbox, [2, 4], "add", ["\\Flagged", "Tide"])
    archive = alice.find("Archive")
    assert alice.copy(alice.inbox, [4, 9, 2], archive) == [(2, 1), (4, 2)]
    assert [entry.flags for entry in archive.entries] == [{"\\Flagged", "Tide"}] * 2
    assert alice.move(alice.inbox, [3, 1], archive) == [(1, 3), (3, 4)]
    assert uids(alice.inbox) == [2, 4]
    assert alice.move(archive, [1], archive) == [(1, 5)]
    assert uids(archive) == [2, 3, 4, 5]


def test_all_is_only_a_source_of_copies(boxes, alice, send):
    send("carol@homeport.test")
    everything = boxes.everything
    assert alice.find("All") is everything
    assert alice.copy(everything, [1], alice.inbox) == [(1, 1)]
    assert boxes.read(alice.inbox, alice.inbox.entries[0]) == CONTENT
    body = alice.begin(1)
    body.write(b"x")
    for call, arguments in (
        (alice.copy, (alice.inbox, [1], everything)),
        (alice.move, (alice.inbox, [1], everything)),
        (alice.move, (everything, [1], alice.inbox)),
        (alice.expunge, (everything, [1])),
        (alice.append, (everything, body)),
        (alice.rename, ("All", "Mine")),
    ):
        assert refused(call, *arguments) == "cannot"


# Flags


def test_flags_are_added_removed_and_replaced(alice, send):
    send()
    box = alice.inbox

    def flags():
        return set(box.entries[0].flags)

    assert alice.store(box, [1], "add", ["\\seen", "$Label1", "Work"]) == ([1], [])
    assert flags() == {"\\Seen", "$Label1", "Work"}
    assert alice.store(box, [1], "add", ["work", "$LABEL1"]) == ([], [])
    assert alice.store(box, [1, 2], "remove", ["WORK"]) == ([1], [])
    assert flags() == {"\\Seen", "$Label1"}
    assert alice.store(box, [1], "replace", ["\\Deleted"]) == ([1], [])
    assert flags() == {"\\Deleted"}
    assert (box.unseen, box.deleted) == (1, 1)
    assert box.permanent_flags == ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft", "$Label1", "Work")


@pytest.mark.parametrize("flag", ["\\Recent", "\\Other", "a b", "a(b", "", "x" * 129, "\x7f", "a]", "ä"])
def test_flags_that_cannot_be_stored(alice, send, flag):
    send()
    assert refused(alice.store, alice.inbox, [1], "add", ["\\Seen", "New", flag]) in ("cannot", "limit")
    assert alice.inbox.entries[0].flags == set()
    assert "new" not in alice.inbox.keywords


def test_a_keyword_that_no_message_gets_is_not_counted(alice, send):
    send()
    box, keywords = alice.inbox, alice.inbox.keywords
    assert alice.store(box, [1], "remove", ["New"]) == ([], [])
    assert alice.store(box, [9], "add", ["New"]) == ([], [])
    assert alice.store(box, [1], "add", ["New"], unchanged_since=1) == ([], [1])
    assert keywords == {}
    alice.store(box, [1], "add", [f"k{number}" for number in range(250)])
    assert refused(alice.store, box, [1], "add", ["New"]) == "limit"
    assert alice.store(box, [1], "remove", ["New", "k1"]) == ([1], [])
    assert len(keywords) == 250
    assert alice.copy(box, [1], alice.find("Sent")) == [(1, 1)]
    assert len(alice.find("Sent").keywords) == 249
    assert refused(alice.store, box, [1], "remove", ["a b"]) == "cannot"


def test_the_number_of_keywords_is_limited(alice, send):
    send()
    alice.store(alice.inbox, [1], "add", [f"k{number}" for number in range(MAX_KEYWORDS)])
    assert refused(alice.store, alice.inbox, [1], "add", ["one-more"]) == "limit"
    alice.store(alice.inbox, [1], "replace", ["K7"])
    assert alice.inbox.entries[0].flags == {"k7"}


def test_one_modseq_for_all_that_a_command_changes(boxes, alice, send):
    for _ in range(3):
        send()
    box = alice.inbox
    before = box.highest_modseq
    notices = heard(boxes, box)
    alice.store(box, [1, 3], "add", ["\\Seen"])
    assert [entry.modseq for entry in box.entries] == [before + 1, before - 1, before + 1]
    assert (box.highest_modseq, len(notices)) == (before + 1, 1)
    assert alice.store(box, [1, 3], "add", ["\\Seen"]) == ([], [])
    assert (box.highest_modseq, len(notices)) == (before + 1, 1)


def test_what_was_changed_meanwhile_is_left(alice, send):
    for _ in range(3):
        send()
    box = alice.inbox
    known = box.highest_modseq
    alice.store(box, [2], "add", ["\\Flagged"])
    assert alice.store(box, [1, 2, 3], "add", ["\\Seen"], unchanged_since=known) == ([1, 3], [2])
    assert box.find(2).flags == {"\\Flagged"}


def test_seen_in_all_is_the_mark_of_the_api(boxes, alice, send):
    first, second = send(), send()
    boxes.mark(first, read=True)
    everything = boxes.everything
    assert [bool(entry.flags) for entry in everything.entries] == [True, False]
    notices = heard(boxes, everything)
    assert boxes.mark(boxes._mail.get(second.id), read=True).read
    assert everything.unseen == boxes._mail.unread == 0
    alice.store(everything, [1, 2], "remove", ["\\Seen"])
    assert [boxes._mail.get(one.id).read for one in (first, second)] == [False, False]
    assert (boxes._mail.unread, len(notices)) == (2, 2)
    assert alice.inbox.unseen == 2


def test_deleted_is_no_flag_of_all(boxes, alice, send):
    send()
    assert alice.store(boxes.everything, [1], "replace", ["\\Deleted", "\\Flagged"]) == ([1], [])
    assert boxes.everything.entries[0].flags == {"\\Flagged"}
    assert "\\Deleted" not in boxes.everything.permanent_flags


# Bookkeeping


def test_changes_are_found_since_a_modseq_recent_or_not(alice, send):
    for _ in range(20):
        send()
    box = alice.inbox
    seen = box.highest_modseq
    for number in range(MAX_RECENT_CHANGES + 50):
        alice.store(box, [1 + number % 10], "add" if number // 10 % 2 else "remove", ["x"])
        alice.store(box, [1 + number % 10], "add", [f"k{number % 200}"])
    alice.expunge(box, [3])
    for since in range(seen, box.highest_modseq + 1):
        assert box.changed_since(since) == [entry for entry in box.entries if entry.modseq > since]


def test_expunged_uids_are_known_within_a_limit(make_mail, post):
    alice = make_mail().world.mailboxes.account("alice")
    body = alice.begin(1)
    body.write(b"x")
    alice.append(alice.inbox, body)
    archive = alice.find("Archive")
    for _ in range(14):
        alice.copy(alice.inbox, [entry.uid for entry in alice.inbox.entries], alice.inbox)
    begin = alice.inbox.highest_modseq
    alice.expunge(alice.inbox, [1, 2])
    middle = alice.inbox.highest_modseq
    assert alice.inbox.expunged_since(begin) == [1, 2]
    alice.move(alice.inbox, range(3, 5000), archive)
    assert alice.inbox.expunged_since(begin) == [*range(1, 5000)]
    alice.expunge(alice.inbox, range(5000, MAX_EXPUNGED + 2))
    assert alice.inbox.expunged_since(begin) is None
    assert alice.inbox.expunged_since(middle) is None
    assert alice.inbox.expunged_since(middle + 1) == [*range(5000, MAX_EXPUNGED + 2)]


def test_a_message_is_recent_for_one_session(alice, send):
    send()
    send()
    assert alice.inbox.claim_recent() == 1
    assert alice.inbox.claim_recent() == 3
    send()
    assert alice.inbox.claim_recent() == 3


def test_the_lock_of_pop3_is_held_by_one_connection(alice):
    box = alice.inbox
    assert box.lock("c1")
    assert box.lock("c1")
    assert not box.lock("c2")
    box.unlock("c2")
    assert box.locked_by == "c1"
    box.unlock("c1")
    assert box.lock("c2")


def test_a_deleted_mailbox_refuses_further_changes(boxes, alice):
    box = alice.create("a")
    put(alice, "a")
    notices = heard(boxes, box)
    alice.delete("a")
    assert (box.gone, len(box), len(notices)) == (True, 0, 1)
    body = alice.begin(1)
    body.write(b"x")
    assert refused(alice.append, box, body) == "missing"
    assert refused(alice.copy, alice.inbox, [], box) == "missing"


def test_changes_of_names_publish_the_topic_of_the_account(boxes, alice):
    notices = []
    boxes._world.notices.watch(alice.topic, notices.append)
    alice.create("a")
    alice.rename("a", "b")
    alice.subscribe("b")
    alice.subscribe("b")
    alice.unsubscribe("b")
    alice.delete("b")
    assert len(notices) == 5


def test_tags_are_keywords_in_all(boxes, alice, send):
    message = send()
    everything = boxes.everything
    alice.store(everything, [1], "add", ["\\Flagged", "harbour"])
    assert boxes.tags(message.id) == ("harbour",)
    boxes.tag(message, ["tide", "Harbour"])
    assert everything.entries[0].flags == {"\\Flagged", "tide", "harbour"}
    assert boxes.tags(message.id) == ("harbour", "tide")
    assert refused(boxes.tag, message, ["two words"]) == "cannot"
    boxes.tag(message, [])
    assert boxes.tags(message.id) == ()
    assert alice.inbox.entries[0].flags == set()


# What a mailbox keeps so that large ones are quick


def test_the_first_unseen_entry_is_found_after_every_change(alice):
    inbox = alice.find("INBOX")
    for _ in range(5):
        put(alice, "INBOX")
    assert inbox.first_unseen == 1
    alice.store(inbox, [1, 2, 4], "add", ["\\Seen"])
    assert inbox.first_unseen == 3
    alice.expunge(inbox, [1])
    assert inbox.first_unseen == 2
    alice.store(inbox, [2], "remove", ["\\Seen"])
    assert inbox.first_unseen == 1
    alice.store(inbox, [2, 3, 4, 5], "add", ["\\Seen"])
    assert inbox.first_unseen == 0


def test_the_uids_beside_the_entries_are_theirs(alice):
    inbox = alice.find("INBOX")
    for _ in range(9):
        put(alice, "INBOX")
    alice.expunge(inbox, [2, 3, 5, 9])
    assert [*inbox.uids] == uids(inbox) == [1, 4, 6, 7, 8]


def test_an_expunged_entry_can_be_found_for_sessions_that_know_it(alice):
    inbox = alice.find("INBOX")
    entry = put(alice, "INBOX")
    alice.expunge(inbox, [1])
    assert inbox.find(1) is None
    assert inbox.find_removed(1) == entry
