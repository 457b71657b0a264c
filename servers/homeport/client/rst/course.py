"""A case while it runs: its sessions, its issues, and the objects that it needs."""

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

import msgspec

from homeport.client.rst import frames
from homeport.client.rst.link import Answer, Link, LinkError, UnparsableError, context_for, resolved
from homeport.client.rst.parameters import Credentials, Parameters
from homeport.client.rst.schemas import Validator
from homeport.client.rst.tables import Row, Tables, drawn

PREFIX = "rst-"
PAUSE = 2.0
"""Seconds between two looks at an object that is to change."""
GENERIC = 2400


class Issue(msgspec.Struct, frozen=True):
    """Something that the server did wrong. code: as RST has it; severity: WARNING, ERROR or CRITICAL."""

    code: str
    severity: str
    message: str


class Skipped(Exception):
    """The case does not apply to this registry; the message says why."""


class Aborted(Exception):
    """The case cannot go on; its issue is recorded."""


class Session:
    """A registrar that is logged in."""

    def __init__(self, course: "Course", link: Link, who: Credentials) -> None:
        self._course = course
        self._link = link
        self.who = who

    def offers(self, uri: str) -> bool:
        """True if the greeting has an extension."""
        return uri in self._link.greeting.texts("extURI")

    def ask(self, inside: str, extension: str = "") -> Answer:
        """Send a command and return its answer; what is wrong with the answer itself is an issue. Raises: Aborted."""
        return self._course.exchange(self._link, inside, extension)

    def info(self, kind: str, name: str, password: str | None = None) -> Answer:
        """Ask for an object."""
        key = "id" if kind == "contact" else "name"
        given = "" if password is None else frames.authinfo(password)
        return self.ask(frames.of_object("info", kind, frames.element(key, name) + given))

    def delete(self, kind: str, name: str) -> Answer:
        """Delete an object."""
        key = "id" if kind == "contact" else "name"
        return self.ask(frames.of_object("delete", kind, frames.element(key, name)))

    def check(self, kind: str, *names: str) -> Answer:
        """Ask which names are available."""
        key = "id" if kind == "contact" else "name"
        return self.ask(frames.of_object("check", kind, "".join(frames.element(key, name) for name in names)))


class Course:
    """One case of a run."""

    def __init__(self, case: str, parameters: Parameters, tables: Tables, chance: Random, validator: Validator) -> None:
        self.case = case
        self.parameters = parameters
        self.issues: list[Issue] = []
        self.commands = 0
        """Number of commands sent."""
        self._tables = tables
        self._chance = chance
        self._validator = validator
        self._links: list[Link] = []
        self._contacts: dict[str, str] = {}
        self._servers: dict[str, tuple[str, ...]] = {}

    # Issues.

    def issue(self, code: str, message: str) -> None:
        """Record an issue, once."""
        one = Issue(code, self._tables.severities.get(code, "ERROR"), message)
        if one not in self.issues:
            self.issues.append(one)

    def must_pass(self, answer: Answer, code: str, about: str) -> bool:
        """Record an issue if the server refused a command. Return whether it accepted it."""
        if not answer.done:
            self.issue(code, f"{about}: refused: {answer.reason}")
        return answer.done

    def must_fail(self, answer: Answer, code: str, about: str) -> bool:
        """Record an issue if the server accepted a command. Return whether it refused it."""
        if answer.done:
            self.issue(code, f"{about}: accepted with {answer.code}")
        return not answer.done

    def judge(self, row: Mapping[str, str], answer: Answer, about: str) -> bool:
        """Record the issue of a vector if the server decided otherwise. Return whether it accepted the command."""
        demanded = self.must_pass if row["passOrFail"] == "pass" else self.must_fail
        demanded(answer, row["errorCode"], about)
        return answer.done

    def needed(self, answer: Answer, about: str, code: str = "EPP_UNEXPECTED_COMMAND_FAILURE") -> Answer:
        """Return the answer to a command without which the case cannot go on. Raises: Aborted."""
        if not self.must_pass(answer, code, about):
            raise Aborted
        return answer

    # Connections.

    def addresses(self) -> list[str]:
        """Return the server's addresses. Raises: Aborted."""
        import socket

        given = self.parameters
        found = list(given.addresses) or [
            one for family in (socket.AF_INET, socket.AF_INET6) for one in resolved(given.host, given.port, family)
        ]
        if not found:
            self.issue("EPP_DNS_RESOLUTION_ERROR", f"{given.host} has no address")
            raise Aborted
        return found

    def context(self, who: Credentials | None) -> ssl.SSLContext:
        """Return a TLS context with a registrar's certificate; with none if it has none, or there is no registrar."""
        certificate = (who.certificate, who.key or who.certificate) if who is not None and who.certificate else None
        return context_for(self.parameters.authority, certificate)

    def connect(self, address: str = "", context: ssl.SSLContext | None = None) -> Link:
        """Connect to an address, or to the first that answers. Raises: Aborted."""
        failures = []
        for one in [address] if address else self.addresses():
            try:
                link = Link((one, self.parameters.port), self.parameters.host, context or self.context(None))
            except LinkError as error:
                failures.append(str(error))
            except UnparsableError as error:
                self.issue("EPP_XML_PARSE_ERROR", f"greeting: {error}")
                raise Aborted from None
            else:
                self._links.append(link)
                self._validate(link.greeting, "greeting")
                return link
        for failure in failures:
            self.issue("EPP_TLS_CONNECTION_ERROR" if "TLS" in failure else "EPP_SERVICE_PORT_UNREACHABLE", failure)
        self.issue("EPP_NO_SERVICE_PORTS_REACHABLE", f"no address of {self.parameters.host} can be used")
        raise Aborted

    def registrar(self, number: int) -> Credentials:
        """Return the first or the second registrar."""
        return self.parameters.clid01 if number == 1 else self.parameters.clid02

    def session(self, number: int = 1, address: str = "") -> Session:
        """Log a registrar in. Raises: Aborted."""
        who = self.registrar(number)
        link = self.connect(address, self.context(who))
        answer = self.log_in(link, who)
        if answer.code != 1000:
            self.issue("EPP_LOGIN_ERROR", f"{who.id}: {answer.reason}")
            raise Aborted
        return Session(self, link, who)

    def log_in(self, link: Link, who: Credentials) -> Answer:
        """Send a login with all that the greeting offers. Raises: Aborted."""
        objects, extensions = link.greeting.texts("objURI"), link.greeting.texts("extURI")
        return self.exchange(link, *frames.login(who.id, who.password, objects, extensions))

    def exchange(self, link: Link, inside: str, extension: str = "") -> Answer:
        """Send a command and return its answer; what is wrong with the answer itself is an issue. Raises: Aborted."""
        self.commands += 1
        transaction = f"RST-{self.case}-{self.commands}"
        try:
            answer = link.ask(frames.command(inside, extension, transaction))
        except LinkError as error:
            self.issue("EPP_TLS_CONNECTION_ERROR", f"{transaction}: {error}")
            raise Aborted from None
        except UnparsableError as error:
            self.issue("EPP_XML_PARSE_ERROR", f"{transaction}: {error}")
            raise Aborted from None
        self._validate(answer, transaction)
        if answer.code == GENERIC:
            self.issue("EPP_GENERIC_COMMAND_ERROR", f"{transaction}: {answer.reason}")
        return answer

    def _validate(self, answer: Answer, about: str) -> None:
        for problem in self._validator.problems(answer):
            self.issue("EPP_SCHEMA_VALIDATION_ERROR", f"{about}: {problem}")

    def close(self) -> None:
        """Log out and close all connections; the servers' answers do not count."""
        for link in self._links:
            try:
                link.send(frames.command("<logout/>"))
                link.read()
            except LinkError:
                pass
            link.close()

    # Values.

    def letters(self, count: int = 12) -> str:
        """Return random letters."""
        return drawn("RANDCHARS", count, self._chance)

    def secret(self) -> str:
        """Return a password of 128 bits and more (RFC 9154 4.1)."""
        marks = "ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789"
        return "".join(self._chance.choices(marks, k=28)) + "-7aZ"

    def rows(self, name: str, **names: str) -> Iterator[Row]:
        """Yield the rows of a table of vectors."""
        known = {
            "$TLD": self.parameters.tlds[0],
            "$RESERVEDNAME": self.parameters.registered_names[0],
            "$PREFIX": PREFIX,
            **{f"${key}": value for key, value in names.items()},
        }
        return self._tables.rows(name, known, self.auto, self._chance)

    def auto(self, column: str) -> str:
        """Return a valid value for a column of a table."""
        made: dict[str, Callable[[], str]] = {
            "id": lambda: PREFIX + self.letters(10),
            "postalInfoType": lambda: "int",
            "name": lambda: f"Rita {self.letters(8).capitalize()}",
            "org": lambda: f"{self.letters(8).capitalize()} Ltd.",
            "street1": lambda: f"{self._chance.randint(1, 999)} {self.letters(8).capitalize()} Way",
            "city": lambda: self.letters(9).capitalize(),
            "sp": lambda: "CA",
            "pc": lambda: str(self._chance.randint(10000, 99999)),
            "cc": lambda: self._chance.choice(("US", "DE", "FR", "JP", "BR")),
            "voice": lambda: f"+1.310{self._chance.randint(1000000, 9999999)}",
            "fax": lambda: f"+1.310{self._chance.randint(1000000, 9999999)}",
            "email": lambda: f"{self.letters(10)}@example.com",
            "authInfo": self.secret,
            "keyTag": lambda: str(self._chance.randint(0, 65535)),
        }
        return made.get(column, lambda: str(self._chance.randint(1, 999)))()

    # Objects.

    def contact_row(self) -> Row:
        """Return the values of a valid contact."""
        columns = ("id", "postalInfoType", "name", "org", "street1", "city", "sp", "pc", "cc", "voice", "voiceExt",
                   "fax", "faxExt", "email", "authInfo")  # fmt: skip
        return {column: self.auto(column) for column in columns} | {"street2": "", "street3": ""}

    def new_contact(self, session: Session) -> Row:
        """Create a contact. Raises: Aborted."""
        row = self.contact_row()
        self.needed(session.ask(frames.contact_create(row)), f"create contact {row['id']}")
        return row

    def contact(self, session: Session) -> str:
        """Return a contact of the session's registrar, the same in all of the case. Raises: Aborted."""
        if session.who.id not in self._contacts:
            self._contacts[session.who.id] = self.new_contact(session)["id"]
        return self._contacts[session.who.id]

    def new_host(self, session: Session, name: str = "", *addresses: tuple[str, str]) -> str:
        """Create a host; without a name an external one. Raises: Aborted."""
        name = name or f"ns1.{self.case}.rst.{self.letters(18)}.icann"
        inside = frames.element("name", name) + "".join(frames.address(*one) for one in addresses)
        self.needed(session.ask(frames.of_object("create", "host", inside)), f"create host {name}")
        return name

    def servers(self, session: Session) -> tuple[str, ...]:
        """Return two external name servers for domains, created where hosts are objects. Raises: Aborted."""
        if session.who.id not in self._servers:
            names = tuple(f"ns{n}.{self.case}.rst.{self.letters(18)}.icann" for n in (1, 2))
            if self.parameters.host_model == "objects":
                names = tuple(self.new_host(session, name) for name in names)
            self._servers[session.who.id] = names
        return self._servers[session.who.id]

    def new_name(self, tld: str = "") -> str:
        """Return a name that is not registered."""
        return f"{PREFIX}{self.letters(18)}.{tld or self.parameters.tlds[0]}"

    def new_domain(self, session: Session, name: str = "", **given: Any) -> str:
        """Create a domain; `given` as in `domain_create`. Raises: Aborted."""
        name = name or self.new_name()
        self.needed(session.ask(self.domain_create(session, name, **given)), f"create domain {name}")
        return name

    def domain_create(
        self,
        session: Session,
        name: str,
        *,
        period: tuple[str, str] = ("1", "y"),
        ns: str | None = None,
        registrant: str | None = None,
        password: str | None = None,
    ) -> str:
        """Return the create of a domain. ns, registrant: elements; None: valid ones, as the registry's model wants.

        password: None: empty where the server has RFC 9154, else a strong one.
        """
        if password is None:
            password = "" if session.offers(frames.SECURE_AUTHINFO) else self.secret()
        if ns is None:
            ns = self.name_servers(*self.servers(session))
        maximum = self.parameters.data_model == "maximum"
        if registrant is None:
            registrant = frames.element("registrant", self.contact(session)) if maximum else ""
        contacts = (
            "".join(frames.element("contact", self.contact(session), type=one) for one in self.parameters.contact_types)
            if maximum
            else ""
        )
        return frames.of_object(
            "create", "domain",
            frames.element("name", name) + frames.element("period", period[0], unit=period[1]) + frames.wrap("ns", ns)
            + registrant + contacts + frames.authinfo(password),
        )  # fmt: skip

    def name_servers(self, *names: str) -> str:
        """Return `<hostObj>` or `<hostAttr>` elements for names, as the registry's model wants."""
        if self.parameters.host_model == "objects":
            return "".join(frames.element("hostObj", name) for name in names)
        return "".join(frames.host_attribute(name, ()) for name in names)

    # Time.

    def within_patience(self, holds: Callable[[], bool]) -> bool:
        """Return whether something holds within the time that RST gives a registry."""
        end = time.monotonic() + self.parameters.patience
        while not holds():
            if time.monotonic() >= end:
                return False
            time.sleep(min(PAUSE, self.parameters.patience / 4))
        return True
