"""Fixtures for tests of IMAP."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from services.imap.reader import Reader

from homeport.world.world import World


@pytest.fixture
def reader(world: World) -> Callable[..., Reader]:
    """Log in to a world: `reader("QRESYNC")` enables that.

    quota: bytes of a person's mailboxes. Other options are those of the service.
    """

    def make(*enabled: str, quota: int = 0, **options: Any) -> Reader:
        if quota:
            world.mail.configure(msgspec.structs.replace(world.mail.contents, mailbox_size=quota))
        return Reader(world, *enabled, **options)

    return make
