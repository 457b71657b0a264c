"""Registrars at a registry's desk: run flows directly, commit as a session does, on a frozen clock.

desk.do("harbour", contact.Info(id="HM-1"))                    the Outcome, its frame validated by the schemas
desk.refused("lighthouse", contact.Delete(id="HM-1"))          the code and the reason of a refusal
desk.frame("harbour", "<check>...</check>")                    the same from XML: the code of the answer, the Outcome
"""

import os
from functools import cache
from pathlib import Path
from typing import Any

from homeport.services.epp import grammar
from homeport.services.epp.extensions import run_flow
from homeport.services.epp.flow import DECLARED, FLOWS, EppError, Outcome, Request
from homeport.services.epp.flows import load
from homeport.services.epp.grammar import contact, domain, epp, host, rgp, secdns
from homeport.services.epp.options import EppOptions
from homeport.services.epp.unhandled import handled
from homeport.world.clock import Clock
from homeport.world.registry import Registry, RegistryContents
from homeport.world.seed_registry import REGISTRY

NOW = 1_792_000_000.0
"""2026-10-14T17:46:40Z"""
NAMESPACES = frozenset(one.NAMESPACE for one in (contact, domain, host, rgp, secdns))
DAY = 86_400.0
WITHOUT_SCHEMA = frozenset(f"urn:ietf:params:xml:ns:fee-0.{draft}" for draft in (7, 8, 9, 11))
"""Namespaces of which the official schemas have none: drafts."""


class Desk:
    """A registry, and registrars that send it commands."""

    def __init__(self, contents: RegistryContents = REGISTRY, **options: Any) -> None:
        load()
        self.clock = Clock(lambda: NOW)
        self.registry = Registry(contents, self.clock)
        self.options = EppOptions(**options)
        self.language = "en"
        self.services = NAMESPACES
        self.count = 0

    def request(self, who: str, command: Any, op: str = "", extensions: tuple[Any, ...] = ()) -> Request[Any]:
        """Return the request that a flow gets."""
        registrar = self.registry.registrar(who)
        assert registrar is not None
        self.count += 1
        return Request(
            registry=self.registry,
            registrar=registrar,
            command=command,
            op=op,
            extensions=extensions,
            now=self.clock.now(),
            options=self.options,
            services=self.services,
            language=self.language,
            cl_trid=f"{who}-{self.count}",
            sv_trid=f"SV-{self.count}",
        )

    def do(self, who: str, command: Any, op: str = "", extensions: tuple[Any, ...] = ()) -> Outcome:
        """Carry out a command. Raises: EppError; then nothing has changed."""
        request = self.request(who, command, op, extensions)
        before = self.registry.snapshot()
        try:
            outcome = run_flow(request, FLOWS[type(command)])
        except EppError as error:
            assert self.registry.snapshot() == before, "a refused command has changed something"
            self.declared(command, [one.finding for one in (error, *error.also) if one.finding])
            raise
        self.declared(command, [finding for finding, _shown in request.findings])
        if request.begun is not None:
            self.registry.commit(request.begun)
        outcome = handled(outcome, self.services)
        self.shown(outcome, request)
        return outcome

    @staticmethod
    def declared(command: Any, findings: list[str]) -> None:
        """Assert that a flow declares the findings it reported."""
        assert DECLARED[type(command)].findings.issuperset(findings), (type(command), findings)

    def refused(self, who: str, command: Any, op: str = "") -> tuple[int, str]:
        """Assert that a command is refused. Returns: its code and reason."""
        try:
            outcome = self.do(who, command, op)
        except EppError as error:
            return error.code, error.reason
        raise AssertionError(f"it was not refused: {outcome}")

    def frame(self, who: str, xml: str) -> tuple[int, Outcome | None]:
        """Send the content of <command>. Returns: the code of the answer, and the outcome of a success."""
        data = f'<epp xmlns="{epp.NAMESPACE}"><command>{xml}<clTRID>ABC-1</clTRID></command></epp>'.encode()
        try:
            command = grammar.read(data)
        except grammar.Malformed as malformed:
            return malformed.problems[0].code, None
        assert isinstance(command, epp.Command)
        operation = command.operation
        extensions = command.extension
        try:
            outcome = self.do(who, getattr(operation, "object", operation), getattr(operation, "op", ""), extensions)
        except EppError as error:
            return error.code, None
        return outcome.code, outcome

    def shown(self, outcome: Outcome, request: Request[Any]) -> bytes:
        """Return the answering frame, validated by the schemas."""
        response = epp.Response(
            result=(epp.Result(code=outcome.code, msg=epp.Message(value="Done")),),
            msg_q=outcome.queue,
            res_data=(outcome.data,) if outcome.data is not None else (),
            extension=outcome.extensions,
            tr_id=epp.TransactionIds(cl_trid=request.cl_trid, sv_trid=request.sv_trid),
        )
        data = grammar.write(response)
        check(data)
        return data


def check(data: bytes) -> None:
    """Validate a frame by the official schemas, where available; extensions without a schema are left out."""
    schema = _schema()
    if schema is not None:
        from lxml import etree

        root = etree.fromstring(data)
        for extension in root.iter(f"{{{epp.NAMESPACE}}}extension"):
            for element in extension:
                if etree.QName(element).namespace in WITHOUT_SCHEMA:
                    extension.remove(element)
            if not len(extension):
                extension.getparent().remove(extension)
        schema.assertValid(root)


@cache
def _schema() -> Any:
    folder = Path(os.environ.get("HOMEPORT_EPP_REFERENCE", ""), "epp-schemas", "all.xsd")
    if not os.environ.get("HOMEPORT_EPP_REFERENCE") or not folder.exists():
        return None
    from lxml import etree

    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
    return etree.XMLSchema(etree.parse(str(folder), parser))
