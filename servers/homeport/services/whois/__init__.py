"""Whois (RFC 3912): one line asks, text answers, and the close says that it is over.

Asks for domains, hosts, addresses, registrars, contacts, people and configured texts; `help` says how. RFC 3912
defines neither queries nor answers, so both follow what its clients know: the classic prefixes of RFC 954, those of
the registries, RIPE's flags; and three layouts. It reads `world.registry` and `world.people`, and changes nothing.

    session.py   the dialogue          query.py    what a line asks for
    search.py    what answers it       layouts/    how that is shown

Left out: access control and the accounting of queries, and RIPE's flags other than -B, -T, -r, -k and -V.
"""

from homeport.protocol.query import VERBS
from homeport.protocol.service import Listener, Persona, Service
from homeport.services.whois.options import RULES, WhoisOptions
from homeport.services.whois.session import Whois, refusal

SERVICE = Service(
    name="whois",
    title="Whois",
    rfcs=("3912",),
    listeners=(Listener("tcp", "tcp", 43),),
    options=WhoisOptions,
    session=Whois,
    personas=(
        Persona(
            "ripe", "answers like the RIPE database: its layout, in Latin-1", {"layout": "ripe", "encoding": "latin-1"}
        ),
    ),
    rules=RULES,
    refusal=refusal,
    faults=frozenset({"answer", "command"}),
    verbs=VERBS,
    example="whois -h {host} -p {port} homeport.test",
)
