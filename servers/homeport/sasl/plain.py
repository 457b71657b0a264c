"""PLAIN (RFC 4616): the login to act as, the login, and the password, in one message."""

from homeport.sasl.exchange import Exchange, Refused, Step
from homeport.sasl.texts import check_password, prepare


class Plain(Exchange):
    """`[authzid] NUL authcid NUL passwd`."""

    def first(self, message: bytes) -> Step:
        """Process the only message."""
        parts = message.split(b"\0")
        if len(parts) != 3:
            # RFC 4616 2: NUL separates the parts, and no part contains it.
            reason = f"expected [authzid] NUL authcid NUL passwd, which has two NUL; got {len(parts) - 1}"
            raise Refused("malformed", reason, "sasl-plain-form")
        wanted, name, password = (
            prepare(self, label, part)
            for label, part in zip(("the authzid", "the authcid", "the password"), parts, strict=True)
        )
        if not name:
            raise Refused("malformed", "the authcid (the second part) is empty", "sasl-plain-form")
        if not password:
            raise Refused("malformed", "the password (the third part) is empty", "sasl-plain-form")
        return self.success(check_password(self, name, password), wanted)
