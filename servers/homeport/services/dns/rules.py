"""The rules that clients must keep; each becomes a finding if it is broken."""

from homeport.protocol.rules import Rule

OF_MESSAGES = (
    Rule("short-message", "must", "RFC 1035 4.1.1", "sent fewer octets than a header has"),
    Rule("cut-message", "must", "RFC 1035 4.1", "sent a message that ends within a name, a question or a record"),
    Rule("bad-pointer", "must", "RFC 1035 4.1.4", "sent a compression pointer that does not lead back"),
    Rule("reserved-label", "must", "RFC 6891 5", "sent a label whose first octet is 64 to 191"),
    Rule("name-too-long", "must", "RFC 1035 2.3.4", "sent a name of more than 255 octets"),
    Rule("too-many-labels", "advice", "RFC 1035 4.1.4", "sent a message whose names have more labels than any needs"),
    Rule("too-many-records", "advice", "RFC 1035 4.1", "sent a request with more records than any needs"),
    Rule("bad-record-data", "must", "RFC 1035 3.3", "sent a record whose data end within one of its fields"),
    Rule("question-count", "must", "RFC 9619 4", "sent a request without exactly one question"),
    Rule("trailing-octets", "must", "RFC 1035 4.1", "sent octets after the message"),
    Rule("response-to-server", "must", "RFC 1035 4.1.1", "sent a response (QR is set) to a port that takes requests"),
    Rule("unknown-opcode", "must", "RFC 1035 4.1.1", "sent a request with an opcode that the server has not"),
    Rule("z-bit", "must", "RFC 1035 4.1.1", "set the reserved bit Z of the header"),
    Rule(
        "unused-fields",
        "must",
        "RFC 1123 6.1.2.3",
        "set bits of responses in a query: AA, TC, RA, or a response code",
    ),
    Rule("class-any", "should", "RFC 1123 6.1.2.2", "asked for class * (255) instead of IN"),
    Rule("query-type", "must", "RFC 6895 3.1", "asked for a type that no question can have, such as OPT"),
)
OF_EDNS = (
    Rule("edns-unknown-version", "should", "RFC 6891 6.1.3", "sent an EDNS version above 0"),
    Rule("edns-flags", "must", "RFC 6891 6.1.4", "set reserved flags of EDNS"),
    Rule("edns-small-size", "should", "RFC 6891 6.2.5", "announced a UDP size below 512, which counts as 512"),
    Rule("opt-twice", "must", "RFC 6891 6.1.1", "sent two OPT records"),
    Rule("opt-misplaced", "must", "RFC 6891 6.1.1", "sent OPT outside the additional section, or with a name"),
    Rule("bad-option", "must", "RFC 6891 6.1.2", "sent an OPT record that ends within an option"),
    Rule("bad-cookie-size", "must", "RFC 7873 5.2.2", "sent a COOKIE option that has not 8, or 16 to 40 octets"),
    Rule("keepalive-timeout", "must", "RFC 7828 3.2.1", "sent a timeout in the option edns-tcp-keepalive"),
    Rule("keepalive-over-udp", "must", "RFC 7828 3.2.1", "sent the option edns-tcp-keepalive over UDP"),
    Rule("padding-in-clear", "should", "RFC 7830 6", "padded a query that is not encrypted"),
    Rule("nsid-data", "must", "RFC 5001 2.1", "sent data in the option NSID"),
    Rule("tsig-misplaced", "must", "RFC 8945 5.1", "sent TSIG that is not the last record"),
)
OF_HTTPS = (
    Rule("doh-http", "must", "RFC 9112 2.2", "sent what is no HTTP, or broke HTTP/2's rules (RFC 9113 5.4)"),
    Rule("doh-path", "must", "RFC 8484 4.1", "asked for a path that is not in the server's URI template"),
    Rule("doh-method", "must", "RFC 8484 4.1", "used another method than GET or POST"),
    Rule("doh-media-type", "must", "RFC 8484 4.1", "sent a POST whose content type is not application/dns-message"),
    Rule("doh-no-message", "must", "RFC 8484 4.1", "sent a request over HTTPS without a DNS query"),
    Rule("doh-base64-padding", "must", "RFC 8484 6", "padded the base64url of a GET with ="),
    Rule("doh-accept", "should", "RFC 8484 4.1", "did not say in Accept that it understands application/dns-message"),
    Rule("doh-id", "should", "RFC 8484 4.1", "used a message ID other than 0, which defeats HTTP caches"),
)
OF_STREAMS = (
    Rule("no-length", "must", "RFC 1035 4.2.2", "sent a message over TCP without the two octets of its length"),
    Rule("length-zero", "must", "RFC 1035 4.2.2", "sent a length of zero"),
    Rule("truncated-stream", "must", "RFC 1035 4.2.2", "closed the connection within a message"),
)

OF_TSIG = (
    Rule("tsig-form", "must", "RFC 8945 4.2", "sent TSIG that cannot be read, or with a MAC that is too short"),
    Rule("tsig-key", "must", "RFC 8945 5.2.1", "signed with a key, or by an algorithm, that is not in [dns] keys"),
    Rule("tsig-signature", "must", "RFC 8945 5.2.2", "signed with another secret, or changed the message later"),
    Rule("tsig-time", "must", "RFC 8945 5.2.3", "signed at a time that is too far from the server's"),
    Rule("tsig-truncated", "should", "RFC 8945 5.2.4", "sent a MAC that is shorter than that of the algorithm"),
)
OF_TRANSFERS = (
    Rule("axfr-over-udp", "must", "RFC 1123 6.1.3.2", "asked for a zone transfer over UDP"),
    Rule("ixfr-without-soa", "must", "RFC 1995 3", "asked for changes without its SOA in the authority section"),
)
OF_UPDATES = (
    Rule("update-zone-section", "must", "RFC 2136 2.3", "sent an UPDATE whose zone section has another type than SOA"),
    Rule(
        "cname-and-other-data",
        "must",
        "RFC 2136 3.4.2.2",
        "added a CNAME to a name that has other records, or others to an alias: that part of the UPDATE had no effect",
    ),
    Rule("update-ignored", "advice", "RFC 2136 3.4.2", "sent an UPDATE with a part that had no effect"),
)
OF_HABITS = (
    Rule("no-edns", "advice", "RFC 6891 1", "asked over UDP without EDNS, which limits answers to 512 octets"),
    Rule("any-query", "advice", "RFC 8482 7", "asked over UDP for type ANY, which has no complete answer"),
    Rule("rd-to-authoritative", "advice", "RFC 1034 4.3.1", "asked for recursion, which the server does not offer"),
    Rule("no-tcp-retry", "should", "RFC 1123 6.1.3.2", "asked again over UDP after a truncated answer, not over TCP"),
    Rule("retry-too-fast", "should", "RFC 1123 6.1.3.3", "asked again within half a second"),
    Rule("no-backoff", "should", "RFC 1123 6.1.3.3", "asked again and again at intervals that do not grow"),
    Rule("same-id", "must", "RFC 5452 9.2", "sent different queries with the same id, which can be forged"),
    Rule("predictable-id", "must", "RFC 5452 9.2", "sent queries whose ids count up, which can be forged"),
    Rule("fixed-source-port", "must", "RFC 5452 9.2", "sent many queries from one UDP port, which can be forged"),
    Rule(
        "tcp-one-query",
        "should",
        "RFC 7766 6.2.1",
        "opened a TCP connection for each of many queries, instead of using one again",
    ),
)

RULES = (*OF_HABITS, *OF_MESSAGES, *OF_EDNS, *OF_STREAMS, *OF_HTTPS, *OF_TSIG, *OF_TRANSFERS, *OF_UPDATES)
