"""Registrars at their desks: each sends typed commands to one registry, as sessions do, and reads what comes of it."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from homeport.services.epp import extensions, flows
from homeport.services.epp.flow import FLOWS, EppError, Outcome, Request
from homeport.services.epp.grammar import contact, domain, host, rgp, secdns
from homeport.services.epp.grammar.eppcom import Password
from homeport.world.clock import Clock
from homeport.world.registry import (
    ZONES,
    Contact,
    Host,
    PostalInfo,
    Registrar,
    Registry,
    RegistryContents,
    Zone,
)

NOW = 1_792_000_000.0
"""2026-10-14T17:46:40Z."""
DAY = 86_400.0
SERVICES = frozenset((contact.NAMESPACE, domain.NAMESPACE, host.NAMESPACE, rgp.NAMESPACE, secdns.NAMESPACE))
POSTAL = PostalInfo(name="Alice Liddell", city="Port Meridian", country="GB")


class Desk:
    """One registrar. `does` answers the outcome, `refused` the error; each command is a transaction."""

    def __init__(self, registry: Registry, name: str, services: Iterable[str] = SERVICES) -> None:
        self.registry = registry
        self.id = name
        self.services = frozenset(services)

    def request(self, command: Any, *elements: Any, op: str = "") -> Request[Any]:
        return Request(
            registry=self.registry,
            registrar=self.registry.registrar(self.id),
            command=command,
            now=self.registry.now(),
            options=None,
            op=op,
            extensions=elements,
            services=self.services,
            cl_trid="ABC-12345",
            sv_trid="HP-1",
        )

    def does(self, command: Any, *elements: Any, op: str = "") -> Outcome:
        """The outcome. Raises: EppError."""
        flows.load()
        request = self.request(command, *elements, op=op)
        extensions.check_placed(request)
        outcome = FLOWS[type(command)](request)
        if request.begun is not None:
            self.registry.commit(request.begun)
        return outcome

    def refused(self, command: Any, *elements: Any, op: str = "") -> EppError:
        """The error that the command is refused with; it has changed nothing."""
        before = self.registry.snapshot()
        with pytest.raises(EppError) as refusal:
            self.does(command, *elements, op=op)
        assert refusal.value.reason
        assert self.registry.snapshot() == before, "a command that failed has changed something (RFC 5730 2)"
        return refusal.value

    def code(self, command: Any, *elements: Any, op: str = "") -> int:
        """The result code, whichever it is."""
        try:
            return self.does(command, *elements, op=op).code
        except EppError as error:
            return error.code

    def info(self, name: str, **fields: Any) -> domain.InfData:
        """What info answers."""
        data = self.does(domain.Info(name=domain.InfoName(value=name), **fields)).data
        assert isinstance(data, domain.InfData)
        return data

    def statuses(self, name: str) -> list[str]:
        """The statuses that info shows."""
        return [one.s for one in self.info(name).status]

    def rgp(self, name: str) -> list[str]:
        """The grace periods that info shows."""
        return [
            one.s
            for element in self.does(domain.Info(name=domain.InfoName(value=name))).extensions
            if isinstance(element, rgp.InfData)
            for one in element.rgp_status
        ]

    def messages(self) -> list[str]:
        """The keys of what is in the poll queue."""
        return [message.text for message in self.registry.messages.of(self.id)]


def auth(password: str = "2fooBAR", roid: str | None = None) -> domain.AuthInfo:
    return domain.AuthInfo(pw=Password(value=password, roid=roid))


def create(name: str, years: int | None = None, **fields: Any) -> domain.Create:
    period = None if years is None else domain.Period(unit="y", value=years)
    return domain.Create(name=name, period=period, **({"auth_info": auth()} | fields))


def update(name: str, **fields: Any) -> domain.Update:
    return domain.Update(name=name, **fields)


def statuses(*given: Any) -> domain.AddRem:
    return domain.AddRem(status=tuple(domain.Status(s=one) for one in given))


def servers(*names: str) -> domain.AddRem:
    return domain.AddRem(ns=domain.Ns(host_obj=names))


def make_registry(zones: Sequence[Zone] = ZONES, now: float = NOW) -> Registry:
    """Three registrars, four contacts, two hosts outside of the zones; time stands still until it is moved."""
    clock = Clock(lambda: now)
    return Registry(
        RegistryContents(
            zones=zones,
            registrars=[Registrar(id=name, name=name) for name in ("harbour", "lighthouse", "pilot")],
            contacts=[
                Contact(id=f"sh801{n}", roid=f"C{n}-HOMEPORT", registrar="harbour", postal=POSTAL, created=-DAY)
                for n in range(1, 5)
            ],
            hosts=[
                Host(name=f"ns{n}.outside.net", roid=f"H{n}-HOMEPORT", registrar="harbour", created=-DAY)
                for n in range(1, 3)
            ],
        ),
        clock,
    )
