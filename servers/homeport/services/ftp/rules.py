"""Rules for clients: breaking one is reported as the finding of its id."""

from homeport.protocol.rules import UNEXPECTED_TLS, Rule

OF_LINES = (
    Rule("bare-lf", "must", "RFC 959 5.3", "ended a command with LF alone"),
    Rule("control-characters", "must", "RFC 2640 3.1", "sent NUL, or CR within a line, in a command line"),
    Rule("command-too-long", "advice", "RFC 959 5.3", "sent a command line over the limit"),
    Rule("telnet-negotiation", "must", "RFC 1123 4.1.2.12", "negotiated Telnet options on the control connection"),
    Rule("telnet-command", "must", "RFC 1123 4.1.2.12", "sent a Telnet command other than Synch and Interrupt Process"),
    Rule("unknown-command", "advice", "RFC 959 5.3.1", "sent an unknown command"),
    Rule("mail-command", "must", "RFC 959 5.3.1", "sent a mail command that RFC 959 removed from FTP"),
    Rule("historic-verb", "advice", "RFC 1123 4.1.3.1", "sent an X-verb that predates RFC 959"),
    Rule("syntax", "must", "RFC 959 5.3.1", "sent too many or too few arguments, or a malformed one"),
    UNEXPECTED_TLS,
)
OF_SEQUENCE = (
    Rule("early-talker", "should", "RFC 959 5.4", "sent a command before the greeting"),
    Rule("bad-sequence", "must", "RFC 959 5.4", "sent a command out of sequence"),
    Rule("pass-before-user", "must", "RFC 959 4.1.1", "sent PASS without USER before it"),
    Rule("not-logged-in", "must", "RFC 959 5.4", "sent a command that requires a login before logging in"),
    Rule("rnfr-abandoned", "must", "RFC 959 4.1.3", "sent a command other than RNTO after RNFR"),
    Rule("rest-abandoned", "must", "RFC 3659 5", "sent a command other than a transfer after REST"),
    Rule("command-during-transfer", "advice", "RFC 959 5.4", "sent a command before the transfer's final reply"),
    Rule("abort-without-synch", "advice", "RFC 959 4.1.3", "sent ABOR during a transfer without Telnet IP and Synch"),
    Rule("data-after-quit", "must", "RFC 959 4.1.1", "sent data after QUIT"),
    Rule("no-quit", "should", "RFC 959 4.1.1", "closed the connection without QUIT"),
)
OF_LOGIN = (
    Rule("clear-password", "should", "RFC 2577 5", "sent a password in the clear although TLS is offered"),
    Rule("anonymous-password", "advice", "RFC 1635", "sent no mail address as the password of anonymous"),
    Rule("old-auth", "must", "RFC 4217 17", "requested TLS by a name that predates RFC 4217 (AUTH SSL)"),
    Rule("tls-injection", "must", "RFC 959 5.4", "sent data after AUTH without waiting for its reply"),
    Rule("prot-before-pbsz", "must", "RFC 4217 9", "sent PROT without PBSZ before it"),
    Rule(
        "data-in-clear",
        "advice",
        "RFC 4217 9",
        "used clear-text data connections with TLS on the control connection",
    ),
)
OF_DATA = (
    Rule("tls-on-clear-data", "must", "RFC 4217 9", "began TLS on a data connection that is in the clear"),
    Rule("foreign-address", "should", "RFC 2577 3", "named another host's address in PORT or EPRT"),
    Rule("low-port", "should", "RFC 2577 3", "named a port below 1024 in PORT or EPRT"),
    Rule("after-epsv-all", "must", "RFC 2428 4", "sent PORT, PASV or EPRT after EPSV ALL"),
    Rule("default-port", "should", "RFC 1123 4.1.2.5", "began a transfer without PORT or PASV before it"),
    Rule("port-reused", "should", "RFC 1123 4.1.2.5", "began a transfer to the same port as the previous one"),
    Rule("foreign-peer", "must", "RFC 2577 4", "had another host open the data connection, and opened none itself"),
    Rule("no-close-notify", "should", "RFC 8446 6.1", "ended TLS on a data connection without close_notify"),
)
OF_CONTENT = (
    Rule("type-missing", "advice", "RFC 959 3.1.1.1", "began a transfer without TYPE, which makes it ASCII"),
    Rule("bare-lf-in-ascii", "must", "RFC 959 3.1.1.1", "sent text in TYPE A with lines that do not end in CR LF"),
    Rule("not-utf8", "must", "RFC 2640 2.2", "sent a pathname that is not UTF-8"),
    Rule("utf8-unasked", "advice", "RFC 2640 3.1", "sent a non-ASCII pathname without FEAT or OPTS UTF8 before it"),
    Rule("bad-pathname", "must", "RFC 959 5.3.2", "sent an invalid pathname"),
    Rule("list-options", "should", "RFC 1123 4.1.2.7", "sent options of `ls` with LIST or NLST"),
)

RULES = (*OF_LINES, *OF_SEQUENCE, *OF_LOGIN, *OF_DATA, *OF_CONTENT)
