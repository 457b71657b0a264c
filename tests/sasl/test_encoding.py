"""Strict decoding of SASL's base64."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis.strategies import binary

from homeport.sasl import Failure
from homeport.sasl.encoding import decode_initial, decode_line


@given(binary(max_size=100))
def test_encoding_and_decoding_round_trip(octets):
    assert decode_line(b64encode(octets)) == octets


@given(binary(max_size=100))
def test_any_line_is_decoded_or_refused(line):
    decoded = decode_line(line)
    assert isinstance(decoded, Failure) or b64encode(decoded) == line


@pytest.mark.parametrize(
    ("line", "reason", "finding"),
    [
        (b"YWJj ZGVm", "white space at byte 4", "sasl-base64"),
        (b"YWJ-", "'-' at byte 3", "sasl-base64"),
        (b"YW==YW==", "continues after its padding", "sasl-base64"),
        (b"YWI", "3 characters and 0 of padding", "sasl-base64-padding"),
        (b"Y===", "1 characters and 3 of padding", "sasl-base64-padding"),
        (b"YWJj====", "4 characters and 4 of padding", "sasl-base64-padding"),
        (b"YWJ=", "not zero", "sasl-base64-padding"),
        (b"=", "0 characters and 1 of padding", "sasl-base64-padding"),
    ],
)
def test_malformed_base64_is_refused_with_a_finding(line, reason, finding):
    step = decode_line(line)
    assert isinstance(step, Failure)
    assert (step.kind, step.findings) == ("malformed", (finding,))
    assert reason in step.reason


def test_an_empty_initial_response_is_an_equals_sign():
    assert decode_initial(b"=") == b""
    assert decode_initial(b"YWJj") == b"abc"
