"""The arguments of METADATA, ACL and NOTIFY, and URLs of messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.imap.grammar.acl_arguments import (
    parse_acl_mailbox,
    parse_acl_target,
    parse_rights,
    parse_set_acl,
    serialize_rights,
)
from homeport.services.imap.grammar.imap_urls import MessageUrl, parse_message_url
from homeport.services.imap.grammar.metadata_arguments import parse_get_metadata, parse_set_metadata
from homeport.services.imap.grammar.notify_arguments import BadEvent, parse_notify
from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem
from homeport.world.mail.mime.sections import Section


def refused(parse, text, *literals):
    with pytest.raises(SyntaxProblem) as problem:
        parse(Cursor(text, literals))
    return problem.value


@pytest.mark.parametrize("text", [b'(DEPTH 1 MAXSIZE 5) "" /Shared/x', b'"" (MAXSIZE 5 DEPTH 1) (/shared/x /shared/x)'])
def test_get_metadata(text):
    request = parse_get_metadata(Cursor(text))
    assert (request.mailbox, request.entries, request.depth, request.max_size) == ("", ("/shared/x",), 1, 5)


def test_get_metadata_takes_all_that_is_private_or_shared():
    assert parse_get_metadata(Cursor(b'(DEPTH infinity) "" (/private /shared)')).entries == ("/private", "/shared")
    refused(parse_set_metadata, b'"" (/shared "x")')


def test_metadata_of_any_depth():
    assert parse_get_metadata(Cursor(b"(DEPTH infinity) INBOX /private/a/b")).depth > 1000


def test_set_metadata():
    request = parse_set_metadata(Cursor(b'INBOX (/private/a NIL /shared/b "" /shared/c ~{2}\r\n)', [b"\0\1"]))
    assert request.mailbox == "INBOX"
    assert request.values == (("/private/a", None), ("/shared/b", b""), ("/shared/c", b"\0\1"))


@pytest.mark.parametrize(
    "text",
    [b"", b"INBOX", b"INBOX x", b"INBOX /other/x", b"INBOX /shared/", b"INBOX /shared//x",
     b'INBOX "/shared/a*"', b'INBOX "/shared/a%"', b"INBOX ()", b"(DEPTH 2) INBOX /shared/x", b"(X 1) INBOX /shared/x",
     b"(DEPTH 1 DEPTH 1) INBOX /shared/x", b"(MAXSIZE x) INBOX /shared/x", b"INBOX /shared/x /shared/y", b'INBOX ""'],
)  # fmt: skip
def test_malformed_metadata_is_refused(text):
    refused(parse_get_metadata, text)
    refused(parse_set_metadata, text)


def test_acls():
    request = parse_set_acl(Cursor(b"Sent bob +lrc"))
    assert (request.mailbox, request.identifier, request.how, request.rights) == ("Sent", "bob", "add", set("lrkx"))
    assert parse_set_acl(Cursor(b'a b ""')).how == "replace"
    assert parse_set_acl(Cursor(b"a b -d")).rights == set("te")
    assert parse_acl_target(Cursor(b"inbox anyone")) == ("INBOX", "anyone")
    assert parse_acl_mailbox(Cursor(b'"Sent Items"')) == "Sent Items"
    assert serialize_rights(parse_rights("aetl")) == "ltead"
    assert "unknown right" in refused(parse_set_acl, b"a b lq").text
    for text in (b"", b"a", b"a b", b"a b l r", b"a {1}\r\n l"):
        refused(parse_set_acl, text, b"\xff")
    refused(parse_acl_target, b"a")
    refused(parse_acl_mailbox, b"a b")


def test_notify():
    assert parse_notify(Cursor(b"NONE")).groups == ()
    request = parse_notify(
        Cursor(
            b"SET STATUS (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (From)]) MessageExpunge))"
            b" (subtree (Lists Work) (MailboxName SubscriptionChange)) (personal NONE) (mailboxes misc NONE)"
        )
    )
    assert request.status
    selected, subtree, personal, misc = request.groups
    assert (selected.where, selected.events) == ("SELECTED", {"MessageNew", "MessageExpunge"})
    assert [item.label for item in selected.items] == [b"UID", b"BODY[HEADER.FIELDS (From)]"]
    assert (subtree.where, subtree.mailboxes) == ("SUBTREE", ("Lists", "Work"))
    assert subtree.events == {"MailboxName", "SubscriptionChange"}
    assert (personal.where, personal.events) == ("PERSONAL", set())
    assert misc.mailboxes == ("misc",)


def test_an_unknown_event_is_a_problem_of_its_own():
    assert isinstance(refused(parse_notify, b"SET (personal (Sunrise))"), BadEvent)


@pytest.mark.parametrize(
    "text",
    [b"", b"X", b"SET", b"SET STATUS", b"SET ()", b"SET (personal)", b"SET (nowhere NONE)", b"SET (personal ())",
     b"SET (personal (MessageNew))", b"SET (personal (MessageExpunge))", b"SET (personal (FlagChange))",
     b"SET (selected (MailboxName))", b"SET (personal (MessageNew (UID) MessageExpunge))", b"SET (subtree NONE)",
     b"SET (selected NONE) (selected-delayed NONE)", b"SET (personal NONE) ", b"NONE x", b"SET (personal NONE"],
)  # fmt: skip
def test_malformed_notifies_are_refused(text):
    refused(parse_notify, text)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (b"/INBOX/;UID=20", MessageUrl("INBOX", 20, None, Section((), "", ()))),
        (b"/a%20b;UIDVALIDITY=9/;UID=20/;SECTION=1.2.MIME", MessageUrl("a b", 20, 9, Section((1, 2), "MIME", ()))),
        (b"/a/b;UID=1/;PARTIAL=0.5", MessageUrl("a/b", 1, None, Section((), "", ()), (0, 5))),
        (b"imap://alice@host/a/;uid=1/;section=HEADER.FIELDS%20(To)",
         MessageUrl("a", 1, None, Section((), "HEADER.FIELDS", (b"To",)))),
        (b"/a/;UID=1/;PARTIAL=3", MessageUrl("a", 1, None, Section((), "", ()), (3, (1 << 63) - 1))),
    ],
)  # fmt: skip
def test_urls_of_messages(url, found):
    assert parse_message_url(url) == found


@pytest.mark.parametrize(
    "url",
    [b"", b"/INBOX", b"INBOX/;UID=1", b"/a/;UID=0", b"/a/;UID=x", b"/a/;UID=4294967296", b"/a;UIDVALIDITY=0/;UID=1",
     b"/a/;UID=1/;SECTION=x", b"/a/;UID=1/;SECTION=]", b"/a/;UID=1/;PARTIAL=0.0", b"/%FF/;UID=1", b"http://x/a/;UID=1",
     b"/a/;UID=1/;SECTION=1]<0.5>", b"/a?SUBJECT%20x", b"//;UID=1", b"/" + b"a" * 5000 + b"/;UID=1", b"/;UID=1"],
)  # fmt: skip
def test_other_urls_are_none(url):
    assert parse_message_url(url) is None


PIECES = st.lists(
    st.sampled_from([b"SET", b"NONE", b"STATUS", b" ", b"(", b")", b"selected", b"personal", b"MessageNew", b"UID",
                     b"MessageExpunge", b"mailboxes", b"INBOX", b"/shared/x", b"NIL", b'"', b"DEPTH", b"1", b"MAXSIZE",
                     b"~{1}\r\n", b"{1}\r\n", b"+lr", b"\xff", b";UID=1", b";SECTION="]),
    max_size=20,
).map(b"".join)  # fmt: skip
PARSERS = [parse_notify, parse_get_metadata, parse_set_metadata, parse_set_acl, parse_acl_target, parse_acl_mailbox]


@given(PIECES, st.sampled_from(PARSERS))
def test_any_arguments_are_read_or_are_a_syntax_problem(text, parse):
    for line in (text, b"SET (personal (" + text, b"INBOX (" + text):
        try:
            parse(Cursor(line, [b"x", object()]))
        except SyntaxProblem:
            continue
    parse_message_url(b"/a" + text)
