"""What clients are held to: every rule that is a finding when it is broken."""

from homeport.protocol.rules import UNEXPECTED_TLS, Rule

OF_LINES = (
    Rule("bare-lf", "must", "RFC 959 5.3", "ended a command with LF alone"),
    Rule("control-characters", "must", "RFC 2640 3.1", "sent NUL, or CR within a line, in a command"),
    Rule("command-too-long", "advice", "RFC 959 5.3", "sent a longer command line than is taken"),
    Rule("telnet-negotiation", "must", "RFC 1123 4.1.2.12", "negotiated Telnet options on the control connection"),
    Rule("telnet-command", "must", "RFC 1123 4.1.2.12", "sent a Telnet command other than Synch and Interrupt Process"),
    Rule("unknown-command", "advice", "RFC 959 5.3.1", "sent a command that there is not"),
    Rule("mail-command", "must", "RFC 959 5.3.1", "sent one of the mail commands that RFC 959 took out of FTP"),
    Rule("historic-verb", "advice", "RFC 1123 4.1.3.1", "sent an X-verb of before RFC 959"),
    Rule("syntax", "must", "RFC 959 5.3.1", "sent an argument too many or too few, or in a wrong form"),
    UNEXPECTED_TLS,
)
OF_SEQUENCE = (
    Rule("bad-sequence", "must", "RFC 959 5.4", "sent a command out of sequence"),
    Rule("pass-before-user", "must", "RFC 959 4.1.1", "sent PASS without USER before it"),
    Rule("not-logged-in", "must", "RFC 959 5.4", "sent a command that needs a login before there was one"),
    Rule("rnfr-abandoned", "must", "RFC 959 4.1.3", "sent something else than RNTO behind RNFR"),
    Rule("rest-abandoned", "must", "RFC 3659 5", "sent something else than a transfer behind REST"),
    Rule("command-during-transfer", "advice", "RFC 959 5.4", "sent a command before the transfer's last reply"),
    Rule("abort-without-synch", "advice", "RFC 959 4.1.3", "sent ABOR during a transfer without Telnet IP and Synch"),
    Rule("data-after-quit", "must", "RFC 959 4.1.1", "went on sending after QUIT"),
    Rule("no-quit", "should", "RFC 959 4.1.1", "closed the connection without QUIT"),
)
OF_LOGIN = (
    Rule("clear-password", "should", "RFC 2577 5", "showed a password although TLS is offered"),
    Rule("anonymous-password", "advice", "RFC 1635", "gave no mail address as anonymous's password"),
    Rule("old-auth", "must", "RFC 4217 17", "asked for TLS by a name of before RFC 4217 (AUTH SSL)"),
    Rule("tls-injection", "must", "RFC 959 5.4", "sent on behind AUTH without waiting for its reply"),
    Rule("prot-before-pbsz", "must", "RFC 4217 9", "sent PROT without PBSZ before it"),
    Rule(
        "data-in-clear",
        "advice",
        "RFC 4217 9",
        "had data connections in the clear beside a control connection under TLS",
    ),
)
OF_DATA = (
    Rule("foreign-address", "should", "RFC 2577 3", "named another host's address in PORT or EPRT"),
    Rule("low-port", "should", "RFC 2577 3", "named a port below 1024 in PORT or EPRT"),
    Rule("after-epsv-all", "must", "RFC 2428 4", "sent PORT, PASV or EPRT after EPSV ALL"),
    Rule("default-port", "should", "RFC 1123 4.1.2.5", "began a transfer without PORT or PASV before it"),
    Rule("port-reused", "should", "RFC 1123 4.1.2.5", "began a transfer to the same port as the one before"),
    Rule("foreign-peer", "must", "RFC 2577 4", "had another host make the data connection"),
    Rule("no-close-notify", "should", "RFC 8446 6.1", "ended TLS on a data connection without close_notify"),
)
OF_CONTENT = (
    Rule("type-missing", "advice", "RFC 959 3.1.1.1", "began a transfer without TYPE, which makes it ASCII"),
    Rule("bare-lf-in-ascii", "must", "RFC 959 3.1.1.1", "sent a text in TYPE A with lines that do not end in CR LF"),
    Rule("not-utf8", "must", "RFC 2640 2.2", "sent a pathname that is no UTF-8"),
    Rule("utf8-unasked", "advice", "RFC 2640 3.1", "sent a pathname beyond ASCII without asking by FEAT or OPTS"),
    Rule("bad-pathname", "must", "RFC 959 5.3.2", "sent a pathname that no file can have"),
    Rule("list-options", "should", "RFC 1123 4.1.2.7", "sent options of `ls` to LIST or NLST"),
)

RULES = (*OF_LINES, *OF_SEQUENCE, *OF_LOGIN, *OF_DATA, *OF_CONTENT)
