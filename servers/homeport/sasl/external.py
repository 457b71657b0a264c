"""EXTERNAL (RFC 4422 appendix A): the client certificate authenticates; the message names the login to act as."""

from homeport.sasl.exchange import Exchange, Refused, Step
from homeport.sasl.texts import prepare


class External(Exchange):
    """`[authzid]`."""

    def first(self, message: bytes) -> Step:
        """Process the only message."""
        tls = self.tls
        if tls is None or not tls.certificate:
            raise Refused("credentials", "the client sent no certificate in the TLS handshake")
        if not tls.verified:
            raise Refused("credentials", "the client's certificate is not from a trusted authority")
        identity = self.authority.identity_of(tls.certificate)
        if identity is None:
            reason = "neither the mail addresses nor the common name of the client's certificate belong to an account"
            raise Refused("credentials", reason)
        return self.success(identity, prepare(self, "the authzid", message))
