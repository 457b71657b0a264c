"""The rules that clients must keep; each becomes a finding if it is broken."""

from homeport.protocol.rules import ENGINE_RULES, Rule

RULES = (
    Rule("malformed-message", "must", "RFC 4511 4.1.1", "sent bytes that are no LDAP message"),
    Rule("message-too-long", "must", "RFC 4511 4.1.1", "sent a message over the server's limit"),
    Rule("truncated-message", "must", "RFC 4511 4.1.1", "closed the connection in the middle of a message"),
    Rule("id-zero", "must", "RFC 4511 4.1.1.1", "used the message identifier 0, which is for notifications"),
    Rule("id-reused", "must", "RFC 4511 4.1.1.1", "used the message identifier of an operation that is not over"),
    Rule("operations-at-bind", "should", "RFC 4511 4.2.1", "sent a bind while other operations were under way"),
    Rule("unauthenticated-bind", "should", "RFC 4513 5.1.2", "sent a bind with a name and an empty password"),
    Rule("bind-in-clear", "should", "RFC 4513 6.3.1", "sent a password without TLS"),
    Rule("v2-bind", "should", "RFC 4511 4.2", "sent a bind of LDAP version 2, which is historic (RFC 3494)"),
    Rule("mechanism-not-listed", "should", "RFC 4513 5.2.1.3", "used a SASL mechanism that the root DSE does not list"),
    Rule(
        "sasl-external-without-certificate",
        "must",
        "RFC 4513 5.2.3",
        "used EXTERNAL on a connection without a certificate of its own",
    ),
    Rule("request-in-sasl", "must", "RFC 4513 5.2.1.5", "sent another request in the middle of a SASL bind"),
    Rule("starttls-twice", "must", "RFC 4511 4.14.1", "sent StartTLS although TLS is on"),
    Rule("starttls-outstanding", "must", "RFC 4511 4.14.1", "sent StartTLS while other operations were under way"),
    Rule("starttls-injection", "must", "RFC 4511 4.14.1", "sent more after StartTLS without waiting for its response"),
    Rule(
        "rebind-missing-after-starttls",
        "advice",
        "RFC 4513 3.1.5",
        "went on after StartTLS with the login of before, whose password the network has seen",
    ),
    Rule("no-unbind", "should", "RFC 4511 4.3", "closed the connection without an unbind request"),
    Rule("data-after-unbind", "must", "RFC 4511 4.3", "sent data after the unbind request"),
    Rule("unknown-critical-control", "should", "RFC 4511 4.1.11", "sent a critical control that is not supported"),
    Rule("paging-cookie", "must", "RFC 2696 3", "sent a cookie that no page of this search had"),
    Rule("no-paging", "advice", "RFC 2696 1", "reached the server's limit of entries without asking for pages"),
    Rule("attribute-unknown", "advice", "RFC 4512 2.5", "named an attribute type that the schema does not have"),
    Rule("unknown-operation", "should", "RFC 4511 4.12", "sent an extended operation that is not supported"),
    *ENGINE_RULES,
)
