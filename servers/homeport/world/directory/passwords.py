"""The passwords of a directory under its policies: which one governs an entry, and what is known of each password.

The policy is the entry `cn=default,ou=policies` below the base; without it there is none, but for entries whose
pwdPolicySubentry names another one. Administrators' own accounts have no policy. What is known of a password is a row
of the directory's store, beside those of `changes.py`.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from homeport.config.quantities import Duration
from homeport.world.directory.change_requests import ADD, ADMINISTRATOR, DELETE, REPLACE, Modification, Who
from homeport.world.directory.contents import NO_POLICY, PasswordPolicyOptions
from homeport.world.directory.entry import OBJECT_CLASS, Attributes, Entry, Values
from homeport.world.directory.matching import PERMANENT_LOCK
from homeport.world.directory.password_policy import ATTRIBUTES as POLICY_ATTRIBUTES
from homeport.world.directory.password_policy import (
    FLAGS,
    PERMANENT,
    POLICY_CLASS,
    Change,
    PasswordState,
    Policy,
    Window,
    after_change,
    check_change,
    policy_attributes,
    policy_of,
)
from homeport.world.directory.results import Code, DirectoryError
from homeport.world.directory.stamps import exact_time_text, read_time, time_text
from homeport.world.people import Person
from homeport.world.row_store import Key, StoreError

if TYPE_CHECKING:
    from homeport.world.directory.directory import Directory
    from homeport.world.world import World

ROW = "password"
"""Kind of rows."""
BEGUN = ""
"""Key of the row whose `changed` is the time when the policy came into force."""
PASSWORD = "userpassword"  # noqa: S105 - an attribute
SETTABLE = ("pwdreset", "pwdaccountlockedtime")
"""Attributes of the state that administrators change."""
OF_ADMINISTRATORS = frozenset((*SETTABLE, "pwdpolicysubentry", "pwdstarttime", "pwdendtime"))
OF_WINDOW = ("pwdstarttime", "pwdendtime")
STATE_ATTRIBUTES = (
    *("pwdchangedtime", "pwdaccountlockedtime", "pwdfailuretime", "pwdgraceusetime", "pwdreset", "pwdlastsuccess"),
    *("pwdhistory", "pwdpolicysubentry"),
)
"""Operational attributes that are made of the state."""
CLEAR_SYNTAX = b"1.3.6.1.4.1.1466.115.121.1.40"


def policy_of_options(options: PasswordPolicyOptions) -> Policy:
    """Return the policy of the configuration."""
    fields = msgspec.structs.asdict(options)
    return msgspec.convert({name: value if name in FLAGS else int(value) for name, value in fields.items()}, Policy)


def options_of_policy(policy: Policy) -> PasswordPolicyOptions:
    """Return a policy as the configuration has it."""
    fields: dict[str, Any] = {
        name: Duration(value) if isinstance(getattr(NO_POLICY, name), Duration) else value
        for name, value in msgspec.structs.asdict(policy).items()
    }
    return PasswordPolicyOptions(**fields)


class Passwords:
    """The policies of one directory, and the states of its passwords."""

    def __init__(self, world: "World", directory: "Directory") -> None:
        self._world = world
        self._directory = directory
        self._followed: object = None

    # The policy

    @property
    def _options(self) -> PasswordPolicyOptions:
        return self._world.contents.directory.password_policy

    @property
    def policies_dn(self) -> str:
        """DN of the container of policies."""
        return f"ou=policies,{self._directory.suffix}"

    @property
    def default_dn(self) -> str:
        """DN of the policy of entries that name no other."""
        return f"cn=default,{self.policies_dn}"

    def entries_of_options(self) -> list[tuple[str, Attributes]]:
        """Return the entries that the configuration makes: the policy and its container, or none."""
        return [] if self._options == NO_POLICY else self.entries_of(policy_of_options(self._options))

    def entries_of(self, policy: Policy) -> list[tuple[str, Attributes]]:
        """Return the entries of a default policy: its container and itself."""
        unit: Attributes = {
            OBJECT_CLASS: (b"top", b"organizationalUnit"),
            "ou": (b"policies",),
            "description": (b"password policies",),
        }
        return [(self.policies_dn, unit), (self.default_dn, self.policy_entry(policy))]

    def policy_entry(self, policy: Policy) -> Attributes:
        """Return the attributes of the entry of a default policy."""
        classes = (b"top", b"device", b"pwdPolicy")
        return {OBJECT_CLASS: classes, "cn": (b"default",), **policy_attributes(policy)}

    def policy_dn(self, entry: Entry) -> str:
        """Return the DN of the policy that governs an entry; empty for none."""
        found = self._policy_entry(entry)
        return "" if found is None else found.dn

    def policy(self, entry: Entry) -> Policy | None:
        """Return the policy that governs an entry; None for none."""
        found = self._policy_entry(entry)
        return None if found is None else policy_of(found.attributes)

    @property
    def default(self) -> Policy | None:
        """The policy of entries that name no other; None if there is none."""
        found = self._default
        return None if found is None else policy_of(found.attributes)

    @property
    def _default(self) -> Entry | None:
        found = self._directory.tree.get(self._directory.fold_known(self.default_dn))
        return found if found is not None and POLICY_CLASS in found.classes() else None

    def _policy_entry(self, entry: Entry) -> Entry | None:
        found = (
            self._find(entry.text("pwdpolicysubentry")) if "pwdpolicysubentry" in entry.attributes else self._default
        )
        return None if found is None or self._directory.is_administrator(entry.key) else found

    def _find(self, dn: str) -> Entry | None:
        found = self._directory.find_dn(dn)
        return found if found is not None and POLICY_CLASS in found.classes() else None

    # States

    def begin(self) -> None:
        """Follow the people, and note when the policy of the configuration came into force, if it just has."""
        self.follow()
        if self._world.contents.directory.has_policy and self._row(BEGUN) is None:
            self._note_begin()

    def follow(self) -> None:
        """Follow changes of people's passwords over other protocols and the API."""
        people = self._world.people
        if self._followed is not people:
            self._followed = people
            people.on_replace.append(self._person_replaced)

    def _note_begin(self) -> float:
        rows = self._begun_now()
        with suppress(StoreError):  # it is noted once the disk can be written
            self._directory.changes.keep(rows)
        return self._world.clock.now()

    def _begun_now(self) -> dict[Key, Any]:
        return {(ROW, BEGUN): PasswordState(changed=self._world.clock.now())}

    def _row(self, name: str) -> PasswordState | None:
        row: PasswordState | None = self._directory.changes.row((ROW, name))
        return row

    def key(self, entry: Entry) -> Key:
        """Return the key of an entry's row: the login of a person, the DN of others."""
        kind, name = self._directory.kind_of(entry.key)
        return ROW, (name if kind == "person" else entry.dn).lower()

    def state(self, entry: Entry) -> PasswordState:
        """Return what is known of the password of an entry."""
        return self._row(self.key(entry)[1]) or PasswordState()

    def changed(self, entry: Entry) -> float:
        """Return the time from which the age of a password counts: that of its change, or of the policy's begin."""
        changed = self.state(entry).changed
        if changed is None:
            begun = self._row(BEGUN)
            changed = begun.changed if begun is not None else None
        return self._note_begin() if changed is None else changed

    def window(self, entry: Entry) -> Window:
        """Return the time in which the password of an entry is valid."""
        start, end = (read_time(values[0]) if (values := entry.get(name)) else None for name in OF_WINDOW)
        whole = Window()
        return Window(whole.start if start is None else start, whole.end if end is None else end)

    def keep(self, entry: Entry, state: PasswordState) -> None:
        """Note the state of a password. Raises: StoreError."""
        if state != self.state(entry):
            self._directory.changes.keep({self.key(entry): state})

    # What the API sets

    def set_policy(self, policy: Policy | None) -> None:
        """Set the policy of entries that name no other; None: remove it. Raises: DirectoryError, StoreError."""
        changes, dn = self._directory.changes, self.default_dn
        there = self._directory.find(self._directory.fold(dn)) is not None
        if policy is None:
            if there:
                changes.delete(ADMINISTRATOR, dn)
            return
        if there:
            made = self.policy_entry(policy)
            names = ("objectclass", "cn", "pwdattribute", *(name.lower() for name in POLICY_ATTRIBUTES.values()))
            changes.modify(ADMINISTRATOR, dn, [Modification(REPLACE, name, made.get(name, ())) for name in names])
            return
        for name, attributes in self.entries_of(policy):
            if self._directory.find(self._directory.fold(name)) is None:
                changes.add(ADMINISTRATOR, name, attributes.items())

    def set_state(
        self, entry: Entry, *, locked: bool | None, expired: bool | None, must_change: bool | None
    ) -> PasswordState:
        """Lock or unlock an account, and so on; None: as it is. Return the state. Raises: StoreError."""
        state, now = self.state(entry), self._world.clock.now()
        fields: dict[str, Any] = {}
        if locked is not None:
            fields |= {"locked": PERMANENT} if locked else {"locked": None, "failures": ()}
        if must_change is not None:
            fields["reset"] = must_change
        if expired is not None:
            max_age = (self.policy(entry) or Policy()).max_age
            fields["expired"] = expired and not max_age
            if expired and max_age:
                fields |= {"changed": now - max_age - 1, "grace": ()}
            elif not expired and max_age:
                fields |= {"changed": now, "grace": ()}
        after = msgspec.structs.replace(state, **fields)
        self.keep(entry, after)
        return after

    # Changes of entries

    def lend(self, entry: Entry, attributes: Attributes) -> None:
        """Add the attributes of the state that a modification can change; `changed_rows` takes them back."""
        for name in SETTABLE:
            if values := self.attribute(entry, name):
                attributes[name] = values

    def changed_rows(
        self, who: Who, entry: Entry, attributes: Attributes, modifications: Sequence[Modification], *, proved: bool
    ) -> dict[Key, Any]:
        """Check a modification against the policy, and return the rows that it changes.

        attributes: those afterwards, with what `lend` added, which is removed. proved: the old password was given.
        Raises: DirectoryError.
        """
        state = after = self.state(entry)
        by_hand = self._set_by_hand(who, entry, attributes)
        given = tuple(
            value for one in modifications if self._is_password(one) and one.operation != DELETE for value in one.values
        )
        change = Change(
            before=entry.get(PASSWORD),
            after=attributes.get(PASSWORD, ()),
            given=given,
            own=not who.admin,
            proved=proved
            or any(self._is_password(one) and one.operation == DELETE and one.values for one in modifications),
            names=(*_texts(attributes.get("uid", ())), *_texts(attributes.get("cn", ()))),
        )
        if given or change.before != change.after:
            after = self._after(entry, state, change)
        after = msgspec.structs.replace(after, **by_hand)
        rows: dict[Key, Any] = {} if after == state else {self.key(entry): after}
        if self._row(BEGUN) is None and _is_policy(attributes):
            rows |= self._begun_now()
        return rows

    def added_rows(self, who: Who, entry: Entry, attributes: Attributes) -> dict[Key, Any]:
        """Check a new entry, and return the rows that it makes. entry: without attributes. Raises: DirectoryError."""
        values = attributes.get(PASSWORD, ())
        begun = entry.key == self._directory.fold(self.default_dn) and _is_policy(attributes)
        policy_named = {name: attributes[name] for name in ("pwdpolicysubentry",) if name in attributes}
        given = (Modification(ADD, PASSWORD, values),) if values else ()
        rows = self.changed_rows(who, entry.with_attributes(policy_named), attributes, given, proved=True)
        return {**rows, **self._begun_now()} if begun else rows

    def _after(self, entry: Entry, state: PasswordState, change: Change) -> PasswordState:
        """Return the state after a change of the password, which the policy allows. Raises: DirectoryError."""
        policy = self.policy(entry)
        if policy is None and state == PasswordState():
            return state
        now = self._world.clock.now()
        if policy is not None:
            check_change(policy, state, self.changed(entry), change, now)
        return after_change(policy or Policy(), state, change, now)

    def _is_password(self, one: Modification) -> bool:
        kind = self._directory.schema.attribute(one.type.partition(";")[0])
        return kind is not None and kind.name.lower() == PASSWORD

    def _set_by_hand(self, who: Who, entry: Entry, attributes: Attributes) -> dict[str, Any]:
        """Return the fields of the state that a modification sets, and remove their attributes.

        Raises: DirectoryError if the user may not.
        """
        held = {name: self.attribute(entry, name) for name in SETTABLE}
        touched = [
            name
            for name in OF_ADMINISTRATORS
            if attributes.get(name, ()) != (held[name] if name in held else entry.get(name))
        ]
        if touched and not who.admin:
            text = f"only administrators change {touched[0]}"
            raise DirectoryError(Code.INSUFFICIENT_ACCESS_RIGHTS, text)
        given = {name: attributes.pop(name, ()) for name in SETTABLE}
        fields: dict[str, Any] = {}
        if given["pwdreset"] != held["pwdreset"]:
            fields["reset"] = given["pwdreset"] == (b"TRUE",)
        if given["pwdaccountlockedtime"] != held["pwdaccountlockedtime"]:
            fields["locked"] = _lock_time(given["pwdaccountlockedtime"])
            if fields["locked"] is None:
                fields["failures"] = ()
        return fields

    def removed_rows(self, entry: Entry) -> dict[Key, Any]:
        """Return the row that goes with an entry."""
        key = self.key(entry)
        return {key: None} if self._row(key[1]) is not None else {}

    def moved_rows(self, before: Entry, after: Entry) -> dict[Key, Any]:
        """Return the row that an entry takes along to its new name."""
        state = self._row(self.key(before)[1])
        return {} if state is None else {self.key(after): state}

    def _person_replaced(self, before: Person | None, after: Person | None) -> None:
        """Note a password that was changed elsewhere than here."""
        directory = self._directory
        person = after or before
        if directory.changes.is_applying or person is None:
            return
        dn = directory.dn_of_login(person.login)
        entry = Entry(dn, directory.fold(dn), {})
        with suppress(StoreError):  # the person is changed in memory alone, too
            if after is None:
                if rows := self.removed_rows(entry):
                    directory.changes.keep(rows)
            elif before is None or before.password != after.password:
                self._changed_elsewhere(entry, "" if before is None else before.password, after.password)

    def _changed_elsewhere(self, entry: Entry, old: str, new: str) -> None:
        directory = self._directory
        if directory.is_open:
            policy = self.policy(directory.find(entry.key) or entry)
        else:  # its own policy is not known without the tree, which is not made for this
            policy = policy_of_options(self._options) if self._options != NO_POLICY else None
        state = self.state(entry)
        if policy is None and state == PasswordState():
            return
        before, after = ((text.encode(),) if text else () for text in (old, new))
        change = Change(before=before, after=after, given=after, own=False)
        made = after_change(policy or Policy(), state, change, self._world.clock.now())
        self.keep(entry, msgspec.structs.replace(made, reset=False))

    # Attributes

    def attribute(self, entry: Entry, name: str) -> Values:
        """Return the values of an attribute of the state (5.3), by name in lower case."""
        if name == "pwdpolicysubentry":
            dn = entry.get(name)
            return dn or (
                (found.encode(),) if PASSWORD in entry.attributes and (found := self.policy_dn(entry)) else ()
            )
        state = self.state(entry)
        match name:
            case "pwdchangedtime":
                known = state.changed is not None or (PASSWORD in entry.attributes and self.policy(entry) is not None)
                return (time_text(self.changed(entry)),) if known else ()
            case "pwdaccountlockedtime":
                return () if state.locked is None else (_lock_text(state.locked),)
            case "pwdfailuretime":
                return tuple(map(exact_time_text, state.failures))
            case "pwdgraceusetime":
                return tuple(map(exact_time_text, state.grace))
            case "pwdreset":
                return (b"TRUE",) if state.reset else ()
            case "pwdlastsuccess":
                return () if state.succeeded is None else (time_text(state.succeeded),)
            case "pwdhistory":
                return tuple(
                    b"#".join((time_text(one.time), CLEAR_SYNTAX, str(len(one.value)).encode(), one.value))
                    for one in state.history
                )
        return ()


def _lock_time(values: Values) -> float | None:
    if not values:
        return None
    locked = PERMANENT if values[0] == PERMANENT_LOCK else read_time(values[0])
    if locked is None:
        raise DirectoryError(Code.INVALID_ATTRIBUTE_SYNTAX, "pwdAccountLockedTime: there is no such time")
    return locked


def _lock_text(locked: float) -> bytes:
    return PERMANENT_LOCK if locked == PERMANENT else exact_time_text(locked)


def _is_policy(attributes: Attributes) -> bool:
    return any(one.lower() == POLICY_CLASS.encode() for one in attributes.get(OBJECT_CLASS, ()))


def _texts(values: Values) -> tuple[str, ...]:
    return tuple(value.decode("utf-8", "replace") for value in values)
