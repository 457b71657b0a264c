"""JSON of the API's lists in pieces, each of which takes a bounded time to serialize."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

import msgspec

from homeport.config.quantities import encode
from homeport.control.farm import Farm
from homeport.control.rendering import render_event
from homeport.control.slices import STEP_COST, Body
from homeport.world.journal import Entry, Journal, bytes_fields, printable

Item = TypeVar("Item")

MAX_RENDERED = 24
"""Events, or other items, that are rendered in one step."""
CUT = 24 << 10
"""Bytes of an event's data that are rendered in one step; a multiple of 3, so that pieces of base64 can be joined."""


def serialize(value: Any) -> bytes:
    """Serialize a value as the API does."""
    return msgspec.json.encode(value, enc_hook=encode)


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield the items in lists of this size; the last one may be shorter."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


class Continued(bytes):
    """More of an item whose first piece was the end of the batch before."""


Batches = Iterable[list[bytes] | Continued]
"""Serialized items of a list. Each batch takes a bounded time to produce, and may be empty."""


def list_pieces(name: str, batches: Batches, rest: Callable[[], dict[str, Any]]) -> Iterator[bytes]:
    """Yield an object that begins with a list.

    name: of the list's field. rest: returns the fields after it, when all batches are taken.
    """
    yield b'{"%s":' % name.encode()
    yield from array_pieces(batches)
    yield b"," + serialize(rest())[1:]


def whole_list(farm: Farm, items: Iterable[Item], show: Callable[[Item], Any], size: int = 24) -> Body:
    """Return the body of a list without pages. show: returns an item as the API shows it. size: items of one step."""
    taken = list(items)
    batches = ([serialize(show(one)) for one in some] for some in batched(taken, size))
    return Body(farm, list_pieces("items", batches, lambda: {"total": len(taken), "next": None}))


def array_pieces(batches: Batches) -> Iterator[bytes]:
    """Yield an array; one piece for each batch, empty for an empty one."""
    yield b"["
    comma = b""
    for batch in batches:
        if isinstance(batch, Continued):
            yield batch
            continue
        piece = b",".join(batch)
        yield comma + piece if piece else b""
        comma = comma or (b"," if piece else b"")
    yield b"]"


def event_batches(
    journal: Journal, entries: Iterable[tuple[int, Entry]], max_bytes: int | None = None
) -> Iterator[list[bytes] | Continued]:
    """Yield events as batches of a list. max_bytes: as in `Journal.render`."""
    return gathered(event_pieces(journal, seq, entry, max_bytes) for seq, entry in entries)


def gathered(items: Iterable[Iterable[bytes]]) -> Iterator[list[bytes] | Continued]:
    """Yield items, each in one or several pieces, as batches of a list."""
    batch: list[bytes] = []
    size = 0
    for pieces in items:
        first, *more = islice(pieces, 2)
        batch.append(first)
        size += len(first)
        if more or len(batch) == MAX_RENDERED or size > STEP_COST:
            yield batch
            batch, size = [], 0
            yield from map(Continued, more)
            if more:
                yield from map(Continued, pieces)
    yield batch


def event_pieces(journal: Journal, seq: int, entry: Entry, max_bytes: int | None = None) -> Iterator[bytes]:
    """Yield an event as JSON; one piece, unless it has a lot of data. max_bytes: as in `Journal.render`."""
    if max_bytes is not None or entry.cost <= STEP_COST or entry.type not in ("in", "out"):
        yield serialize(render_event(journal, seq, entry, max_bytes))
        return
    data, size = entry.data
    fields = journal.render(seq, msgspec.structs.replace(entry, content=(b"", size)))
    del fields["bytes"], fields["text"]
    yield from data_pieces(fields, data)


def data_pieces(fields: dict[str, Any], data: bytes) -> Iterator[bytes]:
    """Yield an object with fields and, at its end, `bytes` and `text` of data; one piece if there is little."""
    if len(data) <= CUT:
        yield serialize(fields | bytes_fields(data))
        return
    yield serialize(fields)[:-1] + b',"bytes":"'
    for at in range(0, len(data), CUT):
        yield b64encode(data[at : at + CUT])
    yield b'","text":"'
    for at in range(0, len(data), CUT):
        yield serialize(printable(data[at : at + CUT]))[1:-1]
    yield b'"}'
