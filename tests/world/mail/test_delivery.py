"""Delivery: mailboxes, aliases, lists, and failures."""

from email import message_from_bytes
from email.policy import default

import msgspec
import pytest

from homeport.world.mail.message import Recipient

CONTENT = b"From: carol@homeport.test\r\nSubject: tides\r\n\r\nHigh at noon.\r\n"


def ways(message):
    """Return the mailboxes and return paths."""
    return [(to.mailbox, to.return_path) for to in message.delivered_to]


def report_in(mail, mailbox):
    """Return the parts of the only report in a mailbox."""
    (message,) = mail.mailbox(mailbox)
    assert message.envelope.reverse_path == ""
    return message_from_bytes(mail.raw(message), policy=default)


def fields_of(report):
    """Return the fields about each recipient."""
    status = report.get_payload()[1]
    assert status.get_content_type() == "message/delivery-status"
    _about_message, *recipients = status.get_payload()
    return [dict(block.items()) for block in recipients]


def test_a_message_is_in_the_mailbox_of_each_recipient(make_mail, post):
    mail = make_mail()
    message = post(mail, "alice+x@example.org", "smith@example.org")
    assert mail.mailbox("alice@example.org") == mail.mailbox("smith@example.org") == [message]
    assert mail.raw(message) == CONTENT
    assert (message.size, message.number, message.id) == (len(CONTENT), 1, "m1")


@pytest.mark.requirement("SMTP-5.2.8-6")
def test_delivery_prepends_return_path_and_received(make_mail, post):
    mail = make_mail()
    message = post(mail, "alice@example.org", received=b"Received: from a\r\n\tby b; date\r\n")
    trace = b"Return-Path: <carol@homeport.test>\r\nReceived: from a\r\n\tby b; date\r\n"
    assert mail.delivered(message, "alice@example.org") == trace + CONTENT
    null = post(mail, "alice@example.org", sender="")
    assert mail.delivered(null, "alice@example.org").startswith(b"Return-Path: <>\r\n")
    with pytest.raises(KeyError):
        mail.delivered(message, "bob@example.org")


@pytest.mark.requirement("SMTP-5.3.6-1")
def test_an_alias_keeps_the_return_path(make_mail, post):
    mail = make_mail(aliases={"crew": ("alice", "bob")})
    message = post(mail, "crew@example.org")
    assert ways(message) == [
        ("alice@example.org", "carol@homeport.test"),
        ("bob@example.org", "carol@homeport.test"),
    ]


@pytest.mark.requirement("SMTP-5.3.6-2", "SMTP-5.3.6-3")
def test_a_list_replaces_the_return_path_by_its_owner_and_nothing_else(make_mail, post):
    mail = make_mail(lists={"tides": ("operator", "alice", "bob@example.com")})
    message = post(mail, "tides@example.org", received=b"Received: x\r\n")
    assert ways(message) == [
        ("alice@example.org", "operator@example.org"),
        ("bob@example.com", "operator@example.org"),
    ]
    delivered = mail.delivered(message, "alice@example.org")
    assert delivered == b"Return-Path: <operator@example.org>\r\nReceived: x\r\n" + CONTENT


def test_a_mailbox_gets_a_message_once_for_each_return_path(make_mail, post):
    mail = make_mail(aliases={"crew": ("alice", "alice", "bob")}, lists={"tides": ("operator", "alice")})
    message = post(mail, "alice@example.org", "crew@example.org", "ALICE@example.org", "tides@example.org")
    assert ways(message) == [
        ("alice@example.org", "carol@homeport.test"),
        ("bob@example.org", "carol@homeport.test"),
        ("alice@example.org", "operator@example.org"),
    ]


def test_lists_in_lists_give_the_innermost_owner(make_mail, post):
    mail = make_mail(lists={"outer": ("operator", "inner", "bob"), "inner": ("carol", "alice")})
    assert ways(post(mail, "outer@x.example")) == [
        ("alice@x.example", "carol@x.example"),
        ("bob@x.example", "operator@x.example"),
    ]


def test_a_loop_of_aliases_ends_with_a_report(make_mail, post):
    mail = make_mail(aliases={"a": ("b", "alice"), "b": ("a",)})
    assert ways(post(mail, "a@example.org")) == [("alice@example.org", "carol@homeport.test")]
    (fields,) = fields_of(report_in(mail, "carol@homeport.test"))
    assert (fields["Action"], fields["Status"]) == ("failed", "5.4.6")


def test_each_alias_is_expanded_once(make_mail, post):
    mail = make_mail(aliases={f"a{n}": (f"a{n + 1}", f"A{n + 1}") for n in range(40)})
    assert ways(post(mail, "a0@example.org")) == [
        ("a40@example.org", "carol@homeport.test"),
        ("A40@example.org", "carol@homeport.test"),
    ]


def test_an_overlong_chain_of_aliases_is_a_loop(make_mail, post):
    mail = make_mail(aliases={f"a{n}": (f"a{n + 1}",) for n in range(2000)})
    assert ways(post(mail, "a0@example.org")) == []
    assert fields_of(report_in(mail, "carol@homeport.test"))[0]["Status"] == "5.4.6"


@pytest.mark.requirement("SMTP-5.3.3-2", "SMTP-5.3.3-3", "SMTP-5.3.3-4", "SMTP-5.2.8-7")
def test_failures_are_reported_to_the_return_path_with_a_null_return_path(make_mail, post):
    mail = make_mail(only_known=True, aliases={"crew": ("alice", "nobody", "x@example.com")}, domains=["homeport.test"])
    message = post(mail, "crew@homeport.test", helo="client.example", envid="Q 1")
    assert ways(message) == [("alice@homeport.test", "carol@homeport.test")]
    report = report_in(mail, "carol@homeport.test")
    assert report.get_content_type() == "multipart/report"
    assert report["To"] == "carol@homeport.test"
    assert report["Date"] == "Wed, 14 Oct 2026 17:46:40 +0000"
    assert report["Message-ID"] == "<m2@homeport.test>"
    about = report.get_payload()[1].get_payload()[0]
    assert dict(about.items()) == {
        "Original-Envelope-Id": "Q 1",
        "Reporting-MTA": "dns; homeport.test",
        "Received-From-MTA": "dns; client.example",
        "Arrival-Date": "Wed, 14 Oct 2026 17:46:40 +0000",
    }
    assert [(each["Final-Recipient"], each["Action"], each["Status"]) for each in fields_of(report)] == [
        ("rfc822; nobody@homeport.test", "failed", "5.1.1"),
        ("rfc822; x@example.com", "failed", "5.7.1"),
    ]
    returned = report.get_payload()[2]
    assert returned.get_content_type() == "text/rfc822-headers"
    assert returned.get_payload().encode() == CONTENT.partition(b"\r\nHigh")[0]


@pytest.mark.requirement("SMTP-5.3.1-2", "SMTP-5.3.3-5")
@pytest.mark.parametrize("sender", ["", "x@elsewhere.example", "nobody@homeport.test"])
def test_no_report_is_sent_without_a_local_return_path(make_mail, post, sender):
    mail = make_mail(only_known=True, domains=["homeport.test"])
    post(mail, "nobody@homeport.test", sender=sender)
    assert [message.id for message in mail.messages()] == ["m1"]


def test_errors_of_a_lists_members_go_to_its_owner(make_mail, post):
    mail = make_mail(only_known=True, lists={"tides": ("operator", "nobody", "alice")})
    post(mail, "tides@homeport.test", envid="Q1")
    assert mail.mailbox("carol@homeport.test") == []
    report = report_in(mail, "operator@homeport.test")
    assert fields_of(report)[0]["Final-Recipient"] == "rfc822; nobody@homeport.test"
    assert "Original-Envelope-Id" not in report.get_payload()[1].get_payload()[0]


def test_a_list_that_owns_itself_ends_its_own_errors(make_mail, post):
    mail = make_mail(only_known=True, lists={"tides": ("tides", "nobody", "alice")})
    post(mail, "tides@homeport.test")
    assert [(message.envelope.reverse_path, ways(message)) for message in mail.messages()] == [
        ("carol@homeport.test", [("alice@homeport.test", "tides@homeport.test")]),
        ("", [("alice@homeport.test", "")]),
    ]


def test_a_full_mailbox_is_reported(make_mail, post):
    mail = make_mail(mailbox_size=2 * len(CONTENT))
    for _ in range(2):
        post(mail, "alice@example.org", sender="")
    assert ways(post(mail, "alice@example.org", "bob@example.org")) == [("bob@example.org", "carol@homeport.test")]
    # A report is longer than that, but must be delivered.
    assert fields_of(report_in(mail, "carol@homeport.test"))[0]["Status"] == "5.2.2"
    mail.remove("m1")
    assert ways(post(mail, "alice@example.org")) == [("alice@example.org", "carol@homeport.test")]


def test_a_mailbox_with_too_many_messages_is_reported_even_to_a_full_one(make_mail, post):
    mail = make_mail(mailbox_messages=1)
    post(mail, "alice@example.org", sender="")
    post(mail, "carol@homeport.test", sender="")
    assert ways(post(mail, "alice@example.org", "bob@example.org")) == [("bob@example.org", "carol@homeport.test")]
    mail.remove("m2")
    assert fields_of(report_in(mail, "carol@homeport.test"))[0]["Status"] == "5.2.2"
    mail.remove("m1")
    assert ways(post(mail, "alice@example.org")) == [("alice@example.org", "carol@homeport.test")]


def test_a_quota_that_is_set_later_counts_the_messages_from_before(make_mail, post):
    mail = make_mail()
    post(mail, "alice@example.org")
    mail.configure(msgspec.structs.replace(mail.contents, mailbox_messages=1))
    assert mail.is_full("alice@example.org", 1)
    assert mail.remove("m1")
    assert not mail.is_full("alice@example.org", 1)


@pytest.mark.parametrize(
    ("notify", "reported"),
    [((), True), (("NEVER",), False), (("FAILURE",), True), (("SUCCESS", "DELAY"), False), (("DELAY",), False)],
)
def test_notify_decides_if_a_failure_is_reported(make_mail, post, notify, reported):
    mail = make_mail(only_known=True)
    post(mail, Recipient(address="nobody@example.org", notify=notify))
    assert bool(mail.mailbox("carol@homeport.test")) is reported


def test_success_is_reported_if_the_client_requests_it(make_mail, post):
    mail = make_mail()
    post(
        mail,
        Recipient(address="alice@example.org", notify=("SUCCESS",), orcpt="rfc822;Alice@origin.example"),
        "bob@example.org",
        ret="FULL",
    )
    report = report_in(mail, "carol@homeport.test")
    assert report["Subject"] == "Delivered mail"
    assert fields_of(report) == [
        {
            "Original-Recipient": "rfc822; Alice@origin.example",
            "Final-Recipient": "rfc822; alice@example.org",
            "Action": "delivered",
            "Status": "2.1.5",
        }
    ]
    # RET applies to failures (RFC 3461 4.3).
    assert report.get_payload()[2].get_content_type() == "text/rfc822-headers"


def test_an_alias_of_several_is_reported_as_expanded_and_its_members_are_not(make_mail, post):
    mail = make_mail(aliases={"crew": ("alice", "bob")})
    post(mail, Recipient(address="crew@example.org", notify=("SUCCESS",)))
    (fields,) = fields_of(report_in(mail, "carol@homeport.test"))
    assert (fields["Final-Recipient"], fields["Action"]) == ("rfc822; crew@example.org", "expanded")


def test_an_alias_of_one_is_reported_as_its_member(make_mail, post):
    mail = make_mail(aliases={"skipper": ("alice",)})
    post(mail, Recipient(address="skipper@example.org", notify=("SUCCESS",)))
    (fields,) = fields_of(report_in(mail, "carol@homeport.test"))
    assert (fields["Final-Recipient"], fields["Action"]) == ("rfc822; alice@example.org", "delivered")


def test_delivery_to_a_list_counts_as_delivered_for_the_sender(make_mail, post):
    mail = make_mail(lists={"tides": ("operator", "alice", "bob")})
    post(mail, Recipient(address="tides@example.org", notify=("SUCCESS", "FAILURE")))
    (fields,) = fields_of(report_in(mail, "carol@homeport.test"))
    assert (fields["Final-Recipient"], fields["Action"]) == ("rfc822; tides@example.org", "delivered")


def test_ret_full_returns_a_failed_message_byte_for_byte(make_mail, post):
    mail = make_mail(only_known=True)
    content = "Subject: grüße\r\n\r\n--=_m2\r\nbare \n and 8 bit: ü\r\n".encode() + b"\xff\r\n"
    post(mail, "nobody@example.org", content=content, ret="FULL")
    (message,) = mail.mailbox("carol@homeport.test")
    assert b"\r\n\r\n" + content + b"\r\n--=_m2=--" in mail.raw(message)


def test_a_large_message_is_returned_without_its_body(make_mail, post):
    mail = make_mail(only_known=True)
    post(mail, "nobody@example.org", content=CONTENT + b"x" * (1 << 20), ret="FULL")
    report = report_in(mail, "carol@homeport.test")
    assert report.get_payload()[2].get_content_type() == "text/rfc822-headers"


def test_non_ascii_addresses_are_reported_in_ascii(make_mail, post):
    mail = make_mail(only_known=True)
    post(mail, "jörg@example.org", content=b"Subject: x\r\n\r\n")
    (message,) = mail.mailbox("carol@homeport.test")
    assert mail.raw(message).isascii()
    assert fields_of(report_in(mail, "carol@homeport.test"))[0]["Final-Recipient"] == r"utf-8; j\x{F6}rg@example.org"


def test_no_client_input_adds_a_line_to_a_report(make_mail, post):
    mail = make_mail(only_known=True)
    evil = "a\r\nEvil: yes"
    post(mail, Recipient(address=f'"{evil}"@example.org', orcpt=f"rfc822;{evil}"), helo=evil, envid=evil)
    (message,) = mail.mailbox("carol@homeport.test")
    assert b"\nEvil" not in mail.raw(message)


def test_a_report_is_journaled(make_mail, post):
    mail = make_mail(only_known=True)
    post(mail, "nobody@example.org")
    (event,) = [event for event in mail.world.journal.events() if event["type"] == "message"]
    assert (event["id"], event["from"], event["to"]) == ("m2", "", ["carol@homeport.test"])
