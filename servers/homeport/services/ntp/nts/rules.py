"""Rules of NTS for clients."""

from homeport.protocol.rules import Rule

OLD_TLS = Rule("old-tls", "must", "RFC 8915 3", "offered no TLS 1.3, which NTS requires")
NO_ALPN = Rule("nts-no-alpn", "must", "RFC 8915 4", "did not offer ntske/1 by ALPN")

EXCHANGE_RULES = (
    OLD_TLS,
    NO_ALPN,
    Rule("nts-no-end", "must", "RFC 8915 4.1.1", "ended its side before the record End of Message"),
    Rule("nts-end-body", "must", "RFC 8915 4.1.1", "sent a record End of Message with a body"),
    Rule("nts-after-end", "must", "RFC 8915 4.1.1", "went on sending after the record End of Message"),
    Rule("nts-no-next-protocol", "must", "RFC 8915 4.1.2", "sent no record Next Protocol Negotiation"),
    Rule("nts-no-algorithm", "must", "RFC 8915 4.1.5", "offered NTPv4 and no AEAD algorithms"),
    Rule("nts-record-twice", "must", "RFC 8915 4.1", "sent a record twice that may come once"),
    Rule("nts-bad-body", "must", "RFC 8915 4.1", "sent a record whose body does not have the form of its type"),
    Rule("nts-not-critical", "must", "RFC 8915 4.1", "left the critical bit of a record clear that must have it"),
    Rule("nts-critical-cookie", "should", "RFC 8915 4.1.6", "set the critical bit of a cookie"),
    Rule("nts-unknown-critical", "advice", "RFC 8915 4.1.3", "sent a critical record of a type that the server lacks"),
    Rule("nts-server-record", "must", "RFC 8915 4.1", "sent a record that only servers send: an error or a warning"),
    Rule("nts-cookie-sent", "must", "RFC 8915 4.1.6", "sent a cookie in the key exchange"),
    Rule("nts-no-ntpv4", "advice", "RFC 8915 4.1.2", "offered only protocols that the server does not speak"),
    Rule("nts-no-common-algorithm", "advice", "RFC 8915 4.1.5", "offered only algorithms that the server lacks"),
    Rule("nts-too-long", "advice", "RFC 8915 4", "sent a request of more than 16 KiB"),
    Rule("nts-early-close", "advice", "RFC 8915 4", "disconnected before it had its answer"),
)
PACKET_RULES = (
    Rule("nts-no-unique-id", "must", "RFC 8915 5.3", "sent a request without a Unique Identifier"),
    Rule("nts-short-unique-id", "must", "RFC 8915 5.3", "sent a Unique Identifier of less than 32 octets"),
    Rule("nts-unique-id-again", "must", "RFC 8915 5.3", "sent the Unique Identifier of an earlier request"),
    Rule("nts-no-cookie", "must", "RFC 8915 5.4", "sent a request without a cookie"),
    Rule("nts-cookie-again", "should", "RFC 8915 5.7", "used a cookie for a second request"),
    Rule("nts-cookie-encrypted", "must", "RFC 8915 5.4", "encrypted a cookie"),
    Rule("nts-stale-cookie", "advice", "RFC 8915 5.7", "sent a cookie that no present key of the server has sealed"),
    Rule("nts-no-authenticator", "must", "RFC 8915 5.6", "sent a request without an authenticator"),
    Rule("nts-bad-authenticator", "must", "RFC 8915 5.6", "sent an authenticator that its keys have not made"),
    Rule("nts-malformed-authenticator", "must", "RFC 8915 5.6", "sent an authenticator whose lengths do not fit"),
    Rule("nts-no-padding", "must", "RFC 8915 5.6", "left no room for the nonce of the answer"),
    Rule("nts-field-twice", "must", "RFC 8915 5.7", "sent an extension field of NTS twice that may come once"),
    Rule("nts-after-authenticator", "must", "RFC 8915 5.6", "sent extension fields after the authenticator"),
    Rule("nts-placeholder-length", "must", "RFC 8915 5.5", "sent a placeholder of another length than its cookie"),
    Rule("nts-placeholder-content", "should", "RFC 8915 5.5", "filled a placeholder with something else than zeros"),
    Rule("nts-too-many-placeholders", "should", "RFC 8915 5.7", "asked for more than eight cookies at once"),
)
RULES = (*EXCHANGE_RULES, *PACKET_RULES)
