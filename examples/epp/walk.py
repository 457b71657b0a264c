#!/usr/bin/env python3
"""Follow a domain through its life cycle on a running farm, with Python's standard library alone.

A registrar registers a domain. The clock advances by a year, the registrar finds the domain in redemption and restores
it; then another registrar takes it over. Whois and RDAP show each step. The program makes a world of its own, prints
each step, and stops at the first failed check with exit code 1.

    homeport up &
    examples/epp/walk.py [URL]
"""

import json
import os
import re
import socket
import ssl
import sys
import urllib.request
from itertools import count

URL = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOMEPORT_URL", "http://127.0.0.1:18000")
NAME = f"walk-{os.getpid()}"
WORLD = f"/api/v1/worlds/{NAME}"
URN = "urn:ietf:params:xml:ns:"
AUTH = "<domain:authInfo><domain:pw>Ebb-and-Flow-7</domain:pw></domain:authInfo>"
REPORT = (
    '<rgp:restore op="report"><rgp:report><rgp:preData>before</rgp:preData><rgp:postData>after</rgp:postData>'
    "<rgp:delTime>{deleted}</rgp:delTime><rgp:resTime>{deleted}</rgp:resTime><rgp:resReason>Forgotten.</rgp:resReason>"
    "<rgp:statement>The registrant asked for it.</rgp:statement><rgp:statement>All this is true.</rgp:statement>"
    "</rgp:report></rgp:restore>"
)


def api(method, path, body=None):
    """Send a request to the control API; return its answer, decoded if it is JSON."""
    headers = {"Content-Type": "application/json"}
    if token := os.environ.get("HOMEPORT_TOKEN"):
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as reply:
        text = reply.read().decode()
        return json.loads(text) if "json" in reply.headers.get("Content-Type", "") else text


def whois(where, name):
    """Return the whole answer of Whois."""
    with socket.create_connection((where["host"], where["port"]), timeout=20) as client:
        client.sendall(f"domain {name}\r\n".encode())
        return b"".join(iter(lambda: client.recv(65536), b"")).decode()


def expect(what, text, *parts):
    """Stop unless the text has all these parts."""
    for part in parts:
        if part not in text:
            sys.exit(f"FAILED: {what}: no {part} in\n{text}")
    print(f"ok: {what}")


class Registrar:
    """A registrar that is logged in over EPP."""

    numbers = count(1)

    def __init__(self, where, ca, name):
        plain = socket.create_connection((where["host"], where["port"]), timeout=20)
        self.socket = ssl.create_default_context(cadata=ca).wrap_socket(plain, server_hostname="localhost")
        self.read()  # the greeting comes first
        objects = "".join(f"<objURI>{URN}{kind}-1.0</objURI>" for kind in ("domain", "contact", "host"))
        extensions = f"<svcExtension><extURI>{URN}rgp-1.0</extURI></svcExtension>"
        self.ask(
            f"<login><clID>{name}</clID><pw>{name}-pass</pw><options><version>1.0</version><lang>en</lang></options>"
            f"<svcs>{objects}{extensions}</svcs></login>"
        )

    def read(self):
        """Read a frame: XML after a length of four octets, which counts itself (RFC 5734 4)."""
        return self.take(int.from_bytes(self.take(4), "big") - 4).decode()

    def take(self, size):
        """Read exactly `size` bytes."""
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                sys.exit("FAILED: the server has closed")
            data += part
        return data

    def ask(self, command, *codes):
        """Send a command; return the answer's XML. codes: the accepted result codes, by default 1000."""
        xml = (
            f'<?xml version="1.0" encoding="UTF-8"?><epp xmlns="{URN}epp-1.0"><command>{command}'
            f"<clTRID>WALK-{next(self.numbers)}</clTRID></command></epp>"
        ).encode()
        self.socket.sendall((len(xml) + 4).to_bytes(4, "big") + xml)
        answer = self.read()
        code = re.search(r'<result code="(\d+)"', answer)[1]
        if int(code) not in (codes or (1000,)):
            sys.exit(f"FAILED: {code} answers\n{xml.decode()}\n{answer}")
        return answer

    def domain(self, verb, content, *codes, op="", restore=""):
        """Send a command on a domain. restore: the content of the extension of RFC 3915."""
        attribute = f' op="{op}"' if op else ""
        inner = f'<domain:{verb} xmlns:domain="{URN}domain-1.0">{content}</domain:{verb}>'
        extension = f'<extension><rgp:update xmlns:rgp="{URN}rgp-1.0">{restore}</rgp:update></extension>'
        return self.ask(f"<{verb}{attribute}>{inner}</{verb}>{extension if restore else ''}", *codes)

    def messages(self):
        """Return the texts of the poll queue and acknowledge each message."""
        texts = []
        while 'code="1301"' in (answer := self.ask('<poll op="req"/>', 1300, 1301)):
            texts.append(re.search(r"<msg[^>]*>([^<]*)</msg>\s*</msgQ>", answer)[1])
            number = re.search(r'<msgQ [^>]*id="(\d+)"', answer)[1]
            self.ask(f'<poll op="ack" msgID="{number}"/>')
        return texts


def walk(services):
    """Go from the first check to the new registrar. services: the addresses of the listeners."""
    epp, ca = services["epp"]["tls"], api("GET", "/api/v1/ca.pem")
    domain = "<domain:name>boat.test</domain:name>"
    harbour, lighthouse = Registrar(epp, ca, "harbour"), Registrar(epp, ca, "lighthouse")
    expect("events before the login are in the poll queue", "\n".join(harbour.messages()), "auto-renewed.test")
    lighthouse.messages()

    expect("the name is available", harbour.domain("check", domain), 'avail="1"')
    created = harbour.domain("create", f"{domain}<domain:registrant>AL-1</domain:registrant>{AUTH}")
    expect("the domain is registered for a year", created, "exDate>2027-10-14T12:00:00")
    expect("Whois shows it", whois(services["whois"]["tcp"], "boat.test"), "Registrar: Harbour Names Ltd.")

    api("PUT", f"{WORLD}/registry/zones/test", {"name": "test", "at_expiry": "delete"})
    api("POST", f"{WORLD}/clock", {"advance": "P1Y"})
    texts = "\n".join(harbour.messages())
    expect("a year later it has expired", texts, "boat.test has expired and is deleted.")
    expect("it is in redemption", harbour.domain("info", domain), 'rgpStatus s="redemptionPeriod"')
    expect("Whois says so", whois(services["whois"]["tcp"], "boat.test"), "Domain Status: pendingDelete")
    shown = api("GET", f"{WORLD}/rdap/domain/boat.test")["status"]
    expect("RDAP says so", " and ".join(shown), "pending delete and redemption period")

    harbour.domain("update", f"{domain}<domain:chg/>", restore='<rgp:restore op="request"/>')
    expect("its restore is requested", harbour.domain("info", domain), 'rgpStatus s="pendingRestore"')
    report = REPORT.format(deleted="2027-10-14T12:00:00Z")
    harbour.domain("update", f"{domain}<domain:chg/>", restore=report)
    restored = harbour.domain("info", domain)
    expect("the restore report renews it", restored, "exDate>2028-10-14T12:00:00", 's="autoRenewPeriod"')

    api("POST", f"{WORLD}/clock", {"advance": "P60D"})
    lighthouse.domain("transfer", domain + AUTH, 1001, op="request")
    texts = "\n".join(harbour.messages())
    expect("another registrar requests a transfer", texts, "Transfer of boat.test requested by lighthouse.")
    harbour.domain("transfer", domain, op="approve")
    texts = "\n".join(lighthouse.messages())
    expect("the approved transfer is complete", texts, "Transfer of boat.test approved.")
    answer = whois(services["whois"]["tcp"], "boat.test")
    registrar = "Registrar: Lighthouse Registrations GmbH"
    expect("Whois shows the new registrar", answer, registrar, "Expiry Date: 2029-10-14T12:00:00")

    for registrar in (harbour, lighthouse):
        registrar.ask("<logout/>", 1500)
        registrar.socket.close()
    codes = api("GET", f"{WORLD}/events?type=epp&object=boat.test&code=1")["total"]
    expect("the journal has every command", f"{codes} commands about boat.test", "9 commands")
    counts = api("GET", f"{WORLD}/findings?service=epp")["counts"]
    expect("no rule was broken", f"findings: {sorted(counts)}", "findings: []")


def main():
    """Make a world, run the scenario in it, close the world."""
    clock = {"set": "2026-10-14T12:00:00Z", "frozen": True}
    world = api("POST", "/api/v1/worlds", {"name": NAME, "services": ["epp", "whois"], "config": {"clock": clock}})
    try:
        walk(world["services"])
    finally:
        api("DELETE", WORLD)
    print("ok: the world is closed")


if __name__ == "__main__":
    main()
