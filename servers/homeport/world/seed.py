"""Contents of a new world: the same memorable people, presences and quotes everywhere.

Passwords are the login with `-pass` appended, OAuth tokens the login with `-token`; nothing here is secret.
"""

from homeport.world.groups import Group
from homeport.world.people import Person
from homeport.world.presence import PresenceSeed

PEOPLE = (
    Person(
        login="alice",
        name="Alice Liddell",
        office="Harbour House 12",
        phone="+44 1865 555 0101",
        project="Mapping the tides of Port Meridian",
        plan="Walk the mole before breakfast.\nAnswer every letter by noon.\n",
        password="alice-pass",
        tokens=("alice-token",),
    ),
    Person(
        login="bob",
        name="Robert Anchor",
        office="Boat Shed 3",
        phone="+44 1865 555 0102",
        project="A buoy that answers every datagram",
        plan="Gone fishing. Back when the tide turns.\n",
        password="bob-pass",
        tokens=("bob-token",),
    ),
    Person(
        login="carol",
        name="Carol Anchor",
        office="Lighthouse, lamp room",
        phone="+44 1865 555 0103",
        project="One flash every ten seconds",
        password="carol-pass",
        tokens=("carol-token",),
    ),
    Person(
        login="dave",
        name="Dave Keel",
        office="Customs quay",
        phone="+44 1865 555 0104",
        plan="No cargo without papers.\n",
        password="dave-pass",
        tokens=("dave-token",),
    ),
    Person(
        login="operator",
        name="Harbour Operator",
        office="Control tower",
        phone="+44 1865 555 0100",
        project="Keeping Homeport open",
        password="operator-pass",
        tokens=("operator-token",),
    ),
)

GROUPS = (
    Group(name="harbour", description="everybody at the harbour", groups=("crew", "staff")),
    Group(name="crew", description="those who go to sea", members=("alice", "bob")),
    Group(name="staff", description="those who stay ashore", members=("carol", "dave", "operator")),
)

PRESENCE = (
    PresenceSeed(login="alice", terminal="tty1", ago="3h", idle="4m"),
    PresenceSeed(login="bob", terminal="pts/0", origin="boat.homeport.test", ago="42m"),
    PresenceSeed(login="operator", terminal="console", ago="9d", idle="1h"),
)

QUOTES = (
    "A ship in harbour has no stories; a client without a server has no answers.",
    "Be conservative in what you send. The liberal part is how we got here.",
    "The tide does not retry. It comes back.",
    "Every protocol is polite until somebody leaves out the carriage return.",
    "He who hard-codes the port meets it again in the test suite.",
    "A timeout is an answer from somebody who was not listening.",
    "In the beginning was the banner, and the banner came with CR LF.",
    "Echo never lies, but it never adds anything either.",
    "There is no such thing as a small buffer, only a patient client.",
    "Two farms, one datagram: somebody must be the first to stop talking.",
    "The lighthouse keeper reads the journal so that the sailors need not.",
    "Clocks agree most when nobody compares them.",
)
