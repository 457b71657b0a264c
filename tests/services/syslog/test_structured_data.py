"""STRUCTURED-DATA of RFC 5424: syntax, escapes, registered names."""

import pytest

HEAD = b"<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 "


def test_escapes_are_resolved(udp):
    received = udp(HEAD + rb'[a@1 q="say \"hi\"" b="C:\\x" c="[1\]"] text')
    assert received.one.fields.elements == (("a@1", (("q", 'say "hi"'), ("b", "C:\\x"), ("c", "[1]"))),)
    assert (received.findings, received.one.fields.text) == ([], "text")


def test_a_parameter_can_repeat_and_an_element_can_have_none(udp):
    """RFC 5424 6.3.3: the same PARAM-NAME may be there twice, as `ip` for two addresses."""
    received = udp(HEAD + b'[origin ip="192.0.2.1" ip="192.0.2.129"][a@1]')
    assert received.one.fields.elements == (("origin", (("ip", "192.0.2.1"), ("ip", "192.0.2.129"))), ("a@1", ()))
    assert received.findings == []


@pytest.mark.parametrize(
    ("data", "findings", "elements"),
    [
        (rb'[a@1 b="x]y"]', ["sd-not-escaped"], (("a@1", (("b", "x]y"),)),)),
        (rb'[a@1 b="x"y"]', ["sd-not-escaped"], (("a@1", (("b", 'x"y'),)),)),
        (rb'[a@1 b="\n"]', ["sd-bad-escape"], (("a@1", (("b", "\\n"),)),)),
        (rb'[a@1 b=""][a@1 c=""]', ["sd-id-repeated"], (("a@1", (("b", ""),)), ("a@1", (("c", ""),)))),
        (rb'[mine b=""]', ["sd-id-unregistered"], (("mine", (("b", ""),)),)),
        (rb'[mine@shop b=""]', ["sd-id-malformed"], (("mine@shop", (("b", ""),)),)),
        (rb'[@1 b=""]', ["sd-id-malformed"], (("@1", (("b", ""),)),)),
        (rb"[" + b"x" * 31 + b"@1]", ["sd-name"], (("x" * 31 + "@1", ()),)),
        (rb'[a@32473.1 b=""]', ["sd-example-number"], (("a@32473.1", (("b", ""),)),)),
        (rb'[meta sequence="1"]', ["sd-param-unregistered"], (("meta", (("sequence", "1"),)),)),
        (rb'[meta sequenceId="0"]', ["sd-value"], (("meta", (("sequenceId", "0"),)),)),
        (rb'[meta sequenceId="2147483648"]', ["sd-value"], (("meta", (("sequenceId", "2147483648"),)),)),
        (rb'[timeQuality tzKnown="yes"]', ["sd-value"], (("timeQuality", (("tzKnown", "yes"),)),)),
        (
            rb'[timeQuality isSynced="0" syncAccuracy="5"]',
            ["sd-value"],
            (("timeQuality", (("isSynced", "0"), ("syncAccuracy", "5"))),),
        ),
        (rb'[a@1 b="" ]', ["sd-malformed"], (("a@1", (("b", ""),)),)),
    ],
)
def test_each_error_has_a_finding_and_is_read_as_it_was_meant(udp, data, findings, elements):
    received = udp(HEAD + data + b" text")
    assert received.findings == findings
    assert (received.one.fields.elements, received.one.fields.text) == (elements, "text")


@pytest.mark.parametrize("data", [b"[", b"[]", b"[a@1", b'[a@1 b="x', b"[a@1 b=x]", b"[a@1 b]", b'[a@1 b="\\', b"[="])
def test_what_has_no_syntax_stays_text(udp, data):
    received = udp(HEAD + data)
    assert "sd-malformed" in received.findings
    assert received.one.fields.text == data.decode()


def test_text_needs_a_blank_before_it(udp):
    received = udp(HEAD + b"[a@1]text")
    assert (received.findings, received.one.fields.text) == (["sd-malformed"], "text")


def test_many_elements_cost_bounded_work(udp):
    received = udp(HEAD + b"[a@1]" * 5000)
    assert "sd-malformed" in received.findings
    assert received.one.fields.elements == ()
