"""LDIF into a world's directory over the API, as an administrator of LDAP adds it."""

from collections.abc import Generator
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from homeport.control.directory import DIRECTORY
from homeport.control.durable import NOT_DURABLE, attempt, when_directory_stored
from homeport.control.farm import Farm
from homeport.control.operation import Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import Steps
from homeport.world.world import World

MAX_IMPORT_BYTES = 64 << 20


class Imported(msgspec.Struct, frozen=True):
    meaning = "What the records of an LDIF did."

    added: Annotated[int, Meta(description="entries that are new")] = 0
    modified: int = 0
    deleted: int = 0
    renamed: int = 0


def put_ldif(farm: Farm, request: Request) -> Steps:
    return Steps(farm, _import(farm, world_of(farm, request).world, request.body))


def _import(farm: Farm, world: World, body: bytes) -> Generator[None, None, Any]:
    """Carry the records out, one in a step; return the answer, which waits until the last one is durable."""
    from homeport.world.directory.change_requests import ADMINISTRATOR
    from homeport.world.directory.ldif import LdifProblem
    from homeport.world.directory.ldif_changes import read_changes
    from homeport.world.directory.results import DirectoryError

    yield from world.directory.opening()
    changes = world.directory.changes
    counts: dict[str, int] = {}
    try:
        for record in read_changes(body.decode("utf-8-sig")):
            try:
                did = attempt(lambda record=record: record.apply(changes, ADMINISTRATOR))  # type: ignore[misc]
            except DirectoryError as error:
                text = f"line {record.line}: {record.dn}: {error.text} ({error.code.text}, {int(error.code)})"
                raise ProblemError(HTTPStatus.CONFLICT, f"{text}; {_so_far(counts)}") from None
            counts[did] = counts.get(did, 0) + 1
            yield
    except LdifProblem as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"{error}; {_so_far(counts)}") from None
    except UnicodeDecodeError:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"the text is no UTF-8; {_so_far(counts)}") from None
    return when_directory_stored(farm, world, Imported(**counts))


def _so_far(counts: dict[str, int]) -> str:
    """Return what was done before an error, for people."""
    done = ", ".join(f"{count} {did}" for did, count in counts.items())
    return f"the records before it were carried out: {done}" if done else "nothing was changed"


OPERATIONS = (
    Operation(
        method="PUT",
        path=f"{DIRECTORY}/ldif",
        summary="Add LDIF to a world's directory",
        description="Carry the records out one after another: entries are added, and records with a `changetype` "
        "modify, delete or rename (RFC 2849). It ends at the first one that fails; those before it stay.",
        handler=put_ldif,
        cli="homeport ldif --add FILE",
        python="homeport.ldap.add_ldif('dn: cn=x,dc=homeport,dc=test ...')",
        octets=True,
        max_body_bytes=MAX_IMPORT_BYTES,
        answer=Imported,
        problems=(HTTPStatus.CONFLICT, NOT_DURABLE),
    ),
)
