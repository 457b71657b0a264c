"""Finger (RFC 1288, and RFC 742's clients): who is on, and who somebody is.

    {C}                  everybody who is on            (2.5.1; can be refused, 3.2.2)
    {U}{C}               whoever that name means        (2.5.2, 2.5.3)
    /W                   more of either                 (2.5.4)
    {U}@host{C}          another host's answer          (2.4; refused unless the host is configured, 3.2.1)

The server closes first (2.1). All that is sent is ASCII in lines that end in CR LF (2.2), without what a terminal
would obey. Left out: programs that users have run when they are fingered (section 3 warns of them).
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
