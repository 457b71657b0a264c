"""Messages of RFC 5424: what is read of them, and each rule that can be broken."""

import pytest

BOM = b"\xef\xbb\xbf"
HEAD = b"<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog 4711 ID47 "
GOOD = HEAD + b"- all is well"


def test_the_first_example_of_the_rfc(udp):
    """RFC 5424 6.5, example 1."""
    received = udp(b"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - " + BOM + b"'su root' failed")
    fields = received.one.fields
    assert (fields.format, fields.facility, fields.severity, fields.version) == ("rfc5424", "auth", "crit", 1)
    assert (fields.timestamp, fields.host) == ("2003-10-11T22:14:15.003Z", "mymachine.example.com")
    assert (fields.app, fields.procid, fields.msgid, fields.elements) == ("su", None, "ID47", ())
    assert fields.text == "'su root' failed"
    assert received.findings == []


def test_the_second_example_has_an_offset_and_microseconds(udp):
    received = udp(
        b"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts."
    )
    assert received.one.fields.timestamp == "2003-08-24T05:14:15.000003-07:00"
    assert received.one.fields.text == "%% It's time to make the do-nuts."
    assert received.findings == []


def test_the_third_example_has_structured_data_and_text(udp):
    element = b'[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"]'
    received = udp(HEAD + element + b" " + BOM + b"An application event log entry...")
    assert received.one.fields.elements == (
        ("exampleSDID@32473", (("iut", "3"), ("eventSource", "Application"), ("eventID", "1011"))),
    )
    assert received.one.fields.text == "An application event log entry..."
    assert received.findings == ["sd-example-number"]


def test_the_fourth_example_has_structured_data_alone(udp):
    received = udp(HEAD + b'[exampleSDID@32473 iut="3"][examplePriority@32473 class="high"]')
    assert [name for name, _parameters in received.one.fields.elements] == [
        "exampleSDID@32473",
        "examplePriority@32473",
    ]
    assert received.one.fields.text == ""


def test_the_journal_has_the_fields(udp):
    (event,) = udp(GOOD).events
    assert event == {
        "id": "l1",
        "size": len(GOOD),
        "format": "rfc5424",
        "severity": "notice",
        "facility": "local4",
        "host": "mymachine.example.com",
        "app": "evntslog",
        "procid": "4711",
        "msgid": "ID47",
        "framing": "datagram",
        "message": "all is well",
    }


@pytest.mark.parametrize("pri", [0, 1, 9, 10, 99, 100, 189, 190, 191])
def test_every_pri_up_to_191_is_right(udp, pri):
    received = udp(b"<%d>1 2003-10-11T22:14:15Z host app - - - text" % pri)
    assert (received.one.fields.pri, received.findings) == (pri, [])


@pytest.mark.parametrize(
    ("begin", "finding", "pri"),
    [
        (b"<192>1", "pri-out-of-range", None),
        (b"<999>1", "pri-out-of-range", None),
        (b"<013>1", "pri-leading-zero", 13),
        (b"<00>1", "pri-leading-zero", 0),
        (b"<>1", "pri-malformed", None),
        (b"<1234>1", "pri-malformed", None),
        (b"<-1>1", "pri-malformed", None),
        (b"<13>2", "version", 13),
        (b"<13>01", "version", 13),
        (b"<13>0", "version", 13),
    ],
)
def test_a_wrong_pri_or_version_is_found_and_the_rest_is_read(udp, begin, finding, pri):
    received = udp(begin + b" 2003-10-11T22:14:15Z host app - - - text")
    assert received.findings == [finding]
    assert (received.one.fields.pri, received.one.fields.app, received.one.fields.text) == (pri, "app", "text")


@pytest.mark.parametrize(
    ("timestamp", "findings"),
    [
        (b"2003-10-11T22:14:15Z", []),
        (b"2003-10-11T22:14:15.123456+05:45", []),
        (b"2024-02-29T00:00:00Z", []),
        (b"-", []),
        (b"2023-02-29T00:00:00Z", ["timestamp-invalid"]),
        (b"2003-13-11T22:14:15Z", ["timestamp-invalid"]),
        (b"2003-10-11T24:14:15Z", ["timestamp-invalid"]),
        (b"2016-12-31T23:59:60Z", ["timestamp-leap-second"]),
        (b"2003-10-11T22:14:15.1234567Z", ["timestamp-fraction"]),
        (b"2003-10-11T22:14:15.123456789+02:00", ["timestamp-fraction"]),
        (b"2003-10-11t22:14:15Z", ["timestamp-lower-case"]),
        (b"2003-10-11T22:14:15z", ["timestamp-lower-case"]),
        (b"2003-10-11T22:14:15", ["time-zone-missing"]),
        (b"2003-10-11T22:14:15.003", ["time-zone-missing"]),
        (b"2003-10-11T22:14:15+0200", ["time-zone-malformed"]),
        (b"2003-10-11T22:14:15+02", ["time-zone-malformed"]),
        (b"2003-10-11T22:14:15.Z", ["timestamp-malformed"]),
        (b"2003-10-11T22:14:15,003Z", ["timestamp-malformed"]),
        (b"2003-10-11T22:14:15CEST", ["timestamp-malformed"]),
        (b"2003-10-11T22:14Z", ["timestamp-malformed"]),
        (b"1065910455", ["timestamp-malformed"]),
        (b"2003-10-11 22:14:15Z", ["timestamp-blank"]),
        (b"2003-10-11 22:14:15", ["timestamp-blank", "time-zone-missing"]),
        (b"Oct 11 22:14:15", ["timestamp-bsd"]),
        (b"Oct  1 22:14:15.003", ["timestamp-bsd"]),
    ],
)
def test_each_way_to_get_a_timestamp_wrong_has_a_finding(udp, timestamp, findings):
    received = udp(b"<13>1 " + timestamp + b" host app - - - text")
    assert received.findings == findings
    assert received.one.fields.timestamp == (None if timestamp == b"-" else timestamp.decode())
    assert (received.one.fields.host, received.one.fields.text) == ("host", "text")


@pytest.mark.parametrize(
    ("header", "finding"),
    [
        (b"- app - -", "hostname-missing"),
        (b"host - - -", "app-name-missing"),
        (b"h" * 256 + b" app - -", "hostname-too-long"),
        (b"host " + b"a" * 49 + b" - -", "app-name-too-long"),
        (b"host app " + b"p" * 129 + b" -", "procid-too-long"),
        (b"host app - " + b"m" * 33, "msgid-too-long"),
        (b"host app\x01 - -", "header-not-ascii"),
        ("host äpp - -".encode(), "header-not-ascii"),
        (b"host app  -", "header-blanks"),
    ],
)
def test_each_field_of_the_header_has_its_limits(udp, header, finding):
    received = udp(b"<13>1 2003-10-11T22:14:15Z " + header + b" - text")
    assert received.findings == [finding]
    assert received.one.fields.text == "text"


def test_the_longest_fields_are_right(udp):
    header = b" ".join((b"h" * 255, b"a" * 48, b"p" * 128, b"m" * 32))
    assert udp(b"<13>1 2003-10-11T22:14:15Z " + header + b" - t", max_message=2048).findings == ["over-minimum"]


@pytest.mark.parametrize("cut", [b"<13>1 ", b"<13>1 2003-10-11T22:14:15Z", b"<13>1 2003-10-11T22:14:15Z host app"])
def test_a_message_that_ends_in_its_header_is_kept(udp, cut):
    received = udp(cut)
    assert "header-short" in received.findings
    assert received.raw == [cut]


def test_text_without_structured_data_is_read_as_text(udp):
    received = udp(HEAD + b"all is well")
    assert (received.findings, received.one.fields.text) == (["sd-missing"], "all is well")


@pytest.mark.parametrize(
    ("text", "findings", "read"),
    [
        ("Grüße".encode(), ["bom-missing"], "Grüße"),
        (BOM + "Grüße".encode(), [], "Grüße"),
        (BOM + b"plain", [], "plain"),
        ("Grüße".encode("latin-1"), ["not-utf8"], "Gr\\xfc\\xdfe"),
        (b"tab\there", ["control-characters"], "tab\there"),
        (b"\x1b[31mred", ["control-characters"], "\x1b[31mred"),
        (b"one\ntwo", ["newline-in-message"], "one\ntwo"),
        (b"the end\n", ["newline-ends"], "the end"),
        (b"the end\r\n", ["newline-ends"], "the end"),
        (b"the end\0", ["nul-ends"], "the end"),
        (b"the end\n\0", ["nul-ends", "newline-ends"], "the end"),
        (b"", [], ""),
    ],
)
def test_the_text_is_utf8_with_a_bom_and_without_control_characters(udp, text, findings, read):
    received = udp(HEAD + b"- " + text)
    assert (received.findings, received.one.fields.text) == (findings, read)
    assert received.raw == [HEAD + b"- " + text]


def test_text_in_another_charset_lacks_no_bom(udp):
    """RFC 5424 6.4: MSG-ANY has no BOM, whatever its charset; only UTF-8 has one."""
    assert udp(HEAD + b"- Gr\xfc\xdfe, \xc3\xbcber").findings == ["not-utf8"]
