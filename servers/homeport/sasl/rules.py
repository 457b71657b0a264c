"""The rules of SASL that clients are held to; a protocol adds them to its own: `rules=(*RULES, *sasl.rules.RULES)`."""

from homeport.service import Rule

RULES = (
    Rule("sasl-base64", "must", "RFC 4648 3.3", "sent base64 with something in it that is not of its alphabet"),
    Rule("sasl-base64-padding", "must", "RFC 4648 3.2", "sent base64 whose padding or last bits are wrong"),
    Rule("sasl-initial-response", "must", "RFC 4954 4", "sent an initial response where the server speaks first"),
    Rule("sasl-final-response", "must", "RFC 4422 3.6", "answered the final challenge with something"),
    Rule("sasl-not-utf8", "must", "RFC 4616 2", "sent a name or a password that is not UTF-8"),
    Rule("sasl-prohibited", "must", "RFC 4013 2.3", "sent a name or a password with a character that it must not have"),
    Rule("sasl-unprepared", "should", "RFC 5802 5.1", "sent a name or a password that SASLprep changes"),
    Rule("sasl-plain-form", "must", "RFC 4616 2", "sent a message of PLAIN that is not authzid NUL authcid NUL passwd"),
)
