"""Clients of the registry wait while it catches up with the clock; for them a jump is one step."""

import http.client
import json
import select
import socket
import time
from contextlib import ExitStack, closing

import dns.message
import pytest
from msgspec.structs import replace
from services.epp.caller import check, command_xml, info, login_xml

from homeport.services.epp.framing import frame
from homeport.world.registry import Host
from homeport.world.registry.graces import year_of
from homeport.world.registry.registry import MAX_RENAMED_AT_ONCE
from homeport.world.seed_registry import DAY, YEAR

WORLD = "/api/v1/worlds/default"
NAME = "expiring-tomorrow.test"
MANY = 300


@pytest.fixture
def farm(start_farm):
    """Start a farm with services of the registry and another one; its registry is loaded."""
    farm = start_farm("epp", "whois", "dns", "echo", epp={"plain": True})
    farm.call(lambda: farm.world.registry.domain(NAME))
    return farm


@pytest.fixture
def held():
    """Return a function that closes what it is given at the end of the test."""
    with ExitStack() as stack:
        yield lambda one: stack.enter_context(closing(one))


def begin_jump(farm):
    """Begin a jump of two years, and return a function that ends it."""
    clock = farm.world.clock
    steps = farm.call(lambda: clock.set_in_steps(clock.now() + 2 * YEAR))
    farm.call(next, steps)
    assert farm.world.clock.jumping
    return lambda: farm.call(lambda: [*steps])


def wait_until_held(farm, count):
    """Wait until so much waits in the world."""
    end = time.monotonic() + 10
    while farm.call(lambda: len(farm.world.standstill._waiting)) < count:
        assert time.monotonic() < end


def ask_api(farm, path):
    """Send a request to the API, and return its connection."""
    client = http.client.HTTPConnection("127.0.0.1", farm.farm.control.port, timeout=10)
    client.request("GET", f"{WORLD}/{path}")
    return client


def ask_dns(farm, name):
    """Send a question over UDP, and return its socket."""
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(10)
    client.connect(("127.0.0.1", farm.port("dns")))
    client.send(dns.message.make_query(name, "NS", use_edns=False).to_wire())
    return client


def framed(client):
    octets = client.recv(65536)
    while len(octets) < int.from_bytes(octets[:4]):
        octets += client.recv(65536)
    return octets


def test_clients_of_the_registry_wait_for_the_end_of_a_jump_and_others_do_not(farm, held):
    epp = held(socket.create_connection(("127.0.0.1", farm.port("epp", "tcp")), timeout=10))
    framed(epp)
    epp.sendall(frame(command_xml(login_xml("harbour", "harbour-pass"))))
    assert b'code="1000"' in framed(epp)
    end_jump = begin_jump(farm)

    epp.sendall(frame(command_xml(check("domain", NAME), "A-1")))
    whois = held(farm.connect("whois"))
    whois.sendall(NAME.encode() + b"\r\n")
    registered = held(ask_dns(farm, NAME))
    shown = held(ask_api(farm, f"registry/domains/{NAME}"))
    rdap = held(ask_api(farm, f"rdap/domain/{NAME}"))
    wait_until_held(farm, 5)

    assert farm.exchange("echo", b"at once") == b"at once"
    assert dns.message.from_wire(held(ask_dns(farm, "homeport.test")).recv(512)).answer
    assert held(ask_api(farm, "clock")).getresponse().status == 200
    assert select.select([epp, whois, registered, shown.sock, rdap.sock], [], [], 0)[0] == []

    end_jump()
    assert b'code="1000"' in framed(epp)
    year = farm.call(lambda: year_of(farm.world.registry.domain(NAME).expires))
    answer = b"".join(iter(lambda: whois.recv(65536), b""))
    assert f"{NAME}".encode() in answer.lower()
    assert str(year).encode() in answer
    assert json.loads(shown.getresponse().read())["expires"][:4] == str(year)
    assert rdap.getresponse().status == 200
    assert dns.message.from_wire(registered.recv(512)).rcode() == 0


def test_pipelined_commands_wait_in_order(farm, held):
    epp = held(socket.create_connection(("127.0.0.1", farm.port("epp", "tcp")), timeout=10))
    framed(epp)
    end_jump = begin_jump(farm)
    names = [f"A-{number}" for number in range(40)]
    commands = b"".join(frame(command_xml(check("domain", NAME), name)) for name in names)
    epp.sendall(frame(command_xml(login_xml("harbour", "harbour-pass"))) + commands)
    wait_until_held(farm, 1)
    end_jump()
    octets = b""
    while octets.count(b"</epp>") < len(names) + 1:
        octets += epp.recv(65536)
    assert [octets.index(f">{name}<".encode()) for name in names] == sorted(
        octets.index(f">{name}<".encode()) for name in names
    )


def test_clients_of_the_registry_go_on_after_a_reset_that_ends_the_jump(farm, held):
    begin_jump(farm)
    whois = held(farm.connect("whois"))
    whois.sendall(NAME.encode() + b"\r\n")
    wait_until_held(farm, 1)
    farm.call(farm.world.reset)
    assert NAME.encode() in b"".join(iter(lambda: whois.recv(65536), b"")).lower()


def test_what_falls_due_at_once_without_a_jump_is_run_in_turns_before_an_answer(farm):
    registry, clock = farm.world.registry, farm.world.clock
    wanted = f"many-{MANY - 1:03}.test"

    def fill():
        clock.freeze()
        due = clock.now() + DAY
        for number in range(MANY):
            domain = replace(registry.domain(NAME), name=f"many-{number:03}.test", roid=f"D{number}-MANY", expires=due)
            registry.put(domain)

    farm.call(fill)

    def pass_time():
        clock._frozen += 2 * DAY  # as real time passes, without a jump
        assert registry.is_behind
        clock.on_change()

    farm.call(pass_time)
    answer = farm.exchange("whois", wanted.encode() + b"\r\n").decode()
    expires = farm.call(lambda: registry.domain(wanted).expires)
    assert expires > clock.now()
    assert time.strftime("%Y-%m-%d", time.gmtime(expires)) in answer


def shared_host(farm, count):
    """Add a host that many domains name as their server."""

    def put():
        registry = farm.world.registry
        changes, domain = registry.begin(), registry.domain(NAME)
        host = Host(name="ns1.many.test", roid="H99-MANY", registrar="harbour", created=0.0, addresses=("192.0.2.7",))
        changes.put(replace(domain, name="many.test", roid="D99-MANY", registrar="harbour", nameservers=()))
        changes.put(host)
        for number in range(count):
            name, roid = f"many-{number}.test", f"D{9000 + number}-MANY"
            changes.put(replace(domain, name=name, roid=roid, nameservers=(host.name,), expires=3.0e9))
        registry.commit(changes)

    farm.call(put)


@pytest.mark.parametrize("data", [False, True])
def test_a_host_of_many_domains_is_renamed_before_the_answer_and_the_next_command(start_farm, held, tmp_path, data):
    farm = start_farm("epp", "whois", "echo", epp={"plain": True}, data=tmp_path if data else "")
    shared_host(farm, 2 * MAX_RENAMED_AT_ONCE)
    epp = held(socket.create_connection(("127.0.0.1", farm.port("epp", "tcp")), timeout=10))
    framed(epp)
    change = (
        '<update><host:update xmlns:host="urn:ietf:params:xml:ns:host-1.0"><host:name>ns1.many.test</host:name>'
        "<host:chg><host:name>ns2.many.test</host:name></host:chg></host:update></update>"
    )
    commands = [login_xml("harbour", "harbour-pass"), change, info("many-7.test"), check("many.test")]
    epp.sendall(b"".join(frame(command_xml(one, f"A-{at}")) for at, one in enumerate(commands)))
    octets = b""
    while octets.count(b"</epp>") < len(commands):
        octets += epp.recv(65536)
    answers = octets.split(b"</epp>")
    assert [f">A-{at}<".encode() in answers[at] for at in range(len(commands))] == [True] * len(commands)
    assert all(b'code="1000"' in one for one in answers[: len(commands)])
    assert b"ns2.many.test" in answers[2]
    assert b"ns1.many.test" not in answers[2]
    if data:
        farm.stop()
        later = start_farm("epp", data=tmp_path)
        servers = later.call(lambda: {one.nameservers for one in later.world.registry.domains_of_host("ns2.many.test")})
        assert servers == {("ns2.many.test",)}
