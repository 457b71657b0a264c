"""Each registrar of a desk by itself, with short methods for commands on domains."""

from collections.abc import Sequence
from typing import Any

import pytest
from services.epp.desk import DAY, Desk

from homeport.services.epp.flow import EppError, Outcome
from homeport.services.epp.grammar import domain, rgp
from homeport.services.epp.grammar.eppcom import Password
from homeport.world.registry import ZONES, Contact, Host, PostalInfo, Registrar, RegistryContents, Zone

POSTAL = PostalInfo(name="Alice Liddell", city="Port Meridian", country="GB")


def make_desk(zones: Sequence[Zone] = ZONES) -> Desk:
    """Three registrars, four contacts, two hosts outside of the zones, no domain."""
    return Desk(
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
        )
    )


class Clerk:
    """A registrar at a desk. `does` returns the outcome, `refused` the error; each command is a transaction."""

    def __init__(self, desk: Desk, name: str) -> None:
        self.desk = desk
        self.registry = desk.registry
        self.name = name

    def does(self, command: Any, *elements: Any, op: str = "") -> Outcome:
        """Carry out a command and return its outcome. Raises: EppError; the desk asserts that nothing has changed."""
        return self.desk.do(self.name, command, op, elements)

    def refused(self, command: Any, *elements: Any, op: str = "") -> EppError:
        """Return the error of a refused command; its reason must name a rule."""
        with pytest.raises(EppError) as refusal:
            self.does(command, *elements, op=op)
        assert "RFC" in refusal.value.reason
        return refusal.value

    def code(self, command: Any, *elements: Any, op: str = "") -> int:
        """Return the result code of a command."""
        try:
            return self.does(command, *elements, op=op).code
        except EppError as error:
            return error.code

    def info(self, name: str, **fields: Any) -> domain.InfData:
        """Return a domain's info."""
        data = self.does(domain.Info(name=domain.InfoName(value=name), **fields)).data
        assert isinstance(data, domain.InfData)
        return data

    def statuses(self, name: str) -> list[str]:
        """Return the statuses that info shows."""
        return [one.s for one in self.info(name).status]

    def rgp(self, name: str) -> list[str]:
        """Return the grace periods that info shows."""
        return [
            one.s
            for element in self.does(domain.Info(name=domain.InfoName(value=name))).extensions
            if isinstance(element, rgp.InfData)
            for one in element.rgp_status
        ]

    def messages(self) -> list[str]:
        """Return the keys of the queued messages."""
        return [message.text for message in self.registry.messages.of(self.name)]


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
