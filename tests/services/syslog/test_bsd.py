"""BSD syslog (RFC 3164), and what is sent in its place."""

import pytest

BSD = ["bsd-format"]


@pytest.mark.parametrize(
    ("raw", "findings", "timestamp", "host", "app", "procid", "text"),
    [
        # The examples of RFC 3164 5.4.
        (
            b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
            BSD,
            *("Oct 11 22:14:15", "mymachine", "su", None, "'su root' failed for lonvick on /dev/pts/8"),
        ),
        (
            b"<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!",
            [*BSD, "bsd-tag-missing"],
            *("Feb  5 17:32:18", "10.0.0.99", None, None, "Use the BFG!"),
        ),
        (
            b"<165>Aug 24 05:34:00 CST 1987 mymachine myproc[10]: %% It's time to make the do-nuts. %%",
            [*BSD, "bsd-tag-missing"],
            *("Aug 24 05:34:00", "CST", None, None, "1987 mymachine myproc[10]: %% It's time to make the do-nuts. %%"),
        ),
        (
            b"<0>1990 Oct 22 10:52:01 TZ-6 scapegoat sched[0]: That's All Folks!",
            [*BSD, "bsd-timestamp-missing"],
            *(None, None, None, None, "1990 Oct 22 10:52:01 TZ-6 scapegoat sched[0]: That's All Folks!"),
        ),
        # syslog(3) of a C library has no host name.
        (
            b"<13>Oct 11 22:14:15 shop[4711]: order 815",
            [*BSD, "bsd-hostname-missing"],
            *("Oct 11 22:14:15", None, "shop", "4711", "order 815"),
        ),
        # rsyslog's forward format; a year; a zero before the day.
        (
            b"<13>2024-10-11T22:14:15.003+02:00 web1 shop[4711]: order 815",
            [*BSD, "bsd-timestamp"],
            *("2024-10-11T22:14:15.003+02:00", "web1", "shop", "4711", "order 815"),
        ),
        (
            b"<13>Oct 11 2024 22:14:15 web1 shop: order 815",
            [*BSD, "bsd-timestamp"],
            *("Oct 11 2024 22:14:15", "web1", "shop", None, "order 815"),
        ),
        (
            b"<13>Oct 01 22:14:15 web1 shop: order 815",
            [*BSD, "bsd-day-zero"],
            *("Oct 01 22:14:15", "web1", "shop", None, "order 815"),
        ),
        (
            b"<13>Oct 11 22:14:15 2001:db8::1 shop: order 815",
            BSD,
            *("Oct 11 22:14:15", "2001:db8::1", "shop", None, "order 815"),
        ),
        # No header at all; a tag alone.
        (b"<14>order 815", [*BSD, "bsd-timestamp-missing"], *(None, None, None, None, "order 815")),
        (b"<14>shop[4711]: order", [*BSD, "bsd-timestamp-missing"], *(None, None, "shop", "4711", "order")),
        (b"<14>2 errors", [*BSD, "bsd-timestamp-missing"], *(None, None, None, None, "2 errors")),
        # A tag that is too long, and CEF, which many appliances send.
        (
            b"<13>Oct 11 22:14:15 web1 " + b"x" * 33 + b": order",
            [*BSD, "bsd-tag-too-long"],
            *("Oct 11 22:14:15", "web1", "x" * 33, None, "order"),
        ),
        (
            b"<13>Oct 11 22:14:15 web1 CEF:0|Shop|Till|1.0|100|order|3|",
            [*BSD, "bsd-tag-missing"],
            *("Oct 11 22:14:15", "web1", None, None, "CEF:0|Shop|Till|1.0|100|order|3|"),
        ),
    ],
)
def test_what_is_there_is_read(udp, raw, findings, timestamp, host, app, procid, text):
    received = udp(raw)
    fields = received.one.fields
    assert (fields.format, fields.timestamp, fields.host, fields.app, fields.procid, fields.text) == (
        "bsd",
        timestamp,
        host,
        app,
        procid,
        text,
    )
    assert received.findings == findings


@pytest.mark.parametrize(
    ("raw", "host", "timestamp", "app", "procid", "msgid", "text"),
    [
        (
            b"<189>45: *Mar  1 18:46:11.123: %SYS-5-CONFIG_I: Configured from console",
            *(None, "Mar  1 18:46:11.123", "SYS", "45", "CONFIG_I", "Configured from console"),
        ),
        (
            b"<187>Jun 10 12:00:00.123 UTC: %LINK-3-UPDOWN: Interface Gi0/1, changed state to up",
            *(None, "Jun 10 12:00:00.123", "LINK", None, "UPDOWN", "Interface Gi0/1, changed state to up"),
        ),
        (
            b"<189>100: switch1: Jun 10 2024 12:00:00: %SYS-5-RESTART: System restarted",
            *("switch1", "Jun 10 2024 12:00:00", "SYS", "100", "RESTART", "System restarted"),
        ),
        (
            b"<166>%ASA-6-302013: Built outbound TCP connection",
            *(None, None, "ASA", None, "302013", "Built outbound TCP connection"),
        ),
    ],
)
def test_messages_of_cisco_are_read(udp, raw, host, timestamp, app, procid, msgid, text):
    received = udp(raw)
    fields = received.one.fields
    assert (fields.format, fields.host, fields.timestamp, fields.app) == ("cisco", host, timestamp, app)
    assert (fields.procid, fields.msgid, fields.text) == (procid, msgid, text)
    assert received.findings == ["cisco-format"]


def test_a_severity_that_differs_from_that_of_pri_is_advice(udp):
    assert udp(b"<190>%LINK-3-UPDOWN: down").findings == ["cisco-format", "severity-differs"]


def test_text_without_pri_is_kept_as_it_is(udp):
    received = udp(b"hello, world")
    assert (received.one.fields.format, received.one.fields.severity) == ("unknown", None)
    assert (received.findings, received.texts) == (["pri-missing"], ["hello, world"])


def test_a_message_has_at_most_1024_bytes_in_ascii(udp):
    text = b"<13>Oct 11 22:14:15 web1 shop: " + b"x" * 1000
    assert udp(text).findings == ["over-minimum", "bsd-format", "bsd-too-long"]
    assert udp("<13>Oct 11 22:14:15 web1 shop: für".encode()).findings == ["bsd-format", "bsd-not-ascii"]


def test_the_format_is_no_finding_where_any_is_expected(udp):
    assert udp(b"<34>Oct 11 22:14:15 mymachine su: failed", formats="any").findings == []
    assert udp(b"<190>%LINK-6-UPDOWN: down", formats="any").findings == []
    assert udp(b"<34>Oct 01 22:14:15 mymachine su: failed", formats="any").findings == ["bsd-day-zero"]
