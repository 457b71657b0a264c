"""Measures LDAP: `ldap.py [search] [list] [bind] [add] [hash] [memory]`, all of them by default.

    search   one entry out of 10,000 by its uid: requests a second over 8 connections, one request in flight on each
    list     a search that returns 1,000 entries
    bind     simple binds, with passwords in the clear
    add      adds of entries
    hash     100 binds at once whose passwords are hashed (PBKDF2), and how long searches take meanwhile
    memory   resident memory with 100,000 entries, after a search; without a journal, which has a bound of its own

slapd (mdb, without fsync) is measured beside Homeport if it is installed, and ldaptor if LDAPTOR names a Python that
has it. Requests are encoded before, and responses are counted, not parsed: the client takes little.
"""

import json
import os
import random
import select
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import pbkdf2_hmac
from pathlib import Path

from measure import UP, memory, processor_seconds, running, show

PROCESSORS = sorted(os.sched_getaffinity(0))
"""The first one is the servers', the others are the client's."""
PEOPLE = 10_000
MANY = 100_000
LISTED = 1000
CONNECTIONS = 8
ROUNDS = 5
SECONDS = 1.0
BASE = "dc=homeport,dc=test"
UNIT = f"ou=unit,{BASE}"
ADDED = f"ou=added,{BASE}"
ADMIN = f"cn=admin,{BASE}"
BINDS = 100
ITERATIONS = 200_000
DONE = frozenset((0x61, 0x65, 0x69))
"""Tags of responses that end a bind, a search and an add."""
SLAPD = """include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
sizelimit unlimited
access to attrs=userPassword by anonymous auth by * none
access to * by * read
database mdb
suffix "{base}"
rootdn "{admin}"
rootpw admin-pass
directory {folder}/data
maxsize 1073741824
dbnosync
index objectClass,uid eq
"""
LDAPTOR = """
import sys
from ldaptor.inmemory import fromLDIFFile
from ldaptor.interfaces import IConnectedLDAPEntry
from ldaptor.protocols.ldap.ldapserver import LDAPServer
from twisted.internet import reactor
from twisted.internet.protocol import ServerFactory
from twisted.python.components import registerAdapter

class Factory(ServerFactory):
    protocol = LDAPServer
    def buildProtocol(self, address):
        made = self.protocol()
        made.factory = self.tree
        return made

registerAdapter(lambda tree: tree, object, IConnectedLDAPEntry)

def ready(tree):
    factory = Factory()
    factory.tree = tree
    port = reactor.listenTCP(0, factory, interface="127.0.0.1")
    print('{"port": %d}' % port.getHost().port, flush=True)

with open(sys.argv[1], "rb") as file:
    fromLDIFFile(file).addCallback(ready)
reactor.run()
"""


# BER.


def value(tag: int, *parts: bytes) -> bytes:
    """Encode a value."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def text(content: str, tag: int = 0x04) -> bytes:
    """Encode a string."""
    return value(tag, content.encode())


def message(request: bytes) -> bytes:
    """Encode a message. Its identifier is always 1: no two operations of a connection are under way at once."""
    return value(0x30, b"\x02\x01\x01", request)


def search(base: str, scope: int, chosen: bytes) -> bytes:
    """Encode a search for all attributes."""
    limits = bytes((0x0A, 1, scope)) + b"\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00"
    return message(value(0x63, text(base), limits, chosen, value(0x30)))


def search_by_uid(uid: str) -> bytes:
    """Encode a search of the whole tree for an entry."""
    return search(BASE, 2, value(0xA3, text("uid"), text(uid)))


def bind(name: str, password: str) -> bytes:
    """Encode a simple bind."""
    return message(value(0x60, b"\x02\x01\x03", text(name), text(password, 0x80)))


LOGIN = bind(ADMIN, "admin-pass")


def add(number: int, below: str = ADDED) -> bytes:
    """Encode an add of an entry."""
    held = {
        "objectClass": ("top", "person", "organizationalPerson", "inetOrgPerson"),
        "uid": (f"a{number:06}",),
        "cn": (f"Added {number:06}",),
        "sn": (f"{number:06}",),
        "mail": (f"a{number:06}@homeport.test",),
    }
    listed = (value(0x30, text(kind), value(0x31, *map(text, values))) for kind, values in held.items())
    return message(value(0x68, text(f"uid=a{number:06},{below}"), value(0x30, *listed)))


def end_of(data: bytes) -> tuple[int, int, int] | None:
    """Return size, entries and result code of a whole answer, if it is there."""
    at = entries = 0
    while len(data) - at >= 6:
        at, end = inner(data, at)
        if end > len(data):
            return None
        at = inner(data, at)[1]  # the identifier
        if data[at] in DONE:
            return end, entries, data[inner(data, at)[0] + 2]
        entries += 1
        at = end
    return None


def inner(data: bytes, at: int) -> tuple[int, int]:
    """Return begin and end of the content of a value."""
    length = data[at + 1]
    if length < 0x80:
        return at + 2, at + 2 + length
    begin = at + 2 + (length & 0x7F)
    return begin, begin + int.from_bytes(data[at + 2 : begin], "big")


# Servers.


def person(number: int) -> dict[str, tuple[str, ...]]:
    """Return the attributes of a person, as Homeport shows them."""
    name, login = f"User {number:06}", f"u{number:06}"
    return {
        "objectClass": ("top", "person", "organizationalPerson", "inetOrgPerson", "posixAccount"),
        "uid": (login,),
        "cn": (name,),
        "sn": (f"{number:06}",),
        "givenName": ("User",),
        "displayName": (name,),
        "mail": (f"{login}@homeport.test",),
        "telephoneNumber": ("+1 555 0101",),
        "uidNumber": (str(100_001 + number),),
        "gidNumber": ("100",),
        "homeDirectory": (f"/home/{login}",),
        "loginShell": ("/bin/sh",),
        "userPassword": ("secret",),
    }


def ldif(dn: str, attributes: dict[str, tuple[str, ...]]) -> str:
    """Return an entry as LDIF."""
    lines = [f"dn: {dn}"] + [f"{kind}: {one}" for kind, values in attributes.items() for one in values]
    return "\n".join(lines) + "\n\n"


def unit(dn: str) -> str:
    """Return an organizational unit as LDIF."""
    name = dn.partition(",")[0].partition("=")[2]
    return ldif(dn, {"objectClass": ("top", "organizationalUnit"), "ou": (name,)})


def own_entries() -> str:
    """Return the entries beside the people, as LDIF."""
    people = (
        ldif(f"uid=m{number:06},{UNIT}", {**person(number), "uid": (f"m{number:06}",)}) for number in range(LISTED)
    )
    return unit(UNIT) + unit(ADDED) + "".join(people)


def configuration(count: int, entries: str = "", password: str = "secret") -> str:
    """Return Homeport's configuration with N people."""
    parts = [f"[directory]\nldif = '''\n{entries}'''\n"] if entries else []
    for number in range(count):
        login = f"u{number:06}"
        parts.append(
            f'[[people]]\nlogin = "{login}"\nname = "User {number:06}"\nphone = "+1 555 0101"\n'
            f"password = '{password}'\n"
        )
    return "".join(parts)


class Server:
    """A server under test."""

    def __init__(self, name: str, pid: int, port: int) -> None:
        self.name = name
        self.pid = pid
        self.port = port
        self.added = 0
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), PROCESSORS[:1])

    def connect(self) -> socket.socket:
        """Open a connection."""
        client = socket.create_connection(("127.0.0.1", self.port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client


@contextmanager
def homeport(text: str, *more: str) -> Iterator[Server]:
    """Run Homeport with a configuration. more: words of the command line."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "homeport.toml"
        file.write_text(text)
        with running([*UP, "--config", str(file), "--services", "ldap", *more]) as (process, ready, _took):
            yield Server("Homeport", process.pid, ready["services"]["ldap"]["starttls"]["port"])


@contextmanager
def slapd(entries: str) -> Iterator[Server]:
    """Run slapd with entries."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "data").mkdir()
        (place / "conf").write_text(SLAPD.format(folder=folder, base=BASE, admin=ADMIN))
        (place / "ldif").write_text(entries)
        found = shutil.which("slapd", path=f"{os.environ['PATH']}:/usr/sbin")
        assert found is not None
        subprocess.run([found, "-T", "add", "-q", "-f", place / "conf", "-l", place / "ldif"], check=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        words = [found, "-f", str(place / "conf"), "-h", f"ldap://127.0.0.1:{port}", "-d", "0"]
        process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        try:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionRefusedError:
                    time.sleep(0.05)
            yield Server("slapd", process.pid, port)
        finally:
            process.terminate()
            process.wait(10)


@contextmanager
def ldaptor(python: str, entries: str) -> Iterator[Server]:
    """Run a server of ldaptor's with entries in memory."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ldif"
        file.write_text(entries)
        process = subprocess.Popen(
            [python, "-W", "ignore", "-c", LDAPTOR, file], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None
        try:
            yield Server("ldaptor", process.pid, json.loads(process.stdout.readline())["port"])
        finally:
            process.kill()
            process.wait(10)


@contextmanager
def servers() -> Iterator[list[Server]]:
    """Run all servers that are there, with the same entries."""
    top = ldif(BASE, {"objectClass": ("top", "organization", "dcObject"), "dc": ("homeport",), "o": ("Homeport",)})
    people = unit(f"ou=people,{BASE}")
    people += "".join(ldif(f"uid=u{number:06},ou=people,{BASE}", person(number)) for number in range(PEOPLE))
    own = own_entries()
    with ExitStack() as stack:
        found = [stack.enter_context(homeport(configuration(PEOPLE, own)))]
        if shutil.which("slapd", path=f"{os.environ['PATH']}:/usr/sbin"):
            found.append(stack.enter_context(slapd(top + people + own)))
        if python := os.environ.get("LDAPTOR"):
            found.append(stack.enter_context(ldaptor(python, top + people + own)))
        yield found


# Load.


class Load:
    """Connections that each send a request when the answer to the one before is there.

    made: returns the next request. entries: that each answer has; all answers have the same size.
    """

    def __init__(self, server: Server, made: Callable[[], bytes], entries: int = 0, login: bytes = b"") -> None:
        self._clients = {}
        self._made = made
        self._poll = select.epoll()
        for _ in range(CONNECTIONS):
            client = server.connect()
            if login:
                answer_of(client, login)
            self._clients[client.fileno()] = client
            self._poll.register(client, select.EPOLLIN)
        self._size, found, code = answer_of(next(iter(self._clients.values())), made())
        assert (found, code) == (entries, 0), (server.name, found, code)

    def run(self, seconds: float) -> int:
        """Return the number of answers in this time."""
        clients, made, size, poll = self._clients, self._made, self._size, self._poll.poll
        left = {}
        for number, client in clients.items():
            client.send(made())
            left[number] = size
        count = 0
        until = time.monotonic() + seconds
        while left:
            for number, _events in poll():
                client = clients[number]
                size_of_piece = len(client.recv(1 << 18))
                assert size_of_piece, "the server has closed the connection"
                left[number] -= size_of_piece
                if left[number] > 0:
                    continue
                assert not left[number], "an answer of another size"
                count += 1
                if time.monotonic() < until:
                    client.send(made())
                    left[number] = size
                else:
                    del left[number]
        return count

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()
        self._poll.close()


def answer_of(client: socket.socket, request: bytes) -> tuple[int, int, int]:
    """Send a request; return size, entries and result code of the answer."""
    client.sendall(request)
    data = b""
    while (found := end_of(data)) is None:
        some = client.recv(1 << 18)
        assert some, "the connection was closed"
        data += some
    return found


def compare(title: str, unit_of: str, held: list[Server], load: Callable[[Server], Load]) -> None:
    """Measure the servers in turn; print medians, and their ratios to the first."""
    loads = {server.name: load(server) for server in held}
    rates: dict[str, list[float]] = {server.name: [] for server in held}
    costs: dict[str, list[float]] = {server.name: [] for server in held}
    for turn in range(ROUNDS + 1):
        for server in held:
            used, begun = processor_seconds(server.pid), time.monotonic()
            count = loads[server.name].run(SECONDS)
            took, used = time.monotonic() - begun, processor_seconds(server.pid) - used
            if turn:  # the first warms up
                rates[server.name].append(count / took)
                costs[server.name].append(used / count * 1e6)
    rows = [("server", f"{unit_of}/s", "server time, us", "Homeport's ratio to it")]
    for server in held:
        ratios = [ours / theirs for ours, theirs in zip(rates[held[0].name], rates[server.name], strict=True)]
        rate, cost = statistics.median(rates[server.name]), statistics.median(costs[server.name])
        rows.append((server.name, f"{rate:,.0f}", f"{cost:,.0f}", f"{statistics.median(ratios):.2f}"))
        loads[server.name].close()
    show(title, rows)


def measure_search(held: list[Server]) -> None:
    requests = [search_by_uid(f"u{number:06}") for number in range(PEOPLE)]
    random.Random(7).shuffle(requests)
    wanted = iter(requests * 1000)
    compare("One entry out of 10,000 by uid", "searches", held, lambda server: Load(server, wanted.__next__, 1))


def measure_list(held: list[Server]) -> None:
    request = search(UNIT, 1, text("objectClass", 0x87))
    compare("1,000 entries", "searches", held, lambda server: Load(server, lambda: request, LISTED))


def measure_bind(held: list[Server]) -> None:
    requests = iter([bind(f"uid=u{number:06},ou=people,{BASE}", "secret") for number in range(PEOPLE)] * 100)
    compare("Simple binds, passwords in the clear", "binds", held, lambda server: Load(server, requests.__next__))


def measure_add(held: list[Server]) -> None:
    able = [server for server in held if server.name != "ldaptor"]  # its adds need an administrator of its own making

    def load(server: Server) -> Load:
        def made() -> bytes:
            server.added += 1
            return add(server.added)

        return Load(server, made, login=LOGIN)

    compare("Adds", "adds", able, load)


def measure_hash() -> None:
    """Print how long 100 binds with hashed passwords take, and searches meanwhile."""
    salt = b"0123456789abcdef"
    made = pbkdf2_hmac("sha256", b"secret", salt, ITERATIONS)
    begun = time.perf_counter()
    pbkdf2_hmac("sha256", b"secret", salt, ITERATIONS)
    alone = time.perf_counter() - begun
    kept = f"{{PBKDF2-SHA256}}{ITERATIONS}${plain64(salt)}${plain64(made)}"
    with homeport(configuration(BINDS, password=kept)) as server:
        searching = server.connect()
        request = search_by_uid("u000001")
        answer_of(searching, request)
        idle = timed(searching, request, lambda: False)
        clients = [server.connect() for _ in range(BINDS)]
        begun = time.perf_counter()
        for number, client in enumerate(clients):
            client.sendall(bind(f"uid=u{number:06},ou=people,{BASE}", "secret"))
        waiting = set(clients)

        def busy() -> bool:
            for client in select.select(waiting, (), (), 0)[0] if waiting else ():
                found = end_of(client.recv(4096))
                assert found is not None and found[2] == 0  # noqa: PT018
                waiting.discard(client)
            return bool(waiting)

        beside = timed(searching, request, busy)
        took = time.perf_counter() - begun
        rows = [("what", "figure")]
        rows.append((f"one hash (PBKDF2-SHA256, {ITERATIONS:,} iterations)", f"{alone * 1000:.1f} ms"))
        rows.append((f"{BINDS} binds at once", f"{took * 1000:.0f} ms, {took / BINDS / alone:.2f} of the hashes alone"))
        for name, times in (("alone", idle), ("meanwhile", beside)):
            median, worst = statistics.median(times), sorted(times)[len(times) * 99 // 100]
            rows.append((f"a search, {name}", f"{median * 1000:.2f} ms, 99th percentile {worst * 1000:.2f} ms"))
    show("Binds with hashed passwords", rows)


def plain64(data: bytes) -> str:
    """Return Base64 as PBKDF2's values have it."""
    return b64encode(data).decode().rstrip("=").replace("+", ".")


def timed(client: socket.socket, request: bytes, busy: Callable[[], bool]) -> list[float]:
    """Return the times of searches, for a second at least, and while something is busy."""
    times = []
    until = time.monotonic() + 1
    while busy() or time.monotonic() < until:
        begun = time.perf_counter()
        answer_of(client, request)
        times.append(time.perf_counter() - begun)
        time.sleep(0.002)
    return times


def measure_memory() -> None:
    """Print the memory of a directory of 100,000 entries that were added over LDAP: people, and entries elsewhere."""
    rows = [("process", "resident MiB")]
    for title, below in (("100,000 people", f"ou=people,{BASE}"), ("100,000 entries elsewhere", ADDED)):
        with homeport(configuration(0, unit(ADDED)), "--set", "journal.enabled=false") as server:
            client = server.connect()
            answer_of(client, search_by_uid("alice"))
            if len(rows) == 1:
                rows.append(("at first", f"{memory(server.pid, 'Rss') / 1024:.0f}"))
            numbers = iter(range(2 * MANY))
            load = Load(server, lambda numbers=numbers, below=below: add(next(numbers), below), login=LOGIN)
            while next(numbers) < MANY:
                load.run(SECONDS)
            assert answer_of(client, search_by_uid("a000000"))[1] == 1
            rows.append((f"{title}, with an index", f"{memory(server.pid, 'Rss') / 1024:.0f}"))
    show("Memory", rows)


COMPARED = {"search": measure_search, "list": measure_list, "bind": measure_bind, "add": measure_add}
ALONE = {"hash": measure_hash, "memory": measure_memory}


def main() -> None:
    os.sched_setaffinity(0, PROCESSORS[1:] or PROCESSORS)
    chosen = sys.argv[1:] or [*COMPARED, *ALONE]
    if some := [name for name in chosen if name in COMPARED]:
        with servers() as held:
            for name in some:
                COMPARED[name](held)
    for name in chosen:
        if name in ALONE:
            ALONE[name]()


if __name__ == "__main__":
    main()
