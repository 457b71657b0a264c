"""A message of a few KiB is cheap to check: calls are counted, not time."""

import sys

from homeport.services.smtp.header import inspect_body, inspect_header

FIELDS = (
    b"Received: from a (b [127.0.0.1])\r\n\tby c with ESMTP id 1; Wed, 14 Oct 2026 17:46:40 +0000\r\n"
    b'Date: Wed, 14 Oct 2026 17:46:40 +0000\r\nFrom: "Alice A." <a@client.example>\r\n'
    b"To: Bob <bob@example.org>, carol@example.org\r\nMessage-ID: <1.2.3@client.example>\r\nSubject: hello\r\n"
    b"MIME-Version: 1.0\r\nX-Mailer: test 1.0\r\n"
)
ENCODED = (
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n%b--b--\r\n"
)


def count_calls(work):
    """Return the number of calls, of Python's functions and of the library's, that work makes."""
    calls = 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def test_a_common_header_takes_a_few_hundred_calls():
    assert count_calls(lambda: inspect_header(FIELDS)) < 400


def test_a_body_is_not_looped_over_line_by_line():
    def calls(lines):
        raw = FIELDS + ENCODED % ((b"aGVs" * 19 + b"\r\n") * lines)
        return count_calls(lambda: inspect_body(raw, whole=True, utf8=False))

    small, large = calls(10), calls(1010)
    assert small < 1000
    assert large - small < 100
