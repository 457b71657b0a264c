"""NOTIFY (RFC 5465): what is sent without a command, of which mailboxes, and when."""

import pytest
from services.imap.talking import MESSAGE, Program, every_way

from homeport.services.imap import notifying
from homeport.world.mail.message import Envelope, Recipient

SELECTED = "NOTIFY SET (SELECTED (MessageNew MessageExpunge FlagChange))"
PERSONAL = "NOTIFY SET (PERSONAL (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))"


@pytest.fixture
def alice():
    """Return a program of Alice, with two messages in INBOX, which is selected."""
    program = Program()
    program.add("INBOX")
    program.add("INBOX")
    program.ask("SELECT INBOX")
    return program


def flag(program, uids, *flags, name="INBOX"):
    program.account.store(program.mailbox(name), uids, "add", flags)


def expunge(program, uids, name="INBOX"):
    program.account.expunge(program.mailbox(name), uids)


# The selected mailbox.


def test_what_changes_in_the_selected_mailbox_is_sent_at_once(alice):
    assert alice.ask(SELECTED) == ["OK NOTIFY completed"]
    alice.add("INBOX")
    assert alice.notice() == ["* 3 EXISTS", "* 3 RECENT"]
    flag(alice, [2], "\\Flagged")
    assert alice.notice() == ["* 2 FETCH (FLAGS (\\Flagged \\Recent) UID 2)"]
    expunge(alice, [1])
    assert alice.notice() == ["* 1 EXPUNGE"]
    assert alice.notice() == []


def test_expunges_are_delayed_until_a_command_that_allows_them(alice):
    alice.ask("NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge))")
    expunge(alice, [1])
    alice.add("INBOX")
    assert alice.notice() == ["* 3 EXISTS", "* 2 RECENT"]
    assert alice.ask("FETCH 2 UID")[0] == "* 2 FETCH (UID 2)"
    assert alice.ask("NOOP")[0] == "* 1 EXPUNGE"


def test_an_expunge_does_not_wait_for_another_command_unless_it_is_delayed(alice):
    alice.ask(SELECTED)
    expunge(alice, [1])
    assert alice.ask("UID FETCH 2 UID") == ["* 2 FETCH (UID 2)", "* 1 EXPUNGE", "OK FETCH completed"]


def test_new_messages_come_with_the_items_that_are_asked_for(alice):
    alice.ask("NOTIFY SET (SELECTED (MessageNew (FLAGS BODY.PEEK[HEADER.FIELDS (Subject)]) MessageExpunge))")
    alice.add("INBOX")
    assert alice.notice() == [
        "* 3 EXISTS",
        "* 3 RECENT",
        "* 3 FETCH (UID 3 FLAGS (\\Recent) BODY[HEADER.FIELDS (Subject)] {18}",
        "Subject: hello",
        "",
        ")",
    ]
    alice.add("INBOX")
    assert "* 4 FETCH (UID 4 FLAGS (\\Recent) BODY[HEADER.FIELDS (Subject)] {18}" in alice.ask("NOOP")
    assert alice.notice() == []


def test_items_that_set_seen_leave_it(alice):
    alice.ask("NOTIFY SET (SELECTED (MessageNew (BODY[]) MessageExpunge))")
    alice.add("INBOX")
    assert "* 3 FETCH (UID 3 BODY[] {" in alice.notice()[2]
    assert alice.mailbox("INBOX").find(3).flags == set()


def test_flags_that_are_not_asked_for_are_not_told_in_commands_either(alice):
    alice.ask("NOTIFY SET (SELECTED (MessageNew MessageExpunge))")
    flag(alice, [1], "\\Seen")
    assert alice.notice() == []
    assert alice.ask("NOOP") == ["OK NOOP completed"]
    assert alice.ask("STORE 1 +FLAGS (\\Flagged)")[0] == "* 1 FETCH (FLAGS (\\Flagged \\Seen \\Recent))"
    flag(alice, [2], "\\Seen")
    assert alice.ask(SELECTED)[0] == "* 2 FETCH (FLAGS (\\Seen \\Recent) UID 2)"


def test_the_groups_stay_when_another_mailbox_is_selected(alice):
    alice.ask(SELECTED)
    alice.ask("SELECT Sent")
    alice.add("Sent")
    assert alice.notice()[0] == "* 1 EXISTS"
    alice.add("INBOX")
    assert alice.notice() == []
    alice.ask("CLOSE")
    alice.add("Sent")
    assert alice.notice() == []


@pytest.mark.parametrize(
    "command", ["NOTIFY SET (PERSONAL (MailboxName))", "NOTIFY SET (SELECTED NONE)", "NOTIFY NONE"]
)
def test_a_selected_mailbox_that_is_not_asked_for_is_not_told_in_commands_and_in_idle(alice, command):
    alice.ask(command)
    alice.add("INBOX")
    expunge(alice, [1])
    assert alice.notice() == []
    assert alice.ask("NOOP") == ["OK NOOP completed"]
    assert alice.ask("IDLE") == ["+ idling"]
    alice.add("INBOX")
    assert alice.notice() == []
    alice.send(b"DONE\r\n")
    assert alice.ask(SELECTED)[:2] == ["* 1 EXPUNGE", "* 3 EXISTS"]


def test_what_a_client_expunges_itself_is_told(alice):
    alice.ask("NOTIFY NONE")
    alice.ask("UID STORE 2 +FLAGS.SILENT (\\Deleted)")
    assert alice.ask("EXPUNGE") == ["* 2 EXPUNGE", "OK EXPUNGE completed"]
    assert "* 1 EXPUNGE" in alice.ask("UID MOVE 1 Trash")


def test_changes_from_before_are_sent_as_by_noop(alice):
    alice.add("INBOX")
    assert alice.ask(SELECTED) == ["* 3 EXISTS", "* 3 RECENT", "OK NOTIFY completed"]


def test_idle_and_notify_watch_the_same_mailbox(alice):
    alice.ask(SELECTED)
    alice.ask("IDLE")
    alice.add("INBOX")
    assert alice.notice() == ["* 3 EXISTS", "* 3 RECENT"]
    alice.send(b"DONE\r\n")
    alice.add("INBOX")
    assert alice.notice() == ["* 4 EXISTS", "* 4 RECENT"]


# Other mailboxes.


def test_other_mailboxes_are_told_by_status(alice):
    alice.ask(PERSONAL)
    alice.add("Sent")
    alice.add("Sent")
    assert alice.notice() == ["* STATUS Sent (MESSAGES 2 UIDNEXT 3 UNSEEN 2)"]
    flag(alice, [1], "\\Seen", name="Sent")
    validity = alice.mailbox("Sent").uid_validity
    assert alice.notice() == [f"* STATUS Sent (UIDVALIDITY {validity} UNSEEN 1)"]
    expunge(alice, [2], name="Sent")
    assert alice.notice() == ["* STATUS Sent (MESSAGES 1 UIDNEXT 3 UNSEEN 0)"]


def test_highestmodseq_is_told_to_those_who_use_it(alice):
    alice.ask("ENABLE CONDSTORE")
    alice.ask(PERSONAL)
    alice.add("Sent")
    modseq = alice.mailbox("Sent").highest_modseq
    assert alice.notice() == [f"* STATUS Sent (MESSAGES 1 UIDNEXT 2 UNSEEN 1 HIGHESTMODSEQ {modseq})"]


def test_status_of_all_mailboxes_comes_first_but_of_the_selected_one(alice):
    alice.ask("CREATE Work")
    alice.add("Work")
    validity = alice.mailbox("Work").uid_validity
    assert alice.ask("NOTIFY SET STATUS (MAILBOXES (Work INBOX nowhere) (MessageNew MessageExpunge))") == [
        f"* STATUS Work (MESSAGES 1 UIDNEXT 2 UIDVALIDITY {validity} UNSEEN 1)",
        "OK NOTIFY completed",
    ]


@pytest.mark.parametrize(
    ("group", "told"),
    [("INBOXES", ["INBOX"]), ("PERSONAL", ["INBOX", "Lists", "Lists/a", "Lists2"]),
     ("SUBTREE Lists", ["Lists", "Lists/a"]),
     ("SUBTREE (Lists Lists2)", ["Lists", "Lists/a", "Lists2"]), ("MAILBOXES (Lists inbox)", ["INBOX", "Lists"]),
     ("SUBSCRIBED", ["INBOX", "Lists2"]), ("MAILBOXES All", ["All"])],
)  # fmt: skip
def test_groups_of_mailboxes(group, told):
    program = Program()
    for name in ("Lists", "Lists/a", "Lists2"):
        program.account.create(name)
    program.account.subscribe("Lists2")
    assert program.ask(f"NOTIFY SET ({group} (MessageNew MessageExpunge))") == ["OK NOTIFY completed"]
    for name in ("INBOX", "Lists", "Lists/a", "Lists2"):
        program.add(name)
    mail = program.world.mail
    draft = mail.begin(5)
    draft.write(b"a: b\n")
    draft.keep(Envelope(reverse_path="", recipients=(Recipient(address="nobody@elsewhere.test"),)))
    assert [line.split()[2] for line in program.notice()] == told


def test_a_group_with_none_ends_the_list_for_its_mailboxes():
    program = Program()
    program.ask("NOTIFY SET (MAILBOXES Sent NONE) (PERSONAL (MessageNew MessageExpunge))")
    program.add("Sent")
    program.add("Drafts")
    assert [line.split()[2] for line in program.notice()] == ["Drafts"]


def test_a_mailbox_has_the_events_of_all_groups_that_it_is_in():
    program = Program()
    program.ask("NOTIFY SET (MAILBOXES Work (MailboxName)) (PERSONAL (MessageNew MessageExpunge))")
    program.account.create("Work")
    program.add("Work")
    assert [line.split()[1] for line in program.notice()] == ["LIST", "STATUS"]


def test_a_change_of_uidvalidity_is_told(alice):
    alice.ask("NOTIFY SET (MAILBOXES Sent (MessageNew MessageExpunge))")
    validity = alice.account.renew(alice.mailbox("Sent"))
    assert alice.notice() == [f"* STATUS Sent (MESSAGES 0 UIDNEXT 1 UIDVALIDITY {validity} UNSEEN 0)"]


def test_names_that_a_client_changes_itself_are_not_told(alice):
    alice.ask(PERSONAL)
    alice.account.create("Other")
    assert alice.ask("CREATE Work") == ['* LIST (\\HasNoChildren) "/" Other', alice_created(alice)]
    for command in ("RENAME Work Play", "SUBSCRIBE Play", "UNSUBSCRIBE Play", "DELETE Play"):
        assert len(alice.ask(command)) == 1
    assert alice.notice() == []


def alice_created(alice):
    return f"OK [MAILBOXID ({alice.mailbox('Work').identifier})] CREATE completed"


def test_names_that_come_go_and_change_are_told(alice):
    alice.ask(PERSONAL)
    alice.account.create("Work")
    assert alice.notice() == ['* LIST (\\HasNoChildren) "/" Work']
    alice.account.rename("Work", "Play time")
    assert alice.notice() == ['* LIST (\\HasNoChildren) "/" "Play time" ("OLDNAME" (Work))']
    alice.add("Play time")
    assert alice.notice() == ['* STATUS "Play time" (MESSAGES 1 UIDNEXT 2 UNSEEN 1)']
    alice.account.delete("Play time")
    assert alice.notice() == ['* LIST (\\NonExistent \\HasNoChildren) "/" "Play time"']


def test_subscriptions_are_told(alice):
    alice.ask(PERSONAL)
    alice.account.unsubscribe("Sent")
    assert alice.notice() == ['* LIST (\\HasNoChildren \\Sent) "/" Sent']
    alice.account.subscribe("Sent")
    alice.account.subscribe("later")
    assert alice.notice() == [
        '* LIST (\\Subscribed \\HasNoChildren \\Sent) "/" Sent',
        '* LIST (\\Subscribed \\NonExistent \\HasNoChildren) "/" later',
    ]


def test_a_mailbox_that_is_made_with_a_message_is_told_with_it(alice):
    alice.ask(PERSONAL)
    alice.account.create("Work")
    alice.add("Work")
    assert alice.notice() == ['* LIST (\\HasNoChildren) "/" Work', "* STATUS Work (MESSAGES 1 UIDNEXT 2 UNSEEN 1)"]


def test_names_are_written_as_the_session_has_them():
    program = Program()
    program.ask(PERSONAL)
    program.account.create("Übung")
    assert program.notice() == ['* LIST (\\HasNoChildren) "/" &ANw-bung']
    program = Program()
    program.ask("ENABLE UTF8=ACCEPT")
    program.ask(PERSONAL)
    program.account.create("Übung")
    assert program.notice() == ['* LIST (\\HasNoChildren) "/" "Übung"']


def test_what_happens_during_a_command_is_told_at_its_end_also_if_it_is_refused(alice):
    alice.ask(PERSONAL)
    alice.add("Sent")
    assert alice.ask("NOOP")[0].startswith("* STATUS Sent ")
    alice.add("Sent")
    lines = alice.ask("COPY 1 nowhere")
    assert lines[0].startswith("* STATUS Sent ")
    assert lines[1].startswith("NO [TRYCREATE]")


def test_notify_none_ends_everything(alice):
    alice.ask(PERSONAL)
    assert alice.ask("NOTIFY NONE") == ["OK NOTIFY completed"]
    assert alice.talk.watching == set()
    alice.add("Sent")
    assert alice.notice() == []


def test_a_new_set_replaces_the_old_one(alice):
    alice.ask(PERSONAL)
    alice.ask("NOTIFY SET (MAILBOXES Drafts (MessageNew MessageExpunge))")
    alice.add("Sent")
    assert alice.notice() == []
    assert alice.talk.watching == {alice.account.topic, alice.mailbox("Drafts").topic, "annotations"}


def test_annotations_that_change_are_named_also_those_that_are_gone(alice):
    other = Program(world=alice.world)
    alice.ask("NOTIFY SET (MAILBOXES Sent (MailboxMetadataChange)) (PERSONAL (ServerMetadataChange))")
    for mailbox in ("Sent", "Drafts", '""'):
        other.ask(f'SETMETADATA {mailbox} (/private/comment "a" /private/vendor/acme/x "b")')
    assert alice.notice() == [
        '* METADATA "" /private/comment /private/vendor/acme/x',
        "* METADATA Sent /private/comment /private/vendor/acme/x",
    ]
    other.ask('SETMETADATA Sent (/private/comment NIL /private/vendor/acme/x "b")')
    assert alice.notice() == ["* METADATA Sent /private/comment"]
    assert alice.ask('SETMETADATA Sent (/private/comment "own")') == ["OK SETMETADATA completed"]
    other.ask("SETACL Sent bob lr")
    assert alice.notice() == []


def test_labels_that_follow_a_delivery_are_told():
    program = Program(labels=True)
    program.ask(PERSONAL)
    program.add("INBOX")
    assert [line.split(" (")[0] for line in program.notice()] == ["* STATUS INBOX", '* STATUS "[Gmail]/All Mail"']


def test_a_mailbox_that_the_client_may_not_read_is_not_watched(alice):
    alice.ask("SETACL Drafts alice l")
    events = "(MessageNew MessageExpunge)"
    assert alice.ask(f"NOTIFY SET STATUS (MAILBOXES (Drafts Sent) {events}) (PERSONAL {events})")[0] == (
        '* LIST (\\NoAccess) "/" Drafts'
    )
    alice.add("Drafts")
    alice.add("Sent")
    assert [line.split()[2] for line in alice.notice()] == ["Sent"]


# What is refused.


@pytest.mark.parametrize("event", ["MessageNew MessageExpunge AnnotationChange", "Sunrise"])
def test_an_event_that_is_not_known_is_refused_with_those_that_are(alice, event):
    assert alice.last(f"NOTIFY SET (PERSONAL ({event}))").startswith(
        "NO [BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange "
        "MailboxMetadataChange ServerMetadataChange)] "
    )
    assert alice.findings == []


@pytest.mark.parametrize("event", ["MailboxMetadataChange", "ServerMetadataChange"])
def test_without_annotations_there_are_no_events_of_them(event):
    program = Program(without=["METADATA", "METADATA-SERVER"])
    assert program.last(f"NOTIFY SET (PERSONAL ({event}))").startswith(
        "NO [BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange)] "
    )


def test_more_mailboxes_than_the_server_watches_are_refused(monkeypatch, alice):
    monkeypatch.setattr(notifying, "MAX_WATCHED", 6)
    assert alice.last(PERSONAL) == "OK NOTIFY completed"
    alice.account.create("seventh")
    assert alice.notice() == [
        '* LIST (\\HasNoChildren) "/" seventh',
        "* OK [NOTIFICATIONOVERFLOW] there are too many mailboxes: no more notifications",
    ]
    assert alice.talk.watching == set()
    assert alice.last(PERSONAL).startswith("NO [NOTIFICATIONOVERFLOW] at most 6 mailboxes")
    many = " ".join(["(INBOXES NONE)"] * 21)
    assert alice.last(f"NOTIFY SET {many}").startswith("NO [NOTIFICATIONOVERFLOW] NOTIFY takes at most 20 groups")


def test_a_set_that_is_refused_leaves_the_old_one(alice):
    alice.ask(PERSONAL)
    assert alice.last("NOTIFY SET (PERSONAL (Sunrise))").startswith("NO")
    alice.add("Sent")
    assert alice.notice()[0].startswith("* STATUS Sent ")


def test_items_need_what_announces_them():
    program = Program(without=["PREVIEW"])
    command = "NOTIFY SET (SELECTED (MessageNew (PREVIEW) MessageExpunge))"
    assert "needs PREVIEW" in program.last(command)
    assert "needs NOTIFY" in Program(without=["NOTIFY"]).last(PERSONAL)


def test_notify_is_read_however_it_is_cut():
    data = (
        b"a2 NOTIFY SET STATUS (MAILBOXES ({4+}\r\nSent) (MessageNew MessageExpunge))\r\n"
        b"a3 APPEND Sent {12+}\r\nSubject: a\r\n\r\na4 NOTIFY NONE\r\n"
    )
    sent = every_way(data)
    assert b"* STATUS Sent (MESSAGES 1 UIDNEXT 2 UNSEEN 1)\r\na3 OK" in sent
    assert sent.endswith(b"a4 OK NOTIFY completed\r\n")


def test_a_message_over_smtp_is_told_after_its_250(start_farm):
    import smtplib

    farm = start_farm("smtp", "imap", imap={"clear_passwords": True})
    with farm.connect("imap") as client, client.makefile("rb") as reader:
        reader.readline()
        client.sendall(b"a1 LOGIN alice alice-pass\r\na2 " + PERSONAL.encode() + b"\r\n")
        while not reader.readline().startswith(b"a2 OK"):
            pass
        with smtplib.SMTP("127.0.0.1", farm.port("smtp")) as smtp:
            smtp.sendmail("a@client.test", ["alice@homeport.test"], MESSAGE.decode())
        assert reader.readline() == b"* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UNSEEN 1)\r\n"
        client.sendall(b"a3 LOGOUT\r\n")
        assert reader.read().endswith(b"a3 OK LOGOUT completed\r\n")
