"""The rules that clients must keep; each becomes a finding if it is broken."""

from homeport.protocol.rules import Rule

OF_PACKETS = (
    Rule("short-packet", "must", "RFC 5905 7.3", "sent fewer octets than a header has"),
    Rule("version-0", "must", "RFC 5905 7.3", "sent version 0, which does not exist"),
    Rule("unknown-version", "must", "RFC 5905 7.3", "sent a version above 4"),
    Rule("mode", "must", "RFC 5905 7.3", "sent a packet whose mode is not 3 (client) to a server"),
    Rule(
        "trailing-octets",
        "must",
        "RFC 7822 7.5.1",
        "sent octets after the header that are neither extension fields nor a MAC",
    ),
    Rule("fields-in-old-version", "must", "RFC 7822 7.5", "sent extension fields in a packet of a version below 4"),
    Rule("unknown-key", "must", "RFC 5905 7.3", "sent a MAC of a key that the server does not have"),
    Rule("bad-mac", "must", "RFC 5905 7.3", "sent a MAC that does not match"),
)
OF_CLIENTS = (
    Rule(
        "origin-not-zero-first",
        "should",
        "RFC 4330 5",
        "sent an origin timestamp in its first request, when it had no answer yet",
    ),
    Rule(
        "zero-transmit",
        "advice",
        "RFC 5905 8",
        "sent a transmit timestamp of zero, so that it cannot tell answers from forged ones",
    ),
    Rule(
        "transmit-is-time",
        "advice",
        "RFC 5905 7.3",
        "sent its time as transmit timestamp, which tells others its clock; random octets do as well",
    ),
    Rule(
        "repeated-transmit",
        "must",
        "RFC 5905 8",
        "sent the transmit timestamp of its last request again, so that it cannot tell an answer from a replay",
    ),
    Rule("fixed-port", "should", "RFC 9109 3", "asked as a client from port 123, not from a random one"),
    Rule("poll-too-fast", "must", "RFC 4330 10", "asked again and again after less than 15 s"),
    Rule("burst-too-long", "should", "RFC 5905 13", "sent more than eight requests in a burst"),
    Rule("ignored-kod", "must", "RFC 5905 7.4", "went on as before after a kiss-o'-death"),
)

RULES = (*OF_PACKETS, *OF_CLIENTS)
