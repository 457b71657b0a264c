"""Look objects up with whodap, which finds the server by bootstrap files: rdap_whodap.py BASE CA_FILE."""

import json
import sys

import httpx2
import whodap.client

BASE, CA_FILE = sys.argv[1:]


def client(kind, name):
    """Return a client that knows the servers of the farm's bootstrap file."""
    of_farm = type(kind.__name__, (kind,), {"_iana_uri": f"{BASE}{name}.json"})
    return of_farm.new_client(httpx2.Client(verify=CA_FILE))


dns = client(whodap.client.DNSClient, "dns")
shown = dns.lookup("homeport", "test")
known = shown.to_whois_dict()
found = {key: str(known[key]) for key in ("domain_name", "registrar_name", "registrant_name", "expires_date", "dnssec")}
found["nameservers"] = [str(one) for one in known["nameservers"]]
found["status"] = known["status"]
(found["link"],) = [link.href for link in shown.links]
try:
    dns.lookup("nowhere", "test")
except whodap.client.NotFoundError:
    found["absent"] = True
found["network"] = client(whodap.client.IPv4Client, "ipv4").lookup("192.0.2.77").name
found["network6"] = client(whodap.client.IPv6Client, "ipv6").lookup("2001:db8:7::1").name
found["asn"] = client(whodap.client.ASNClient, "asn").lookup(64496).name
print(json.dumps(found))
