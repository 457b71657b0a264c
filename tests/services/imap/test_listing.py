"""LIST with all of its options, LSUB, STATUS, NAMESPACE; CREATE, DELETE, RENAME, subscriptions, quotas."""

import pytest
from conftest import make_world
from services.imap.talking import Program

from homeport.services.imap.options import ImapOptions
from homeport.world.mail.contents import MailContents
from homeport.world.world import WorldContents

STANDARD = ["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash", "All"]


@pytest.fixture
def alice():
    """Return a program of Alice, who has folders of some levels; `Far/Away` has no mailbox above it."""
    program = Program()
    for name in ("Work", "Work/2026", "Work/2026/May"):
        program.ask(f"CREATE {name}")
    program.ask("CREATE Far/Away")
    program.ask("DELETE Far")
    return program


def names(lines):
    return [line.rpartition('"/" ')[2] for line in lines if line.startswith("* L")]


def flags(lines, name):
    (line,) = [line for line in lines if line.endswith(f'"/" {name}') or f'"/" {name} (' in line]
    return {*line.partition("(")[2].partition(")")[0].split()}


class TestList:
    def test_everybody_has_the_special_mailboxes_and_all(self):
        lines = Program().ask('LIST "" *')
        assert names(lines) == STANDARD
        assert flags(lines, "Sent") == {"\\HasNoChildren", "\\Sent"}
        assert flags(lines, "All") == {"\\HasNoChildren", "\\All"}

    def test_an_empty_pattern_tells_the_separator(self, alice):
        assert alice.ask('LIST "" ""') == ['* LIST (\\Noselect) "/" ""', "OK LIST completed"]

    def test_a_percent_stops_at_a_level_and_levels_without_a_mailbox_are_noselect(self, alice):
        lines = alice.ask('LIST "" %')
        assert names(lines) == ["INBOX", "Archive", "Drafts", "Far", "Junk", "Sent", "Trash", "Work", "All"]
        assert flags(lines, "Far") == {"\\Noselect", "\\HasChildren"}
        assert flags(lines, "Work") == {"\\HasChildren"}
        assert names(alice.ask('LIST "" Work/%')) == ["Work/2026"]
        assert names(alice.ask("LIST Work/ %/%")) == ["Work/2026/May"]

    @pytest.mark.parametrize("name", ["inbox", "INBOX", "InBoX", "in%", '"inbox"'])
    def test_inbox_is_in_any_case(self, alice, name):
        assert names(alice.ask(f'LIST "" {name}')) == ["INBOX"]

    def test_a_name_is_quoted_only_where_it_must_be(self, alice):
        alice.ask('CREATE "two words"')
        alice.ask("CREATE a]b")
        alice.ask('CREATE "a\\"b"')
        assert names(alice.ask('LIST "" a%')) == ['"a\\"b"', "a]b"]
        assert names(alice.ask('LIST "" tw%')) == ['"two words"']

    def test_names_are_modified_utf7_in_rev1_and_utf8_after_enable(self, alice):
        alice.ask("CREATE Entw&APw-rfe")
        assert names(alice.ask('LIST "" E%')) == ["Entw&APw-rfe"]
        alice.ask("ENABLE UTF8=ACCEPT")
        assert names(alice.ask('LIST "" E%')) == ['"Entwürfe"']
        assert alice.last('STATUS "Entwürfe" (MESSAGES)').startswith("OK")

    def test_several_patterns_list_a_mailbox_once(self, alice):
        assert names(alice.ask('LIST "" (INBOX % Sent)')).count("INBOX") == 1

    def test_subscribed_lists_names_that_do_not_exist_too(self, alice):
        alice.ask("SUBSCRIBE Work")
        alice.ask("CREATE Gone")
        alice.ask("SUBSCRIBE Gone")
        alice.ask("DELETE Gone")
        lines = alice.ask('LIST (SUBSCRIBED) "" *')
        assert {"Work", "Gone"} < {*names(lines)}
        assert "Work/2026" not in names(lines)
        assert flags(lines, "Gone") == {"\\NonExistent", "\\HasNoChildren", "\\Subscribed"}
        assert flags(lines, "Work") == {"\\HasChildren", "\\Subscribed"}

    def test_return_subscribed_marks_and_does_not_select(self, alice):
        lines = alice.ask('LIST "" * RETURN (SUBSCRIBED)')
        assert "\\Subscribed" in flags(lines, "INBOX")
        assert "\\Subscribed" not in flags(lines, "Work")

    def test_recursive_match_tells_of_children_that_the_pattern_hides(self, alice):
        alice.ask("SUBSCRIBE Work/2026/May")
        lines = alice.ask('LIST (SUBSCRIBED RECURSIVEMATCH) "" W%')
        assert lines[0] == '* LIST (\\HasChildren) "/" Work ("CHILDINFO" ("SUBSCRIBED"))'
        lines = alice.ask('LIST (SUBSCRIBED RECURSIVEMATCH) "" W*')
        assert names(lines) == ["Work/2026/May"]

    def test_recursive_match_alone_is_bad(self, alice):
        assert alice.last('LIST (RECURSIVEMATCH) "" %').startswith("BAD")

    def test_special_use_selects(self, alice):
        assert names(alice.ask('LIST (SPECIAL-USE) "" *')) == STANDARD[1:]

    def test_status_comes_after_each_mailbox(self, alice):
        lines = alice.ask('LIST "" (Work Far) RETURN (STATUS (MESSAGES UIDNEXT))')
        assert lines[:-1] == [
            '* LIST (\\NonExistent \\HasChildren) "/" Far',
            '* LIST (\\HasChildren) "/" Work',
            "* STATUS Work (MESSAGES 0 UIDNEXT 1)",
        ]

    @pytest.mark.parametrize("argument", ['(NONE) "" *', '"" * RETURN (NONE)', '"" () ', '""', "() *", '"" * RETURN'])
    def test_malformed_arguments_are_bad(self, alice, argument):
        assert alice.last(f"LIST {argument}").startswith("BAD")


class TestLsub:
    def test_it_lists_subscriptions_and_with_percent_the_levels_above(self, alice):
        alice.ask("SUBSCRIBE Work/2026/May")
        assert "Work/2026/May" in names(alice.ask('LSUB "" *'))
        lines = alice.ask('LSUB "" W%')
        assert lines[0] == '* LSUB (\\Noselect) "/" Work'
        alice.ask("SUBSCRIBE Work")
        assert alice.ask('LSUB "" W%')[0] == '* LSUB () "/" Work'

    def test_a_deleted_mailbox_stays_subscribed(self, alice):
        alice.ask("SUBSCRIBE Work")
        alice.ask("DELETE Work")
        assert "Work" in names(alice.ask('LSUB "" *'))
        alice.ask("UNSUBSCRIBE Work")
        assert "Work" not in names(alice.ask('LSUB "" *'))

    def test_it_is_a_finding_in_rev2_and_bad_if_strict(self, alice):
        alice.ask("ENABLE IMAP4rev2")
        alice.ask('LSUB "" *')
        assert alice.findings == ["lsub-in-rev2"]
        strict = Program(syntax="strict")
        strict.ask("ENABLE IMAP4rev2")
        assert strict.last('LSUB "" *').startswith("BAD")


class TestStatus:
    def test_every_item_has_a_value(self, alice):
        alice.add("Work", b"Subject: x\r\n\r\n")
        mailbox = alice.mailbox("Work")
        items = "MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ MAILBOXID APPENDLIMIT"
        assert alice.ask(f"STATUS Work ({items} DELETED-STORAGE)")[0] == (
            f"* STATUS Work (MESSAGES 1 RECENT 1 UIDNEXT 2 UIDVALIDITY {mailbox.uid_validity} UNSEEN 1 DELETED 0 "
            f"SIZE 14 HIGHESTMODSEQ 2 MAILBOXID ({mailbox.identifier}) APPENDLIMIT {int(ImapOptions().max_size)} "
            "DELETED-STORAGE 0)"
        )

    def test_of_nothing_it_is_nonexistent(self, alice):
        assert alice.last("STATUS Nothing (MESSAGES)").startswith("NO [NONEXISTENT]")

    def test_of_the_selected_mailbox_it_is_a_finding(self, alice):
        alice.ask("SELECT Work")
        assert alice.last("STATUS Work (MESSAGES)").startswith("OK")
        assert alice.findings == ["status-of-selected"]

    @pytest.mark.parametrize("argument", ["Work", "Work ()", "Work (FOO)", "Work MESSAGES", "Work (MESSAGES) x"])
    def test_malformed_arguments_are_bad(self, alice, argument):
        assert alice.last(f"STATUS {argument}").startswith("BAD")


class TestManaging:
    def test_create_makes_the_levels_above(self, alice):
        assert alice.last("CREATE a/b/c/").startswith("OK [MAILBOXID (F")
        assert names(alice.ask('LIST "" a*')) == ["a", "a/b", "a/b/c"]

    @pytest.mark.parametrize(
        "command",
        [
            'CREATE "a/b/%"',
            "CREATE a/b/c (USE (\\Inbox))",
            "CREATE a/b//c",
            "CREATE All/b/c",
            "RENAME Work Work/b/c",
            'RENAME Work "a/b/%"',
            'RENAME INBOX "a/b/*"',
            "RENAME Nothing a/b/c",
            "RENAME Work Sent/",
            "RENAME INBOX Work/2026",
        ],
    )
    def test_a_refused_command_leaves_no_levels_behind(self, alice, command):
        before = alice.ask('LIST "" *')
        acts = alice.acts
        assert alice.last(command).startswith("NO"), command
        assert alice.ask('LIST "" *') == before
        assert alice.acts == acts

    def test_levels_over_the_limit_of_mailboxes_are_not_made_one_by_one(self, alice):
        for number in range(991 - len(alice.account.names())):
            alice.account.create(f"n{number}")
        before = alice.account.names()
        assert alice.last(f"CREATE {'/'.join('abcdefghij')}").startswith("NO [LIMIT]")
        assert alice.last(f"RENAME n1 {'/'.join('abcdefghijk')}").startswith("NO [LIMIT]")
        assert alice.account.names() == before
        assert alice.last("CREATE a/b/c").startswith("OK")
        assert alice.last("RENAME n1 d/e/f").startswith("OK")

    def test_create_with_a_special_use(self, alice):
        assert alice.last("CREATE Spam (USE (\\Junk))").startswith("OK")
        assert "\\Junk" in flags(alice.ask('LIST "" Spam'), "Spam")
        assert alice.last("CREATE x (USE (\\Inbox))").startswith("NO [USEATTR]")
        assert alice.last("CREATE x (FOO (\\Junk))").startswith("BAD")

    @pytest.mark.parametrize(
        ("command", "code"),
        [
            ("CREATE INBOX", "ALREADYEXISTS"),
            ("CREATE Work", "ALREADYEXISTS"),
            ("CREATE All", "ALREADYEXISTS"),
            ('CREATE "a*"', "CANNOT"),
            ("CREATE a//b", "CANNOT"),
            ("DELETE INBOX", "CANNOT"),
            ("DELETE All", "CANNOT"),
            ("DELETE Nothing", "NONEXISTENT"),
            ("DELETE Far", "HASCHILDREN"),
            ("RENAME Nothing x", "NONEXISTENT"),
            ("RENAME Work Sent", "ALREADYEXISTS"),
        ],
    )
    def test_what_cannot_be_done_says_why_by_its_code(self, alice, command, code):
        reply = alice.last(command)
        assert reply.startswith(("NO [", "BAD"))
        assert code in reply or reply.startswith("NO [CANNOT]")

    def test_a_deleted_mailbox_with_children_becomes_a_level(self, alice):
        assert alice.last("DELETE Work") == "OK DELETE completed"
        assert flags(alice.ask('LIST "" Work'), "Work") == {"\\Noselect", "\\HasChildren"}

    def test_rename_takes_what_is_below_along(self, alice):
        assert alice.last("RENAME Work Old/Work") == "OK RENAME completed"
        assert names(alice.ask('LIST "" Old*')) == ["Old", "Old/Work", "Old/Work/2026", "Old/Work/2026/May"]

    def test_rename_of_inbox_moves_its_messages(self, alice):
        alice.add("INBOX")
        assert alice.last("RENAME INBOX Older") == "OK RENAME completed"
        assert len(alice.mailbox("INBOX").entries) == 0
        assert len(alice.mailbox("Older").entries) == 1

    def test_uid_validity_grows_when_a_name_comes_back(self, alice):
        before = alice.mailbox("Work").uid_validity
        alice.ask("DELETE Work")
        alice.ask("CREATE Work")
        assert alice.mailbox("Work").uid_validity > before

    def test_namespaces_are_the_own_one_and_the_shared_mailbox(self, alice):
        assert alice.ask("NAMESPACE")[0] == '* NAMESPACE (("" "/")) NIL (("All" "/"))'


class TestQuota:
    def test_with_a_limit_usage_and_limit_are_told_in_kib(self):
        world = make_world(WorldContents(mail=MailContents(mailbox_size=1 << 20)))
        program = Program(world)
        program.add("INBOX", bytes(1500))
        assert program.ask("GETQUOTAROOT INBOX")[:-1] == ['* QUOTAROOT INBOX ""', '* QUOTA "" (STORAGE 2 1024)']
        assert program.ask('GETQUOTA ""')[0] == '* QUOTA "" (STORAGE 2 1024)'

    def test_with_a_limit_of_messages_their_number_is_told(self):
        world = make_world(WorldContents(mail=MailContents(mailbox_messages=10)))
        program = Program(world)
        program.add("INBOX")
        program.add("Sent")
        assert program.ask("GETQUOTAROOT INBOX")[:-1] == ['* QUOTAROOT INBOX ""', '* QUOTA "" (MESSAGE 2 10)']
        both = Program(make_world(WorldContents(mail=MailContents(mailbox_size=1 << 20, mailbox_messages=10))))
        assert both.ask('GETQUOTA ""')[0] == '* QUOTA "" (STORAGE 0 1024 MESSAGE 0 10)'
        assert both.ask("GETQUOTAROOT All")[0] == "* QUOTAROOT All"
        assert "QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE" in both.ask("CAPABILITY")[0]

    def test_limits_are_set_by_the_configuration_alone(self):
        """RFC 9208 4.1.3: SETQUOTA needs QUOTASET, which is not announced."""
        program = Program(make_world(WorldContents(mail=MailContents(mailbox_messages=10))))
        assert "QUOTASET" not in program.ask("CAPABILITY")[0]
        assert program.last('SETQUOTA "" (MESSAGE 20)').startswith("BAD unknown command")

    def test_a_message_too_many_is_refused_before_it_is_read_and_so_is_a_copy(self):
        program = Program(make_world(WorldContents(mail=MailContents(mailbox_messages=2))))
        program.add("INBOX")
        program.add("INBOX")
        assert program.last("APPEND INBOX {20}") == (
            "NO [OVERQUOTA] the mailboxes of alice may have 2 messages together"
        )
        program.ask("SELECT INBOX")
        assert program.last("COPY 1 Sent").startswith("NO [OVERQUOTA]")
        assert program.last("MOVE 1 Sent").startswith("OK")
        program.mailbox("Sent")
        assert [len(program.mailbox(name)) for name in ("INBOX", "Sent")] == [1, 1]
        program.ask("STORE 1 +FLAGS (\\Deleted)")
        assert program.last("EXPUNGE").startswith("OK")
        assert program.last(b"APPEND INBOX (\\Seen) {3+}\r\na\r\n").startswith("OK")
        two = b"{3+}\r\na\r\n"
        program.ask("CLOSE")
        assert program.last(b"APPEND Trash " + two + b" " + two).startswith("NO [OVERQUOTA]")
        assert len(program.mailbox("Trash")) == 0

    def test_quotas_of_messages_allow_to_ask_for_deleted_ones(self):
        """RFC 9208 4.1.4."""
        program = Program(without=["IMAP4rev2"])
        program.add("INBOX")
        assert program.ask("STATUS INBOX (DELETED)")[0] == "* STATUS INBOX (DELETED 0)"
        bare = Program(without=["IMAP4rev2", "QUOTA"])
        assert bare.last("STATUS INBOX (DELETED)").startswith(
            "BAD STATUS with this argument needs IMAP4rev2 or QUOTA=RES"
        )

    def test_without_a_limit_there_is_no_root(self, alice):
        assert alice.ask("GETQUOTAROOT INBOX")[0] == "* QUOTAROOT INBOX"
        assert alice.last('GETQUOTA ""').startswith("NO [NONEXISTENT]")
        assert alice.last("GETQUOTAROOT Nothing").startswith("NO [NONEXISTENT]")

    def test_a_message_over_the_quota_is_refused_before_it_is_read(self):
        program = Program(make_world(WorldContents(mail=MailContents(mailbox_size=1000))))
        assert program.last("APPEND INBOX {2000}").startswith("NO [OVERQUOTA]")
