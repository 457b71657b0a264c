"""The rules that clients must keep; each becomes a finding if it is broken."""

from homeport.protocol.rules import Rule

RULES = (
    Rule("bare-lf", "must", "RFC 2229 2.3", "ended a command with LF alone"),
    Rule("line-too-long", "must", "RFC 2229 2.3", "sent a command of more than 1024 characters"),
    Rule("not-utf8", "must", "RFC 2229 2.1", "sent a command that is not UTF-8"),
    Rule("control-characters", "must", "RFC 2229 2.2", "sent control characters in a command"),
    Rule("unknown-command", "must", "RFC 2229 2.3", "sent an unknown command"),
    Rule("open-quote", "must", "RFC 2229 2.2", "sent a string without its closing quote, or ended in a backslash"),
    Rule("unquoted-blanks", "must", "RFC 2229 2.2", "sent a word with blanks without quoting it"),
    Rule("syntax", "must", "RFC 2229 2.3", "sent a command with missing, extra or malformed parameters"),
    Rule("empty-word", "must", "RFC 2229 2.2", "asked for an empty word"),
    Rule("unknown-database", "should", "RFC 2229 3.5.1", "named a database that SHOW DB does not list"),
    Rule("unknown-strategy", "should", "RFC 2229 3.5.2", "named a strategy that SHOW STRAT does not list"),
    Rule("not-announced", "must", "RFC 2229 3.1", "used a capability that the banner does not announce"),
    Rule("no-client", "should", "RFC 2229 3.6", "sent requests without CLIENT before them"),
    Rule("auth-twice", "must", "RFC 2229 3.11", "sent AUTH or SASLAUTH although logged in"),
    Rule("digest-form", "must", "RFC 2229 3.11", "sent an authentication string that is not 32 lower-case hex digits"),
    Rule("plain-in-clear", "should", "RFC 4422 6", "sent a password, or a token, without encryption"),
    Rule("saslresp-alone", "must", "RFC 2229 3.12", "sent SASLRESP without a challenge before it"),
    Rule("no-quit", "advice", "RFC 2229 3.9", "closed the connection without QUIT"),
    Rule("data-after-quit", "must", "RFC 2229 3.9", "sent data after QUIT"),
)
