"""What clients are held to: every rule that is a finding when it is broken."""

from homeport.protocol.rules import UNEXPECTED_TLS, Rule

OF_LINES = (
    Rule("bare-lf", "must", "RFC 5321 2.3.8", "ended a command with LF alone"),
    Rule("control-characters", "must", "RFC 5321 4.1.2", "sent control characters in a command"),
    Rule("command-too-long", "must", "RFC 5321 4.5.3.1.4", "sent a longer command line than every server takes"),
    Rule("trailing-space", "advice", "RFC 5321 4.1.1", "sent blanks behind a command"),
    Rule("pipelining-not-offered", "must", "RFC 2920 3", "sent commands in a group without PIPELINING being offered"),
    Rule("pipelining-sync", "must", "RFC 2920 3.1", "sent on behind a command that must be the last of its group"),
    Rule("data-after-quit", "must", "RFC 5321 4.1.1.10", "went on sending after QUIT"),
    Rule("no-quit", "must", "RFC 5321 4.1.1.10", "closed the connection without QUIT"),
    Rule("message-cut-off", "should", "RFC 5321 3.8", "closed the connection in the midst of a message"),
    UNEXPECTED_TLS,
)
OF_SEQUENCE = (
    Rule("bad-sequence", "must", "RFC 5321 4.1.4", "sent a command out of sequence"),
    Rule("no-ehlo", "must", "RFC 5321 4.1.1.1", "began with mail instead of EHLO or HELO"),
    Rule("no-ehlo-after-starttls", "must", "RFC 3207 4.2", "did not repeat EHLO after STARTTLS"),
    Rule("helo-used", "should", "RFC 5321 2.2.1", "used HELO where EHLO is to be used"),
    Rule("bad-helo", "must", "RFC 5321 4.1.1.1", "named itself by something that is no domain and no address literal"),
    Rule("helo-not-fqdn", "must", "RFC 5321 2.3.5", "named itself by something that is no fully qualified name"),
    Rule("helo-literal", "advice", "RFC 5321 4.1.4", "named itself by an address that it does not come from"),
    Rule("helo-is-server", "advice", "RFC 5321 4.1.1.1", "named itself by the server's name"),
    Rule("unknown-command", "must", "RFC 5321 2.2.2", "sent a command that no extension offered here defines"),
    Rule("obsolete-command", "should", "RFC 5321 F", "sent SEND, SOML, SAML or TURN"),
    Rule("syntax", "must", "RFC 5321 4.1.1", "sent a command with an argument too many or too few, or in a wrong form"),
)
OF_PATHS = (
    Rule("space-after-colon", "must", "RFC 5321 3.3", "put a blank beside the colon of MAIL FROM or RCPT TO"),
    Rule("no-angle-brackets", "must", "RFC 5321 4.1.2", "wrote a path without < and >"),
    Rule("bad-path", "must", "RFC 5321 4.1.2", "sent a path that is not in the form of one"),
    Rule("path-too-long", "must", "RFC 5321 4.5.3.1", "sent a path, or a part of one, longer than every server takes"),
    Rule("source-route", "should", "RFC 5321 C", "sent a source route"),
    Rule("utf8-address", "must", "RFC 6531 3.4", "sent an address beyond ASCII without SMTPUTF8"),
    Rule("not-utf8", "must", "RFC 6531 3.3", "sent octets in a command that are no UTF-8"),
    Rule("duplicate-recipient", "advice", "RFC 5321 2.4", "named a mailbox twice, but for the case of its domain"),
)
OF_EXTENSIONS = (
    Rule("parameter-not-offered", "must", "RFC 5321 2.2.1", "used a parameter of an extension that was not offered"),
    Rule("parameter-after-helo", "must", "RFC 5321 4.1.1.1", "used extensions after HELO"),
    Rule("bad-parameter", "must", "RFC 5321 4.1.2", "sent a parameter in a wrong form"),
    Rule("size-exceeds-limit", "must", "RFC 1870 6", "declared a size over the announced limit, and was refused"),
    Rule("size-lied", "advice", "RFC 1870 6.3", "sent a message larger than it had declared"),
    Rule("8bit-without-8bitmime", "must", "RFC 6152 3", "sent octets over 127 without BODY=8BITMIME"),
    Rule("utf8-header", "must", "RFC 6531 3.6", "sent a header beyond ASCII without SMTPUTF8"),
    Rule("binary-with-data", "must", "RFC 3030 3", "sent BODY=BINARYMIME content by DATA instead of BDAT"),
    Rule("data-mixed", "must", "RFC 3030 2", "sent DATA among BDATs"),
    Rule("requiretls-without-tls", "must", "RFC 8689 2", "asked for REQUIRETLS on a connection without TLS"),
    Rule("starttls-twice", "must", "RFC 3207 4.2", "sent STARTTLS under TLS"),
    Rule("starttls-injection", "must", "RFC 3207 4", "sent on behind STARTTLS without waiting for its reply"),
    Rule("auth-in-clear", "should", "RFC 4954 4", "showed a password, or a token, without TLS"),
    Rule("auth-twice", "must", "RFC 4954 4", "sent AUTH although it was authenticated"),
    Rule("auth-in-transaction", "must", "RFC 4954 4", "sent AUTH in the midst of a mail transaction"),
    Rule("auth-missing", "must", "RFC 6409 4.3", "submitted mail without being authenticated"),
)
OF_CONTENT = (
    Rule("bare-lf-in-message", "must", "RFC 5321 2.3.8", "sent a message with LF that no CR goes before"),
    Rule("bare-cr-in-message", "must", "RFC 5321 2.3.8", "sent a message with CR that no LF follows"),
    Rule("false-end", "must", "RFC 5321 4.1.1.4", "sent a dot between line ends that are not all CR LF"),
    Rule("dot-not-stuffed", "must", "RFC 5321 4.5.2", "did not double the dot at the beginning of a line"),
    Rule("line-too-long", "must", "RFC 5321 4.5.3.1.6", "sent a line of more than 998 octets in a message"),
    Rule("nul-in-message", "must", "RFC 5322 4", "sent NUL in a message that is not binary"),
    Rule("no-final-crlf", "should", "RFC 5321 2.3.7", "sent a message by BDAT whose last line has no end"),
    Rule("missing-date", "must", "RFC 5322 3.6", "sent a message without Date"),
    Rule("missing-from", "must", "RFC 5322 3.6", "sent a message without From"),
    Rule("missing-message-id", "should", "RFC 5322 3.6.4", "sent a message without Message-ID"),
    Rule("bad-message-id", "must", "RFC 5322 3.6.4", "sent a Message-ID that is not <left@right>"),
    Rule("bad-date", "must", "RFC 5322 3.3", "sent a Date that is not in the form of one"),
    Rule("bad-from", "must", "RFC 5322 3.6.2", "sent a From without an address"),
    Rule("bad-header", "must", "RFC 5322 2.2", "sent a line in the header that is no field"),
    Rule(
        "header-too-long",
        "advice",
        "RFC 5322 2.1.1",
        "sent a header of more than 64 KiB; the rest is not checked",
    ),
    Rule("duplicate-field", "must", "RFC 5322 3.6", "sent a field twice that may stand once"),
    Rule("bcc-sent", "advice", "RFC 5322 3.6.3", "sent a Bcc field with addresses, which every recipient can read"),
    Rule("bad-boundary", "must", "RFC 2046 5.1.1", "sent a multipart message whose boundary is missing or malformed"),
    Rule("boundary-unused", "must", "RFC 2046 5.1.1", "sent a multipart message in which its boundary does not stand"),
)

RULES = (*OF_LINES, *OF_SEQUENCE, *OF_PATHS, *OF_EXTENSIONS, *OF_CONTENT)
BY_ID = {rule.id: rule for rule in RULES}
