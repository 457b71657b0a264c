"""The rules of SASL that clients are held to; a protocol adds them to its own: `rules=(*RULES, *sasl.rules.RULES)`."""

from homeport.protocol.rules import Rule

RULES = (
    Rule("sasl-base64", "must", "RFC 4648 3.3", "sent base64 with something in it that is not of its alphabet"),
    Rule("sasl-base64-padding", "must", "RFC 4648 3.2", "sent base64 whose padding or last bits are wrong"),
    Rule("sasl-initial-response", "must", "RFC 4954 4", "sent an initial response where the server speaks first"),
    Rule("sasl-login-initial", "advice", "RFC 4954 4", "sent the name with AUTH LOGIN, ahead of the server's question"),
    Rule("sasl-final-response", "must", "RFC 4422 3.6", "answered the final challenge with something"),
    Rule("sasl-not-utf8", "must", "RFC 4616 2", "sent a name or a password that is not UTF-8"),
    Rule("sasl-prohibited", "must", "RFC 4013 2.3", "sent a name or a password with a character that it must not have"),
    Rule("sasl-unprepared", "should", "RFC 5802 5.1", "sent a name or a password that SASLprep changes"),
    Rule("sasl-plain-form", "must", "RFC 4616 2", "sent a message of PLAIN that is not authzid NUL authcid NUL passwd"),
    Rule(
        "sasl-cram-form", "must", "RFC 2195 2", "sent a response of CRAM-MD5 that is not a name, a space and a digest"
    ),
    Rule("sasl-cram-upper-case", "must", "RFC 2195 2", "sent the digest of CRAM-MD5 in upper case"),
    Rule("sasl-scram-form", "must", "RFC 5802 7", "sent a message of SCRAM whose attributes are not as they must be"),
    Rule("sasl-scram-extension", "must", "RFC 5802 5.1", "sent m=, which is kept for extensions that do not exist"),
    Rule("sasl-scram-header", "must", "RFC 5802 5.1", "sent another gs2 header in c= than in the first message"),
    Rule("sasl-scram-nonce", "must", "RFC 5802 5.1", "sent another nonce than the one of the challenge"),
    Rule("sasl-name-escape", "must", "RFC 5802 5.1", "sent = in a name for something else than =2C and =3D"),
    Rule("sasl-binding-flag", "must", "RFC 5802 6", "chose a mechanism that disagrees with its channel binding flag"),
    Rule(
        "sasl-binding-downgrade", "must", "RFC 5802 6", "said y although a mechanism with channel binding was offered"
    ),
    Rule("sasl-binding-data", "must", "RFC 5802 6", "bound another channel than this one"),
    Rule("sasl-oauth-form", "must", "RFC 7628 3.1", "sent a message of OAuth that is not pairs with ^A between them"),
    Rule(
        "sasl-oauth-answer", "must", "RFC 7628 3.2.3", "answered the error challenge with something else than the dummy"
    ),
)
