"""A world's mail, and messages for it."""

import pytest
from conftest import NOW

from homeport.world.journal import JournalOptions
from homeport.world.mail.contents import MailAlias, MailContents, MailList
from homeport.world.mail.message import Envelope, Recipient
from homeport.world.people import Person
from homeport.world.world import World, WorldContents

CONTENT = b"From: carol@homeport.test\r\nSubject: tides\r\n\r\nHigh at noon.\r\n"
PEOPLE = (
    Person(login="alice", name="Alice Liddell"),
    Person(login="bob", name="Robert Anchor", email="Bob@boat.example"),
    Person(login="carol", name="Carol Anchor"),
    Person(login="operator", name="Harbour Operator"),
)


@pytest.fixture
def make_mail():
    """Create a world's mail with a configuration; `mail.world` is its world."""

    def make(store=None, aliases=(), lists=(), **contents):
        aliases = [MailAlias(name=name, to=to) for name, to in dict(aliases).items()]
        lists = [MailList(name=name, owner=owner, members=members) for name, (owner, *members) in dict(lists).items()]
        configured = MailContents(aliases=aliases, lists=lists, **contents)
        world = World(
            "default",
            WorldContents(people=PEOPLE, mail=configured),
            JournalOptions(),
            lambda: NOW,
            mail_store=store,
        )
        world.mail.world = world
        return world.mail

    return make


@pytest.fixture
def post():
    """Store a message: `post(mail, "alice@example.org", sender="bob@example.org")` returns it."""

    def keep(mail, *recipients, sender="carol@homeport.test", content=CONTENT, **envelope):
        body = mail.begin()
        body.write(content)
        to = tuple(one if isinstance(one, Recipient) else Recipient(address=one) for one in recipients)
        return mail.get(body.keep(Envelope(reverse_path=sender, recipients=to, **envelope)))

    return keep
