"""Any sequence of commands on mailboxes leaves them as a simple model says, and the promises of IMAP hold.

A UID is never used twice, MODSEQ never falls, UIDVALIDITY grows when a name is used again, and the counts are those of
the entries.
"""

from conftest import make_world
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from homeport.world.mail.flags import DELETED, SEEN
from homeport.world.mail.mailbox_problem import MailboxProblem
from homeport.world.mail.message import Envelope, Recipient

NAMES = st.sampled_from(["INBOX", "Sent", "Archive", "a", "a/b", "c"])
FLAGS = st.sets(st.sampled_from(["\\Seen", "\\Deleted", "\\Flagged", "Work"]), max_size=3)
UIDS = st.sets(st.integers(1, 12), max_size=6)


class MailboxModel(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.world = make_world()
        self.boxes = self.world.mailboxes
        self.alice = self.boxes.account("alice")
        self.model = {name: {} for name in self.alice.names()}  # name: {uid: (message, flags)}
        self.used = {}  # by identifier of a mailbox: the UIDs that it has ever had
        self.validities = {}  # by name: the highest UIDVALIDITY so far
        self.numbers = {}  # by identifier: UIDNEXT and HIGHESTMODSEQ
        self.captured = 0

    def box(self, name):
        return self.alice.find(name)

    def arrive(self, name, message, flags=()):
        """Note in the model that an entry was added."""
        box = self.box(name)
        uid = box.entries[-1].uid
        assert uid not in self.used.setdefault(box.identifier, set())
        self.model[name][uid] = (message, set(flags))

    @rule()
    def deliver(self):
        body = self.world.mail.begin()
        body.write(b"test")
        envelope = Envelope(reverse_path="", recipients=(Recipient(address="alice@homeport.test"),))
        self.arrive("INBOX", body.keep(envelope))
        self.captured += 1

    @rule(name=NAMES, flags=FLAGS)
    def append(self, name, flags):
        if name in self.model:
            body = self.alice.begin(5)
            body.write(b"hello")
            self.arrive(name, self.alice.append(self.box(name), body, flags).message, flags)

    @rule(source=NAMES, into=NAMES, uids=UIDS, moves=st.booleans())
    def copy_or_move(self, source, into, uids, moves):
        if source in self.model and into in self.model:
            having = sorted(uids & self.model[source].keys())
            call = self.alice.move if moves else self.alice.copy
            pairs = call(self.box(source), uids, self.box(into))
            assert [old for old, _new in pairs] == having
            for old, new in pairs:
                assert new not in self.used.setdefault(self.box(into).identifier, set())
                message, flags = self.model[source][old]
                if moves:
                    del self.model[source][old]
                self.model[into][new] = (message, {*flags})

    @rule(name=NAMES, uids=UIDS)
    def expunge(self, name, uids):
        if name in self.model:
            having = sorted(uids & self.model[name].keys())
            before = self.box(name).highest_modseq
            assert self.alice.expunge(self.box(name), uids) == having
            assert self.box(name).expunged_since(before) == having
            for uid in having:
                del self.model[name][uid]

    @rule(name=NAMES, uids=UIDS, flags=FLAGS, how=st.sampled_from(["add", "remove", "replace"]))
    def store(self, name, uids, flags, how):
        if name in self.model:
            box = self.box(name)
            before = box.highest_modseq
            expected = []
            for uid in sorted(uids & self.model[name].keys()):
                has = self.model[name][uid][1]
                wanted = {"add": has | flags, "remove": has - flags, "replace": {*flags}}[how]
                if wanted != has:
                    expected.append(uid)
                    self.model[name][uid] = (self.model[name][uid][0], wanted)
            assert self.alice.store(box, uids, how, flags) == (expected, [])
            assert [entry.uid for entry in box.changed_since(before)] == expected

    @rule(name=NAMES)
    def create(self, name):
        try:
            self.alice.create(name)
        except MailboxProblem as problem:
            assert (problem.code, name in self.model) == ("exists", True)  # noqa: PT017 - or it must succeed
        else:
            assert name not in self.model
            self.check_new_name(name)
            self.model[name] = {}

    @rule(name=NAMES)
    def delete(self, name):
        try:
            self.alice.delete(name)
        except MailboxProblem:
            assert name == "INBOX" or name not in self.model
        else:
            del self.model[name]

    @rule(old=NAMES, new=NAMES)
    def rename(self, old, new):
        try:
            self.alice.rename(old, new)
        except MailboxProblem:
            return
        if old == "INBOX":
            self.model[new] = dict(enumerate(self.model["INBOX"].values(), 1))
            self.model["INBOX"] = {}
            return
        for name in [one for one in self.model if one == old or one.startswith(f"{old}/")]:
            self.model[new + name[len(old) :]] = self.model.pop(name)
            self.check_new_name(new + name[len(old) :])

    def check_new_name(self, name):
        assert self.box(name).uid_validity > self.validities.get(name, 0)

    @precondition(lambda self: self.captured)
    @rule(data=st.data())
    def delete_over_the_api(self, data):
        messages = self.world.mail.messages()
        chosen = data.draw(st.lists(st.sampled_from(messages), max_size=3)) if messages else []
        gone = {message.id for message in self.world.mail.detach(chosen)}
        for entries in self.model.values():
            for uid in [uid for uid, (message, _flags) in entries.items() if message in gone]:
                del entries[uid]

    @invariant()
    def mailboxes_are_as_the_model_says(self):
        assert {*self.alice.names()} == {*self.model}
        for box in self.alice.mailboxes:
            entries = box.entries
            assert {entry.uid: (entry.message, set(entry.flags)) for entry in entries} == self.model[box.name]
            assert [entry.uid for entry in entries] == sorted(self.model[box.name])
            assert [box.index(uid) for uid in sorted(self.model[box.name])] == [*range(len(entries))]
            assert box.unseen == sum(SEEN not in entry.flags for entry in entries)
            assert box.deleted == sum(DELETED in entry.flags for entry in entries)
            assert box.size == sum(entry.size for entry in entries)
            self.used.setdefault(box.identifier, set()).update(self.model[box.name])
            expunged = [uid for _modseq, uid in box.expunged]
            assert {*expunged} == self.used[box.identifier] - self.model[box.name].keys()
            assert box.expunged == sorted(box.expunged)
            before = self.numbers.get(box.identifier, (1, 1))
            now = self.numbers[box.identifier] = (box.uid_next, box.highest_modseq)
            assert before <= now
            assert before[1] <= now[1]
            assert all(entry.uid < box.uid_next and entry.modseq <= box.highest_modseq for entry in entries)
            self.validities[box.name] = max(self.validities.get(box.name, 0), box.uid_validity)

    @invariant()
    def the_places_of_messages_are_those_of_entries(self):
        every = [(entry.message, box.identifier) for box in self.alice.mailboxes for entry in box.entries]
        ledger = self.boxes._ledger
        places = [
            (one, box.identifier)
            for one in ledger._places
            for box, number in ledger.places(one).items()
            for _ in range(number)
        ]
        assert sorted(every) == sorted(places)
        assert self.boxes._ledger.entries == len(every)
        appended = {message for message, _box in every if message.startswith("a")}
        assert self.boxes._contents._sizes.keys() == appended
        assert self.boxes._contents.size == 5 * len(appended)

    @invariant()
    def every_entry_can_be_read(self):
        for box in self.alice.mailboxes:
            for entry in box.entries:
                assert len(self.boxes.read(box, entry)) == entry.size


TestMailboxModel = MailboxModel.TestCase
TestMailboxModel.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
