"""The rules that clients must keep; each becomes a finding if it is broken."""

from homeport.protocol.rules import HTTP_REQUEST, UNEXPECTED_TLS, Rule

RULES = (
    Rule("answers-own-state", "must", "RFC 854, RFC 1143 2", "asked for the state that an option is in already"),
    Rule("negotiation-loop", "must", "RFC 1123 3.2.1", "asked again and again for the state that an option is in"),
    Rule("dont-answered-dont", "must", "RFC 1143 2", "answered a refusal: WONT to DONT, or DONT to WONT"),
    Rule("refused-sga", "must", "RFC 1123 3.2.2", "refused SUPPRESS-GO-AHEAD"),
    Rule("go-ahead", "must", "RFC 858 5", "sent GO AHEAD although it has agreed to suppress it"),
    Rule("option-not-kept", "must", "RFC 855", "agreed to an option and never sent what belongs to it"),
    Rule("no-timing-mark", "must", "RFC 860 4", "did not answer DO TIMING-MARK"),
    Rule("sb-unasked", "must", "RFC 855", "sent a subnegotiation of an option that is not in force"),
    Rule("sb-malformed", "must", "RFC 855", "sent a subnegotiation whose parameters are malformed"),
    Rule("sb-without-se", "must", "RFC 855", "sent a command inside a subnegotiation, without IAC SE before it"),
    Rule("sb-too-long", "must", "RFC 855", "sent a subnegotiation of more than 4096 bytes"),
    Rule(
        "unknown-command", "must", "RFC 855", "sent a command of an option that is not in force: EOF, SUSP, ABORT, EOR"
    ),
    Rule("iac-not-doubled", "must", "RFC 1123 3.2.6", "sent a data byte 255 that was not doubled"),
    Rule("eight-bit-in-nvt", "should", "RFC 1123 3.2.5", "sent bytes over 127 without BINARY or CHARSET"),
    Rule("bare-cr", "must", "RFC 854", "sent CR without LF or NUL after it"),
    Rule("bare-lf", "advice", "RFC 1123 3.3.1", "ended a line with LF alone, which is not an end-of-line key of NVT"),
    Rule("ip-without-synch", "should", "RFC 1123 3.2.4", "sent IP without a Synch after it"),
    Rule("ttype-unofficial", "must", "RFC 1123 3.2.8", "sent another name of a terminal than the official one"),
    Rule("ttype-lower-case", "advice", "RFC 1700", "sent a terminal type with lower-case letters"),
    Rule("password-before-prompt", "advice", "RFC 857 5", "sent a password before the prompt that switches echo off"),
    Rule("line-too-long", "advice", "RFC 854", "typed a line that is longer than `[telnet] max_line`"),
    UNEXPECTED_TLS,
    HTTP_REQUEST,
)
