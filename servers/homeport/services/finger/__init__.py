"""Finger (RFC 1288, and RFC 742's clients): the logged-in users, and information about a user.

    {C}                  all logged-in users            (2.5.1; can be refused, 3.2.2)
    {U}{C}               the users with that name       (2.5.2, 2.5.3)
    /W                   verbose form of either         (2.5.4)
    {U}@host{C}          another host's answer          (2.4; refused unless the host is configured, 3.2.1)

The server closes first (2.1). Output is ASCII in lines that end in CR LF (2.2), without control characters. Not
implemented: programs of users that a query runs (section 3 warns of them).

`syntax = "lenient"` also accepts a query that ends with LF alone or without a line end, with a finding; `strict`
refuses every query that breaks a "must".
"""

from homeport.protocol.query import VERBS
from homeport.protocol.service import Listener, Service
from homeport.services.finger.options import RULES, FingerOptions
from homeport.services.finger.session import Finger, refusal

SERVICE = Service(
    name="finger",
    title="Finger",
    rfcs=("1288", "742"),
    listeners=(Listener("tcp", "tcp", 79),),
    options=FingerOptions,
    session=Finger,
    rules=RULES,
    refusal=refusal,
    faults=frozenset({"answer", "command"}),
    verbs=VERBS,
    example="printf 'alice\\r\\n' | nc {host} {port}",
)
