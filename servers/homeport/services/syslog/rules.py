"""Rules for clients of syslog."""

from homeport.protocol.rules import RESET, Rule
from homeport.services.syslog.options import RECOMMENDED_MESSAGE

HEADER_RULES = (
    Rule("pri-missing", "must", "RFC 5424 6.2.1", "began a message without PRI, such as `<14>`"),
    Rule("pri-malformed", "must", "RFC 5424 6.2.1", "sent a PRI that is not 1 to 3 digits in angle brackets"),
    Rule("pri-out-of-range", "must", "RFC 5424 6.2.1", "sent a PRI above 191"),
    Rule("pri-leading-zero", "must", "RFC 5424 6.2.1", "sent a PRI with leading zeros"),
    Rule("version", "must", "RFC 5424 6.2.2", "sent a VERSION other than 1"),
    Rule("header-short", "must", "RFC 5424 6", "ended a message before all fields of the header"),
    Rule("header-blanks", "must", "RFC 5424 6", "put more than one blank between fields of the header"),
    Rule("header-not-ascii", "must", "RFC 5424 6", "sent other than printable ASCII in the header"),
    Rule("hostname-missing", "should", "RFC 5424 6.2.4", "sent no HOSTNAME, not even its address"),
    Rule("hostname-too-long", "must", "RFC 5424 6", "sent a HOSTNAME of more than 255 characters"),
    Rule("app-name-missing", "should", "RFC 5424 6.2.5", "sent no APP-NAME"),
    Rule("app-name-too-long", "must", "RFC 5424 6", "sent an APP-NAME of more than 48 characters"),
    Rule("procid-too-long", "must", "RFC 5424 6", "sent a PROCID of more than 128 characters"),
    Rule("msgid-too-long", "must", "RFC 5424 6", "sent a MSGID of more than 32 characters"),
)
TIMESTAMP_RULES = (
    Rule("timestamp-malformed", "must", "RFC 5424 6.2.3", "sent a TIMESTAMP that has not the form of RFC 3339"),
    Rule("timestamp-bsd", "must", "RFC 5424 6.2.3", "sent BSD syslog's timestamp in a message of RFC 5424"),
    Rule("timestamp-blank", "must", "RFC 5424 6.2.3", "put a blank instead of T between date and time"),
    Rule("timestamp-lower-case", "must", "RFC 5424 6.2.3", "sent a TIMESTAMP with `t` or `z` in lower case"),
    Rule("timestamp-fraction", "must", "RFC 5424 6.2.3", "sent a TIMESTAMP with more than 6 digits of a second"),
    Rule("timestamp-leap-second", "must", "RFC 5424 6.2.3", "sent a TIMESTAMP with a leap second"),
    Rule("timestamp-invalid", "must", "RFC 5424 6.2.3", "sent a TIMESTAMP that is no time, such as a 30 February"),
    Rule("time-zone-missing", "must", "RFC 5424 6.2.3", "sent a TIMESTAMP without an offset from UTC"),
    Rule("time-zone-malformed", "must", "RFC 5424 6.2.3", "sent an offset from UTC that has not the form +hh:mm"),
)
DATA_RULES = (
    Rule("sd-missing", "must", "RFC 5424 6.3", "sent no STRUCTURED-DATA, not even `-`"),
    Rule("sd-malformed", "must", "RFC 5424 6.3", "sent STRUCTURED-DATA that does not have the syntax"),
    Rule("sd-not-escaped", "must", "RFC 5424 6.3.3", 'sent `"` or `]` in a parameter value without a backslash'),
    Rule(
        "sd-bad-escape", "should", "RFC 5424 6.3.3", 'put a backslash before a character other than `"`, `\\` and `]`'
    ),
    Rule("sd-id-unregistered", "must", "RFC 5424 6.3.2", "sent an SD-ID without `@` that IANA has not registered"),
    Rule("sd-id-malformed", "must", "RFC 5424 6.3.2", "sent an SD-ID whose part after `@` is no enterprise number"),
    Rule("sd-id-repeated", "must", "RFC 5424 6.3.2", "sent an SD-ID more than once in a message"),
    Rule("sd-example-number", "advice", "RFC 5612 2", "sent the enterprise number 32473, which is for documentation"),
    Rule("sd-name", "must", "RFC 5424 6", "sent an SD-ID or a parameter name of other than 1 to 32 characters"),
    Rule("sd-param-unregistered", "must", "RFC 5424 6.3.3", "sent a parameter that its registered SD-ID does not have"),
    Rule("sd-value", "must", "RFC 5424 7", "sent a value that the registered parameter cannot have"),
)
TEXT_RULES = (
    Rule("bom-missing", "must", "RFC 5424 6.4", "sent UTF-8 without a BOM before it"),
    Rule("not-utf8", "should", "RFC 5424 6.4", "sent text in another charset than UTF-8"),
    Rule("nul-ends", "should", "RFC 5424 6.4", "ended a message with NUL"),
    Rule("newline-ends", "should", "RFC 5424 6.4", "ended a datagram or a counted message with a line end"),
    Rule("newline-in-message", "should", "RFC 5424 6.4", "sent a line end inside a message"),
    Rule("control-characters", "should", "RFC 5424 6.4", "sent other control characters in the text"),
    Rule("message-empty", "must", "RFC 5424 6", "sent an empty message"),
)
BSD_RULES = (
    Rule("bsd-format", "advice", "RFC 5424 A.1", "sent BSD syslog, which RFC 5424 has replaced"),
    Rule("cisco-format", "advice", "RFC 5424 A.1", "sent a message in the format of Cisco"),
    Rule("severity-differs", "advice", "RFC 5424 6.2.1", "sent a PRI with another severity than the text has"),
    Rule("bsd-timestamp-missing", "should", "RFC 3164 4.1.2", "sent BSD syslog without a timestamp"),
    Rule("bsd-timestamp", "must", "RFC 3164 4.1.2", "sent a timestamp that has not the form `Mmm dd hh:mm:ss`"),
    Rule("bsd-day-zero", "must", "RFC 3164 4.1.2", "wrote the day of the month with a zero instead of a blank"),
    Rule("bsd-hostname-missing", "should", "RFC 3164 4.1.2", "sent no HOSTNAME after the timestamp"),
    Rule("bsd-tag-missing", "should", "RFC 3164 4.1.3", "sent no TAG, which ends with `:` or `[`"),
    Rule("bsd-tag-too-long", "must", "RFC 3164 4.1.3", "sent a TAG of more than 32 characters"),
    Rule("bsd-not-ascii", "must", "RFC 3164 4.1", "sent bytes over 127 in BSD syslog"),
    Rule("bsd-too-long", "must", "RFC 3164 4.1", "sent more than 1024 bytes in a message of BSD syslog"),
)
DATAGRAM_RULES = (
    Rule("octet-count-in-udp", "must", "RFC 5426 3.1", "sent a count before the message in a datagram"),
    Rule("several-in-datagram", "must", "RFC 5426 3.1", "sent more than one message in a datagram"),
    Rule("too-long-for-udp", "should", "RFC 5426 3.2", f"sent a datagram of more than {RECOMMENDED_MESSAGE} bytes"),
    Rule(
        "over-minimum", "advice", "RFC 5426 3.2", "sent a datagram that receivers need not accept (IPv4 480, IPv6 1180)"
    ),
)
STREAM_RULES = (
    Rule("count-missing", "must", "RFC 6587 3.4.1", "sent a message without a count, where counts are configured"),
    Rule("count-missing-on-tls", "must", "RFC 5425 4.3", "sent a message over TLS without a count"),
    Rule("count-wrong", "must", "RFC 6587 3.4.1", "sent a count after which no other message begins"),
    Rule("count-and-newline", "must", "RFC 6587 3.4.1", "sent a line end after a counted message"),
    Rule("count-unexpected", "must", "RFC 6587 3.4.2", "sent a count, where line ends are configured"),
    Rule("message-unfinished", "must", "RFC 6587 3.4.1", "closed the connection before the end of a counted message"),
    Rule("line-unfinished", "must", "RFC 6587 3.4.2", "closed the connection before the line end of a message"),
    Rule("framing-changed", "should", "RFC 6587 3.4", "sent messages with and without a count in one connection"),
    Rule("crlf", "advice", "RFC 6587 3.4.2", "ended a message with CR LF instead of LF"),
    Rule("too-long", "advice", "RFC 5424 6.1", f"sent a message of more than {RECOMMENDED_MESSAGE} bytes"),
    Rule("message-cut", "advice", "RFC 5424 6.1", "sent a message of more bytes than are kept (`max_message`)"),
    Rule("unexpected-tls", "must", "RFC 5425 4.1", "sent a TLS ClientHello on the port without TLS"),
    Rule("http-request", "must", "RFC 9112 3", "sent an HTTP request where a log message is expected"),
    Rule("tls-old", "advice", "RFC 9662 5", "negotiated TLS 1.2, although 1.3 was offered"),
    Rule("close-notify-missing", "must", "RFC 5425 4.4", "ended a TLS connection without a close_notify"),
)
RULES = (
    *(*HEADER_RULES, *TIMESTAMP_RULES, *DATA_RULES, *TEXT_RULES),
    *(*BSD_RULES, *DATAGRAM_RULES, *STREAM_RULES, RESET),
)
MUSTS = frozenset(rule.id for rule in RULES if rule.level == "must")
"""Identifiers of the rules that a strict server insists on."""
