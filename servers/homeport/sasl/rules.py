"""The SASL rules that clients must keep; a protocol adds those of `sasl_rules` to its own."""

from homeport.protocol.rules import Rule

OF_MECHANISMS = (
    Rule("sasl-base64", "must", "RFC 4648 3.3", "sent base64 with a character outside its alphabet"),
    Rule("sasl-base64-padding", "must", "RFC 4648 3.2", "sent base64 with wrong padding or wrong last bits"),
    Rule("sasl-final-response", "must", "RFC 4422 3.6", "sent a response to the final challenge that is not empty"),
    Rule("sasl-not-utf8", "must", "RFC 4616 2", "sent a name or a password that is not UTF-8"),
    Rule("sasl-prohibited", "must", "RFC 4013 2.3", "sent a name or a password with a prohibited character"),
    Rule("sasl-unprepared", "should", "RFC 5802 5.1", "sent a name or a password that SASLprep changes"),
    Rule("sasl-plain-form", "must", "RFC 4616 2", "sent a PLAIN message that is not authzid NUL authcid NUL passwd"),
    Rule("sasl-cram-form", "must", "RFC 2195 2", "sent a CRAM-MD5 response that is not a name, a space and a digest"),
    Rule("sasl-cram-upper-case", "must", "RFC 2195 2", "sent the CRAM-MD5 digest in upper case"),
    Rule("sasl-scram-form", "must", "RFC 5802 7", "sent a SCRAM message with malformed attributes"),
    Rule("sasl-scram-extension", "must", "RFC 5802 5.1", "sent m=, which is reserved for future extensions"),
    Rule("sasl-scram-header", "must", "RFC 5802 5.1", "sent a different gs2 header in c= than in the first message"),
    Rule("sasl-scram-nonce", "must", "RFC 5802 5.1", "sent a different nonce than the challenge"),
    Rule("sasl-name-escape", "must", "RFC 5802 5.1", "sent = in a name that is neither =2C nor =3D"),
    Rule("sasl-binding-flag", "must", "RFC 5802 6", "chose a mechanism that disagrees with its channel binding flag"),
    Rule(
        "sasl-binding-downgrade",
        "must",
        "RFC 5802 6",
        "sent the flag y although a mechanism with channel binding was offered",
    ),
    Rule("sasl-binding-data", "must", "RFC 5802 6", "sent the channel binding of another connection"),
    Rule("sasl-oauth-form", "must", "RFC 7628 3.1", "sent an OAuth message that is not pairs separated by ^A"),
    Rule(
        "sasl-oauth-answer",
        "must",
        "RFC 7628 3.2.3",
        "answered the error challenge with anything but the dummy response",
    ),
)
"""Rules of the mechanisms and of base64, which every protocol has."""


def sasl_rules(profile: str) -> tuple[Rule, ...]:
    """Return the rules of a protocol. profile: the section of its own document that says how it carries SASL."""
    return (
        *OF_MECHANISMS,
        Rule("sasl-initial-response", "must", profile, "sent an initial response although the server speaks first"),
        Rule("sasl-login-initial", "advice", profile, "sent the name with LOGIN, before the server asked for it"),
    )
