"""The findings about messages."""

from homeport.protocol.rules import Level
from homeport.world.findings import Finding
from homeport.world.journal import timestamp
from homeport.world.mail.message import Message
from homeport.world.world import World

LEVELS: tuple[Level, ...] = ("advice", "should", "must")
"""Levels of findings, the most severe last."""


class MessageFindings:
    """The findings of a world by connection. They are collected again only if there are new ones; in any thread."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_conn: tuple[int, dict[str, list[Finding]]] = (-1, {})

    def about(self, message: Message) -> list[Finding]:
        """Return the findings of a message's transaction, and those of its session before the message was accepted."""
        if not message.envelope.conn:
            return []
        total = self._world.findings.total
        if self._by_conn[0] != total:
            by_conn: dict[str, list[Finding]] = {}
            for one in self._world.findings:
                if one.conn:
                    by_conn.setdefault(one.conn, []).append(one)
            self._by_conn = total, by_conn
        return [one for one in self._by_conn[1].get(message.envelope.conn, ()) if _is_about(one, message)]


def _is_about(finding: Finding, message: Message) -> bool:
    """Return True for a finding of a message's transaction, or of its session before the message was accepted."""
    if finding.transaction is None:
        return finding.time <= timestamp(message.time)
    return finding.transaction == message.envelope.transaction
