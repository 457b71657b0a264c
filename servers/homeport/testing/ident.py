"""Ident in tests: the port that servers ask for the owners of connections, and their queries."""

from typing import ClassVar

from homeport.testing.text import Query


class Ident(Query):
    """Ident; a query is a pair of ports, `ident.wait_for("6193, 23")`.

    Owners are set by its options: `config={"ident": {"owners": {"6667": "alice"}}}`.
    """

    schemes: ClassVar = {"tcp": "ident"}
