"""The API operations on people's mailboxes, as IMAP and POP3 show them.

A mailbox is named in the path, with `%2F` for the separator of levels. What is removed here leaves only the mailbox:
captured messages are deleted with the operations of `control/mail.py`.
"""

from collections.abc import Callable, Generator, Iterator
from functools import partial, wraps
from http import HTTPStatus
from typing import Any, TypeVar

from homeport.control.downloads import download
from homeport.control.durable import NOT_DURABLE, attempt
from homeport.control.farm import Farm
from homeport.control.mail_work import Mapped
from homeport.control.mailbox_import import Import
from homeport.control.mailbox_shapes import (
    Added,
    AddQuery,
    Changed,
    Entries,
    EntriesQuery,
    EntrySummary,
    Expunged,
    ExpungeQuery,
    FlagChange,
    FlagChanges,
    MailboxBody,
    MailboxName,
    MailboxState,
    MailboxStates,
    Transfer,
    Transferred,
)
from homeport.control.mailbox_storage import problem_of, when_stored
from homeport.control.operation import WORLD, Document, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import OffReactor, Steps
from homeport.control.times import shown_time, unix_time, zone_of
from homeport.world.mail.account import Account
from homeport.world.mail.mailbox import Entry, Mailbox
from homeport.world.mail.mailbox_names import EVERYTHING
from homeport.world.mail.mailbox_problem import MailboxProblem
from homeport.world.mail.mime.content import first_header, parse_headers
from homeport.world.mail.mime.structure import HEADER_LIMIT
from homeport.world.mail.store import MessageGone
from homeport.world.mail.uid_sets import select_uids
from homeport.world.row_store import StoreError
from homeport.world.world import World

PERSON = f"{WORLD}/mailboxes/{{login}}"
MAILBOX = f"{PERSON}/{{mailbox}}"
MESSAGES = f"{MAILBOX}/messages"
MESSAGE = f"{MESSAGES}/{{uid}}"
MAX_IMPORT_BYTES = 64 << 20
OPEN = object()
Result = TypeVar("Result")
Handler = Callable[[Farm, Request], Any]


def person_mailboxes(farm: Farm, request: Request) -> MailboxStates:
    world, account = _account(farm, request)
    shown = [show_mailbox(account, one) for one in (*account.mailboxes, world.mailboxes.everything)]
    used = account.usage
    return MailboxStates(
        shown, len(shown), used.size, account.quota_limit, used.messages, messages_limit=account.messages_limit
    )


def person_mailbox(farm: Farm, request: Request) -> MailboxState:
    _world, account, mailbox = _mailbox(farm, request)
    return show_mailbox(account, mailbox)


def put_mailbox(farm: Farm, request: Request) -> Any:
    world, account = _account(farm, request)
    name, body = request.parameters["mailbox"], request.body or MailboxBody()

    def change() -> MailboxState:
        if body.subscribed:
            account.subscribable(name)  # or a mailbox would have been created, and the request refused
        mailbox = account.find(name) or account.create(name, body.special_use)
        if body.subscribed is not None:
            (account.subscribe if body.subscribed else account.unsubscribe)(mailbox.name)
        return show_mailbox(account, mailbox)

    return _change(farm, world, change)


def delete_mailbox(farm: Farm, request: Request) -> Any:
    world, account = _account(farm, request)
    return _change(farm, world, lambda: account.delete(request.parameters["mailbox"]))


def rename_mailbox(farm: Farm, request: Request) -> Any:
    world, account, mailbox = _mailbox(farm, request)

    def change() -> MailboxState:
        account.rename(mailbox.name, request.body.to)
        return show_mailbox(account, account.find(request.body.to.removesuffix("/")) or mailbox)

    return _change(farm, world, change)


def renew_mailbox(farm: Farm, request: Request) -> Any:
    world, account, mailbox = _mailbox(farm, request)

    def change() -> MailboxState:
        account.renew(mailbox)
        return show_mailbox(account, mailbox)

    return _change(farm, world, change)


def mailbox_messages(farm: Farm, request: Request) -> Mapped:
    world, _account, mailbox = _mailbox(farm, request)
    query = request.query
    found = mailbox.entries
    if query.flag:
        wanted, absent = query.flag.removeprefix("-").lower(), query.flag.startswith("-")
        found = [one for one in found if (wanted in map(str.lower, one.flags)) is not absent]
    following = [one for one in found if one.uid > query.since]
    shown = following[: query.limit]
    more = shown[-1].uid if len(shown) < len(following) else None
    validity, total = mailbox.uid_validity, len(found)
    return Mapped(
        farm,
        partial(show_entry, world, mailbox),
        shown,
        lambda items: Entries(items, total, validity, more),
    )


def mailbox_message(farm: Farm, request: Request) -> OffReactor:
    world, _account, mailbox = _mailbox(farm, request)
    entry = _entry(mailbox, request)
    return OffReactor(farm, lambda: show_entry(world, mailbox, entry))


def mailbox_message_raw(farm: Farm, request: Request) -> OffReactor:
    world, _account, mailbox = _mailbox(farm, request)
    entry = _entry(mailbox, request)

    def read() -> Document:
        try:
            content = world.mailboxes.read(mailbox, entry)
        except MessageGone:
            raise ProblemError(HTTPStatus.NOT_FOUND, "the message was deleted meanwhile") from None
        except OSError as error:
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, f"the message cannot be read: {error}") from None
        return download(bytes(content), "message/rfc822", f"{mailbox.name.rpartition('/')[2]}-{entry.uid}.eml")

    return OffReactor(farm, read)


def add_messages(farm: Farm, request: Request) -> Import:
    world, account, mailbox = _mailbox(farm, request)
    date = None if request.query.date is None else unix_time(request.query.date, world.clock.now())
    zone = zone_of(request.query.date or 0)
    return Import(farm, world, account, mailbox, request.body, request.query.flags.split(), date, zone)


def flag_messages(farm: Farm, request: Request) -> Any:
    world, account, mailbox = _mailbox(farm, request)
    uids, body = _selected(mailbox, request.body.uids), request.body
    return _change(farm, world, lambda: Changed(account.store(mailbox, uids, body.how, body.flags)[0]))


def flag_message(farm: Farm, request: Request) -> Any:
    world, account, mailbox = _mailbox(farm, request)
    uid, body = _entry(mailbox, request).uid, request.body
    return _change(farm, world, lambda: Changed(account.store(mailbox, [uid], body.how, body.flags)[0]))


def move_messages(farm: Farm, request: Request) -> Any:
    _world, account = _account(farm, request)
    return _transfer(farm, request, account.move)


def copy_messages(farm: Farm, request: Request) -> Any:
    _world, account = _account(farm, request)
    return _transfer(farm, request, account.copy)


def expunge_messages(farm: Farm, request: Request) -> Any:
    world, account, mailbox = _mailbox(farm, request)
    uids = _selected(mailbox, request.query.uids)
    return _change(farm, world, lambda: Expunged(account.expunge(mailbox, uids)))


def expunge_message(farm: Farm, request: Request) -> Any:
    world, account, mailbox = _mailbox(farm, request)
    uid = _entry(mailbox, request).uid
    return _change(farm, world, lambda: Expunged(account.expunge(mailbox, [uid])))


def show_mailbox(account: Account, mailbox: Mailbox) -> MailboxState:
    """Show a mailbox."""
    return MailboxState(
        name=mailbox.name,
        id=mailbox.identifier,
        special_use=mailbox.special_use or None,
        subscribed=mailbox.name in account.subscriptions,
        messages=len(mailbox),
        unseen=mailbox.unseen,
        size=mailbox.size,
        uid_validity=mailbox.uid_validity,
        uid_next=mailbox.uid_next,
        highest_modseq=mailbox.highest_modseq,
        keywords=[*mailbox.keywords.values()],
    )


def show_entry(world: World, mailbox: Mailbox, entry: Entry) -> EntrySummary:
    """Show a message in a mailbox; in the thread pool, as it reads the message."""
    try:
        headers = parse_headers(world.mailboxes.read(mailbox, entry)[:HEADER_LIMIT])
    except (MessageGone, OSError):
        headers = []
    return EntrySummary(
        uid=entry.uid,
        message=entry.message,
        flags=sorted(entry.flags),
        size=entry.size,
        internal_date=shown_time(entry.internal),
        saved=shown_time(entry.saved),
        modseq=entry.modseq,
        sender=first_header(headers, "From"),
        subject=first_header(headers, "Subject"),
    )


def _transfer(
    farm: Farm, request: Request, transfer: Callable[[Mailbox, list[int], Mailbox], list[tuple[int, int]]]
) -> Any:
    world, account, mailbox = _mailbox(farm, request)
    target = _find(account, request.body.to)
    uids = _selected(mailbox, request.body.uids)

    def change() -> Transferred:
        pairs = transfer(mailbox, uids, target)
        return Transferred([old for old, _new in pairs], [new for _old, new in pairs], target.uid_validity)

    return _change(farm, world, change)


def _change(farm: Farm, world: World, change: Callable[[], Any]) -> Any:
    """Change mailboxes, and answer when that is durable. Raises: ProblemError."""
    try:
        answer = attempt(change)
    except MailboxProblem as problem:
        raise problem_of(problem) from None
    return when_stored(farm, world, answer)


def _account(farm: Farm, request: Request) -> tuple[World, Account]:
    world, login = world_of(farm, request).world, request.parameters["login"]
    try:
        return world, attempt(lambda: world.mailboxes.account(login))
    except KeyError:
        known = ", ".join(person.login for person in world.people)[:200] or "none"
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no person {login!r}; there are: {known}") from None


def _mailbox(farm: Farm, request: Request) -> tuple[World, Account, Mailbox]:
    world, account = _account(farm, request)
    return world, account, _find(account, request.parameters["mailbox"])


def _find(account: Account, name: str) -> Mailbox:
    mailbox = account.find(name)
    if mailbox is None:
        known = ", ".join(account.names())[:200]
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no mailbox {name!r}; there are: {known}, All")
    return mailbox


def _entry(mailbox: Mailbox, request: Request) -> Entry:
    uid = request.parameters["uid"]
    entry = mailbox.find(int(uid)) if uid.isdecimal() and len(uid) <= 10 else None
    if entry is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"{mailbox.name} has no message with the UID {uid}")
    return entry


def _selected(mailbox: Mailbox, uids: str) -> list[int]:
    try:
        return select_uids(uids, [entry.uid for entry in mailbox.entries])
    except ValueError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"uids: {error}") from None


def _operation(method: str, path: str, summary: str, *, handler: Handler, **details: Any) -> Operation:
    problems = () if method == "GET" else (NOT_DURABLE, HTTPStatus.CONFLICT)
    return Operation(method=method, path=path, summary=summary, problems=problems, handler=_opened(handler), **details)


def _opened(handler: Handler) -> Handler:
    """Return a handler that first opens the person's mailboxes, in slices if there is much mail."""

    def open_(farm: Farm, request: Request) -> Iterator[None]:
        shared = request.parameters.get("mailbox", EVERYTHING) == EVERYTHING
        try:
            yield from world_of(farm, request).world.mailboxes.opening(request.parameters["login"], shared=shared)
        except StoreError as error:
            raise ProblemError(NOT_DURABLE, str(error)) from None

    @wraps(handler)
    def handle(farm: Farm, request: Request) -> Any:
        opening = open_(farm, request)
        if next(opening, OPEN) is OPEN:
            return handler(farm, request)

        def steps() -> Generator[None, None, Any]:
            yield from opening
            return handler(farm, request)

        return Steps(farm, steps())

    return handle


OPERATIONS = (
    _operation(
        "GET",
        PERSON,
        "List the mailboxes of a person",
        handler=person_mailboxes,
        cli="homeport mailbox list {login}",
        python="homeport.imap.mailboxes({login})",
        answer=MailboxStates,
    ),
    _operation("GET", MAILBOX, "Get a mailbox", handler=person_mailbox, answer=MailboxState),
    _operation(
        "PUT",
        MAILBOX,
        "Create a mailbox, or change its subscription",
        handler=put_mailbox,
        cli="homeport mailbox create {login} {mailbox}",
        body=MailboxBody,
        answer=MailboxState,
        description="One that exists stays as it is.",
    ),
    _operation(
        "DELETE",
        MAILBOX,
        "Delete a mailbox",
        handler=delete_mailbox,
        cli="homeport mailbox delete {login} {mailbox}",
        answer=None,
        status=HTTPStatus.NO_CONTENT,
        description="Mailboxes below it stay, and so do captured messages.",
    ),
    _operation(
        "POST",
        f"{MAILBOX}/rename",
        "Rename a mailbox",
        handler=rename_mailbox,
        cli="homeport mailbox rename {login} {mailbox} {to}",
        body=MailboxName,
        answer=MailboxState,
        description="INBOX stays, and its messages move to a new mailbox.",
    ),
    _operation(
        "POST",
        f"{MAILBOX}/renew",
        "Raise the UIDVALIDITY of a mailbox",
        handler=renew_mailbox,
        cli="homeport mailbox renew {login} {mailbox}",
        answer=MailboxState,
        description="A client that has remembered UIDs must forget them (RFC 9051 2.3.1.1).",
    ),
    _operation(
        "GET",
        MESSAGES,
        "List the messages of a mailbox",
        handler=mailbox_messages,
        cli="homeport mailbox show {login} {mailbox}",
        query=EntriesQuery,
        answer=Entries,
    ),
    _operation(
        "PUT",
        MESSAGES,
        "Add messages to a mailbox: an .eml file, or an mbox",
        handler=add_messages,
        cli="homeport mailbox add {login} {mailbox} FILE",
        octets=True,
        max_body_bytes=MAX_IMPORT_BYTES,
        query=AddQuery,
        answer=Added,
        description="A body that begins with `From ` is an mbox, of which every message is added, with the flags and "
        "dates that it has. They are not among the captured messages. All of them are added, or none.",
    ),
    _operation(
        "PATCH",
        MESSAGES,
        "Change flags of messages",
        handler=flag_messages,
        cli="homeport mailbox flag {login} {mailbox} {uids} {flags}",
        body=FlagChanges,
        answer=Changed,
    ),
    _operation(
        "DELETE",
        MESSAGES,
        "Remove messages from a mailbox, or all of them",
        handler=expunge_messages,
        cli="homeport mailbox expunge {login} {mailbox} {uids}",
        query=ExpungeQuery,
        answer=Expunged,
        description="Whether they have the flag \\Deleted or not. The captured messages stay.",
    ),
    _operation(
        "POST",
        f"{MESSAGES}/move",
        "Move messages to another mailbox",
        handler=move_messages,
        cli="homeport mailbox move {login} {mailbox} {uids} {to}",
        body=Transfer,
        answer=Transferred,
    ),
    _operation(
        "POST",
        f"{MESSAGES}/copy",
        "Copy messages to another mailbox",
        handler=copy_messages,
        body=Transfer,
        answer=Transferred,
    ),
    _operation("GET", MESSAGE, "Get a message of a mailbox", handler=mailbox_message, answer=EntrySummary),
    _operation(
        "GET",
        f"{MESSAGE}/raw",
        "Get a message as IMAP and POP3 return it",
        handler=mailbox_message_raw,
        answer=str,
        media_type="message/rfc822",
        description="A delivered message begins with the lines Return-Path and Received of its delivery.",
    ),
    _operation(
        "PATCH",
        MESSAGE,
        "Change flags of a message",
        handler=flag_message,
        body=FlagChange,
        answer=Changed,
    ),
    _operation(
        "DELETE",
        MESSAGE,
        "Remove a message from a mailbox",
        handler=expunge_message,
        answer=Expunged,
        description="The captured message stays.",
    ),
)
