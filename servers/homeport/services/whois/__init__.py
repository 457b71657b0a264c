"""Whois (RFC 3912): the client sends a query of one line, the server answers with text and closes.

Queries find domains, hosts, registrars, contacts, people, configured texts, and networks, routes and AS numbers by
longest match; `help` lists the forms. RFC 3912 defines neither queries nor answers, so both follow what clients
expect: the classic prefixes of RFC 954, those of the registries, RIPE's flags; and three layouts, of which ICANN's
shows numbers as ARIN does and RIPE's in RPSL. It reads `world.registry`, `world.numbers` and `world.people`, and
changes nothing.
`syntax = "lenient"` also accepts a query that ends with LF alone or without a line end, with a finding; `strict`
refuses every query that breaks a "must".

    session.py   the dialogue          query.py    parse queries
    search.py    find records          layouts/    formats of answers
    levels.py    networks, routes and AS numbers by level

Left out: access control and the accounting of queries, and RIPE's flags other than -B, -T, -r, -k, -K, -V,
-x, -l, -L, -m, -M and -i origin.
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
    of_registry=True,
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
