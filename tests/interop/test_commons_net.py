"""Java's Apache commons-net, from Debian's package: FTP in the clear and under TLS, SMTP, and the text services."""

import os
import subprocess
from pathlib import Path

import pytest
from tests.interop.conftest import lacking

SOURCE = Path(__file__).with_name("CommonsNet.java")
LIBRARY = Path("/usr/share/java/commons-net.jar")
NAMES = ["a.txt", "b [1].txt", "c {x}.txt", "d * e?.txt"]


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """The class path of the compiled program."""
    if not LIBRARY.exists():
        lacking(f"there is no {LIBRARY}")
    folder = tmp_path_factory.mktemp("classes")
    try:
        subprocess.run(["javac", "-cp", LIBRARY, "-d", folder, SOURCE], check=True)
    except FileNotFoundError:
        lacking("there is no javac on this machine")
    return f"{folder}{os.pathsep}{LIBRARY}"


@pytest.fixture
def commons_net(client, run, classes, tmp_path):
    """Run it against a service of a farm; return the lines that it prints."""

    def commons_net(farm, service, port, name=None):
        ca = tmp_path / "ca.pem"
        ca.write_bytes(Path(farm.farm.certificates.ca_file).read_bytes())
        return run(client("java"), "-cp", classes, "CommonsNet", name or service, port, ca).decode().splitlines()

    return commons_net


@pytest.mark.parametrize("name", ["ftp", "ftps"])
def test_commons_net_moves_and_lists_files(commons_net, harbour, name):
    folder = harbour.home / "[2024] trip"
    folder.mkdir()
    for number, file in enumerate(NAMES):
        (folder / file).write_bytes(b"x" * number)
    printed = commons_net(harbour.farm, "ftp", harbour.port, name)
    assert printed == [
        *(f"LIST {number} {file}" for number, file in enumerate(NAMES)),
        *(f"MLSD {number} {file}" for number, file in enumerate(NAMES)),
        *(f"NLST [2024] trip/{file}" for file in NAMES),
        "MODE B 200 MODE S 200",
        "REST 10",
    ]
    codes = {event["code"] for event in harbour.farm.events("command") if event["verb"] in ("STOR", "RETR", "LIST")}
    assert codes == {"226"}
    assert all(event["complete"] for event in harbour.farm.events("file"))
    assert harbour.findings() == ({"ftp.clear-password"} if name == "ftp" else set())


def test_commons_net_submits_mail_under_starttls(commons_net, post):
    commons_net(post.farm, "smtp", post.submission)
    messages = post.messages(3)
    assert [message["subject"] for message in messages] == ["mail 0", "mail 1", "mail 2"]
    assert {message["text"] for message in messages} == {".dot\r\n..two\r\n"}
    assert {message["envelope"]["auth"] for message in messages} == {"alice"}
    assert post.findings() == set()


def test_commons_net_reads_the_text_services(commons_net, still_farm):
    def read(service):
        return commons_net(still_farm, service, still_farm.port(service))

    assert "harbour.test" in "\n".join(read("whois"))
    assert any("alice" in line for line in read("finger"))
    assert read("time") == ["2026-10-14T20:00:00Z"] * 2
    assert len(set(read("daytime"))) == 1
    assert read("echo") == ["ahoy", "3"]
    assert read("discard") == []
    assert read("chargen") == [chr(32) + "".join(map(chr, range(33, 104))), "true"]
    findings = {event["id"] for event in still_farm.events("finding")}
    # Its datagrams have 256 zeros where RFC 867 and RFC 868 have an empty one.
    assert findings == {"daytime.datagram-content", "time.datagram-content"}
