"""The rules that clients must keep; each becomes a finding if it is broken."""

from homeport.protocol.rules import UNEXPECTED_TLS, Rule

RULES = (
    Rule("early-talker", "should", "RFC 1939 4", "sent a command before the greeting"),
    Rule("bare-lf", "must", "RFC 1939 3", "ended a command with LF alone"),
    Rule("command-too-long", "must", "RFC 2449 4", "sent a command of more than 255 bytes"),
    Rule("not-printable", "must", "RFC 1939 3", "sent a command with characters that are not printable ASCII"),
    Rule("command-space", "must", "RFC 1939 3", "sent blanks before a command, or more than one space between words"),
    Rule("unknown-command", "must", "RFC 1939 3", "sent an unknown command"),
    Rule("syntax", "must", "RFC 1939 3", "sent a command with a missing, extra or malformed argument"),
    Rule("bad-sequence", "must", "RFC 1939 3", "sent a command in a state that does not have it"),
    Rule("not-announced", "must", "RFC 2449 5", "used a capability that was not announced"),
    Rule(
        "pipelining-not-offered", "must", "RFC 2449 6.6", "sent several commands at once, and PIPELINING is not offered"
    ),
    Rule("pipelining-sync", "should", "RFC 5034 4", "sent more after AUTH without waiting for the answer"),
    Rule("pass-before-user", "must", "RFC 1939 7", "sent PASS without USER right before it"),
    Rule("plain-in-clear", "should", "RFC 8314 3", "sent a password, or a token, without TLS"),
    Rule("auth-twice", "must", "RFC 5034 4", "sent AUTH, USER or APOP although logged in"),
    Rule("stls-twice", "must", "RFC 2595 4", "sent STLS although TLS is on"),
    Rule("stls-injection", "must", "RFC 2595 4", "sent data after STLS without waiting for its reply"),
    Rule("polling-too-fast", "should", "RFC 2449 6.5", "logged in again before LOGIN-DELAY was over"),
    Rule("no-such-message", "must", "RFC 1939 5", "named a message number that the maildrop does not have"),
    Rule("retr-after-dele", "must", "RFC 1939 5", "named a message that it had marked as deleted"),
    Rule("no-quit", "should", "RFC 1939 6", "closed the connection without QUIT, so that deletions are lost"),
    Rule("data-after-quit", "must", "RFC 1939 6", "sent data after QUIT"),
    UNEXPECTED_TLS,
)
