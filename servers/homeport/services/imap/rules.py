"""The rules that clients must keep; each becomes a finding if it is broken."""

from homeport.protocol.rules import UNEXPECTED_TLS, Rule

OF_LINES = (
    Rule("bad-tag", "must", "RFC 9051 2.2.1", "sent a line without a tag, or with one that begins with * or +"),
    Rule("bare-lf", "must", "RFC 9051 2.2", "ended a line with LF alone"),
    Rule("control-characters", "must", "RFC 9051 9", "sent NUL, or CR without LF, in a command"),
    Rule("command-too-long", "advice", "RFC 7162 4", "sent a command line longer than the server accepts"),
    Rule(
        "eight-bit-quoted", "must", "RFC 9051 4.3", "sent bytes over 127 in a quoted string without having enabled it"
    ),
    Rule("unquoted-specials", "must", "RFC 9051 4.3", "sent a string that must be quoted without quotes"),
    Rule("literal-mismatch", "must", "RFC 9051 4.3", "sent a literal with more bytes than it had announced"),
    Rule("nul-in-literal", "must", "RFC 9051 4.3.1", "sent NUL in a literal that is not a literal8"),
    Rule("syntax", "must", "RFC 9051 9", "sent a command with a missing, extra or malformed argument"),
    Rule("unknown-command", "must", "RFC 9051 6", "sent an unknown command"),
    UNEXPECTED_TLS,
)
OF_SEQUENCE = (
    Rule("early-talker", "should", "RFC 9051 7.1", "sent a command before the greeting"),
    Rule("bad-sequence", "must", "RFC 9051 3", "sent a command in a state that does not allow it"),
    Rule("capability-not-announced", "must", "RFC 9051 6.1.1", "used what the server does not announce"),
    Rule("starttls-twice", "must", "RFC 9051 6.2.1", "sent STARTTLS although TLS is on"),
    Rule("starttls-injection", "must", "RFC 9051 6.2.1", "sent data after STARTTLS without waiting for its reply"),
    Rule("compress-injection", "must", "RFC 4978 3", "sent data after COMPRESS without waiting for its reply"),
    Rule("bad-compression", "must", "RFC 4978 3", "sent something else than DEFLATE after it had turned COMPRESS on"),
    Rule("login-in-clear", "must", "RFC 9051 6.2.3", "sent a password, or a token, without TLS"),
    Rule("enable-after-select", "must", "RFC 5161 3.1", "sent ENABLE after it had selected a mailbox"),
    Rule("command-during-idle", "must", "RFC 9051 6.3.13", "sent something else than DONE to end IDLE"),
    Rule("idle-too-long", "should", "RFC 2177 3", "idled for longer than the server's timeout without ending IDLE"),
    Rule("no-logout", "should", "RFC 9051 6.1.3", "closed the connection without LOGOUT"),
    Rule("data-after-logout", "must", "RFC 9051 6.1.3", "sent data after LOGOUT"),
)
OF_USE = (
    Rule("noop-polling", "advice", "RFC 2177 1", "polls by NOOP although the server announces IDLE"),
    Rule("status-of-selected", "should", "RFC 9051 6.3.11", "asked for the STATUS of the selected mailbox"),
    Rule("select-again", "advice", "RFC 9051 6.3.2", "selected the mailbox that was selected already"),
    Rule("lsub-in-rev2", "must", "RFC 9051 E", "sent LSUB after it had enabled IMAP4rev2"),
    Rule("recent-in-rev2", "must", "RFC 9051 E", "asked for \\Recent after it had enabled IMAP4rev2"),
    Rule("rfc822-items", "should", "RFC 9051 E", "fetched RFC822, RFC822.HEADER or RFC822.TEXT instead of BODY[...]"),
    Rule("append-no-date", "advice", "RFC 9051 6.3.12", "appended a message without its internal date"),
    Rule("close-expunges", "advice", "RFC 9051 6.4.1", "closed a mailbox by CLOSE, which removed messages"),
    Rule("fetch-one-by-one", "advice", "RFC 9051 6.4.5", "fetched many messages one by one instead of as a set"),
    Rule("sequence-after-expunge", "must", "RFC 9051 5.5", "used a message number that an EXPUNGE had taken away"),
    Rule("uidvalidity-ignored", "must", "RFC 9051 2.3.1.1", "used UIDs of before a change of UIDVALIDITY"),
)

RULES = (*OF_LINES, *OF_SEQUENCE, *OF_USE)
