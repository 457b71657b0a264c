"""A client that signs by TSIG: dnspython, at a time that a test chooses."""

from types import SimpleNamespace

import dns.message
import dns.tsig
import dns.tsigkeyring
import pytest
from conftest import NOW

SECRET = "aG9tZXBvcnQ6IHdlbGwga25vd24sIGZvciB0ZXN0cw=="
"""That of the key which is there by default."""
RING = dns.tsigkeyring.from_text({"homeport.": ("hmac-sha256", SECRET)})


class Signer:
    """Signs requests, and checks answers, at the server's time and `ahead_s`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead_s = 0
        monkeypatch.setattr(dns.message, "time", SimpleNamespace(time=lambda: NOW + self.ahead_s))

    def sign(self, message, *, name="homeport.", secret=SECRET, algorithm="hmac-sha256", fudge=300):
        """Return a request with TSIG in wire form; the message keeps the MAC."""
        ring = dns.tsigkeyring.from_text({name: (algorithm, secret)})
        message.use_tsig(ring, name, algorithm=algorithm, fudge=fudge)
        return message.to_wire()

    def read(self, wire, request, *, ring=RING, **more):
        """Return an answer, whose signature is right."""
        return dns.message.from_wire(wire, keyring=ring, request_mac=request.mac, **more)
