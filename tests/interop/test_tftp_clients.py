"""Clients of TFTP: tftp-hpa, atftp, curl, busybox, tftpy, Net::TFTP, node's tftp; under faults too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.interop.conftest import lacking

CONTENT = bytes(range(256)) * 391 + b"end"
"""More than a hundred thousand octets: 196 blocks of 512."""
TEXT = b"one\ntwo\r\nthree\n"
PYTHON = """
import sys, tftpy
host, port, verb, name, place = sys.argv[1:6]
client = tftpy.TftpClient(host, int(port), {"blksize": 1428, "tsize": 0} if verb == "download" else {})
getattr(client, verb)(name, place) if verb == "download" else client.upload(name, place)
"""
PERL = """
use Net::TFTP; my ($host, $port, $verb, $name, $place) = @ARGV;
my $tftp = Net::TFTP->new($host, Port => $port, BlockSize => 1024, Mode => 'octet');
($verb eq 'get' ? $tftp->get($name, $place) : $tftp->put($place, $name)) or 1;
if ($tftp->error) { print STDERR $tftp->error; exit 1; }
"""
NODE = """
const [host, port, verb, name, place] = process.argv.slice(-5);
const client = require("tftp").createClient({ host, port: Number(port), windowSize: 8, blockSize: 1428 });
const over = (error) => { if (error) { console.error(error.message); process.exit(1); } };
if (verb === "get") client.get(name, place, over); else client.put(place, name, over);
"""


def scripted(host, port, name, place, verb):
    """Return the input of tftp-hpa's and atftp's kind."""
    return ["-m", "binary", host, str(port), "-c", verb, *((name, place) if verb == "get" else (place, name))]


def hpa(client, farm, name, place, verb):
    return [client("tftp"), *scripted("127.0.0.1", farm.port("tftp"), name, place, verb)]


def atftp(client, farm, name, place, verb):
    where = ["127.0.0.1", str(farm.port("tftp"))]
    options = ["--option", "blksize 1428", "--option", "windowsize 8"] if verb == "get" else []
    return [client("atftp"), f"--{verb}", "-r", name, "-l", place, *options, *where]


def curl(client, farm, name, place, verb):
    url = f"tftp://127.0.0.1:{farm.port('tftp')}/{name}"
    return [client("curl"), "-sS", "--tftp-blksize", "4096", *(("-o", place) if verb == "get" else ("-T", place)), url]


def curl_without_options(client, farm, name, place, verb):
    return [*curl(client, farm, name, place, verb), "--tftp-no-options"]


def busybox(client, farm, name, place, verb):
    way = "-g" if verb == "get" else "-p"
    return [client("busybox"), "tftp", way, "-b", "1428", "-r", name, "-l", place, "127.0.0.1", str(farm.port("tftp"))]


def tftpy(_client, farm, name, place, verb):
    pytest.importorskip("tftpy") if not os.environ.get("HOMEPORT_REQUIRE_INTEROP") else __import__("tftpy")
    word = "download" if verb == "get" else "upload"
    return [sys.executable, "-c", PYTHON, "127.0.0.1", str(farm.port("tftp")), word, name, place]


def perl(client, farm, name, place, verb):
    path = client("perl")
    if subprocess.run([path, "-MNet::TFTP", "-e1"], capture_output=True, check=False).returncode:
        lacking("Perl has no Net::TFTP here")
    return [path, "-e", PERL, "127.0.0.1", str(farm.port("tftp")), verb, name, place]


def node(client, farm, name, place, verb):
    path = client("node")
    if subprocess.run([path, "-e", "require('tftp')"], capture_output=True, check=False).returncode:
        lacking("node has no module tftp here (NODE_PATH)")
    return [path, "-e", NODE, "--", "127.0.0.1", str(farm.port("tftp")), verb, name, place]


CLIENTS = [hpa, atftp, curl, curl_without_options, busybox, tftpy, perl, node]
every_client = pytest.mark.parametrize("program", CLIENTS, ids=lambda one: one.__name__)
KNOWN_FINDINGS = {"node": {"tftp.timeout-out-of-range"}}
"""Known mistakes of clients: this one asks for a timeout in milliseconds."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tree")
    (folder / "pub").mkdir()
    (folder / "pub" / "image").write_bytes(CONTENT)
    (folder / "pub" / "text").write_bytes(TEXT)
    return folder


@pytest.fixture
def farm(start_farm, tree):
    return start_farm("tftp", "ftp", ftp={"root": str(tree)}, tftp={"write": "replace", "timeout": 0.3})


def run(command):
    return subprocess.run(command, capture_output=True, timeout=60, check=False)


def findings(farm):
    return set(farm.call(lambda: dict(farm.world.findings.counts)))


@every_client
@pytest.mark.requirement("BOOT-6.2.2.2-1")
def test_a_client_reads_and_writes_a_file(client, farm, tree, tmp_path, program):
    got = tmp_path / "got"
    done = run(program(client, farm, "pub/image", str(got), "get"))
    assert got.read_bytes() == CONTENT, done
    sent = tmp_path / "sent"
    sent.write_bytes(CONTENT)
    run(program(client, farm, f"new-{program.__name__}", str(sent), "put"))
    farm.wait_for(lambda: any(one["type"] == "file" and one["what"] == "store" for one in farm.world.journal.events()))
    assert (tree / f"new-{program.__name__}").read_bytes() == CONTENT
    assert findings(farm) <= KNOWN_FINDINGS.get(program.__name__, set())


@every_client
def test_a_client_notices_that_a_file_is_missing(client, farm, tmp_path, program):
    place = tmp_path / "got"
    run(program(client, farm, "nothing", str(place), "get"))
    assert not place.exists() or not place.read_bytes()
    events = farm.events("command")
    assert [event["code"] for event in events] == ["ERROR 1"]


LOSSY = {
    "lost-block": {"match": {"verb": "DATA", "argument": "block=3 "}, "do": {"drop": {}}},
    "lost-ack": {"match": {"verb": "ACK", "argument": "block=3 "}, "do": {"drop": {}}, "direction": "in"},
    "doubled": {"match": {"verb": "DATA"}, "do": {"duplicate": {}}, "times": 0},
    "wrong-tid": {"match": {"verb": "DATA", "argument": "block=2 "}, "do": {"frame": "wrong-source"}},
}


@pytest.mark.parametrize("fault", LOSSY)
@pytest.mark.parametrize("program", [hpa, curl, busybox, tftpy], ids=lambda one: one.__name__)
def test_a_client_survives_a_bad_network(client, farm, tmp_path, program, fault):
    import msgspec

    from homeport.protocol.faults import Plan

    plan = msgspec.convert({"service": "tftp", **LOSSY[fault]}, Plan)
    planned = farm.call(farm.world.faults.add, plan)
    got = tmp_path / "got"
    done = run(program(client, farm, "pub/image", str(got), "get"))
    assert planned.acted
    assert (got.read_bytes() if got.exists() else b"") == CONTENT, done


def test_tftp_hpa_converts_lines_in_netascii(client, farm, tmp_path):
    got = tmp_path / "got"
    run([client("tftp"), "-m", "ascii", "127.0.0.1", str(farm.port("tftp")), "-c", "get", "pub/text", str(got)])
    assert got.read_bytes() == TEXT


def test_many_clients_read_at_once(client, farm, tmp_path):
    places = [tmp_path / f"got{number}" for number in range(20)]
    running = [
        subprocess.Popen(curl(client, farm, "pub/image", str(place), "get"), stdout=subprocess.DEVNULL)
        for place in places
    ]
    assert [one.wait(60) for one in running] == [0] * 20
    assert all(Path(place).read_bytes() == CONTENT for place in places)
