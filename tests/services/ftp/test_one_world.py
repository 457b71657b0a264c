"""FTP in its world: presence, the world's time, and files shared with the API."""

import ftplib
import io
import json
from contextlib import contextmanager
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner

from homeport.cli import homeport


@pytest.fixture
def farm(start_farm):
    """Start a farm with all services that show presence, and free passive ports."""
    return start_farm("ftp", "users", "finger", ftp={"passive_ports": "0"})


@contextmanager
def session(farm, login="carol"):
    """Log in as a person, and never send QUIT."""
    client = ftplib.FTP()
    client.connect("127.0.0.1", farm.port("ftp"), timeout=10)
    try:
        client.login(login, f"{login}-pass")
        yield client
    finally:
        client.close()


def files(farm):
    """Return the URL of the world's files."""
    return f"{farm.farm.describe('default')['control']}/api/v1/worlds/default/ftp/files"


@pytest.mark.parametrize("end", ["QUIT", "REIN", "nothing"])
def test_a_login_is_shown_by_users_and_finger_until_the_end(farm, end):
    assert b"carol" not in farm.exchange("users")
    with session(farm) as client:
        assert b"carol" in farm.exchange("users")
        [line] = [line for line in farm.exchange("finger", b"\r\n").splitlines() if line.startswith(b"carol")]
        assert b"ftp" in line
        assert b"127.0.0.1" in line
        if end == "nothing":
            client.close()
        else:
            client.voidcmd(end)
        farm.wait_for(lambda: not farm.world.presence.of("carol"))
        assert b"carol" not in farm.exchange("users")


def test_stored_files_have_the_time_of_the_world(farm):
    farm.call(lambda: (farm.world.clock.freeze(), farm.world.clock.set(3_471_292_799.0)))
    with session(farm) as client:
        client.storbinary("STOR new", io.BytesIO(b"x"))
        client.mkd("folder")
        facts = dict(client.mlsd())
        assert facts["new"]["modify"] == facts["folder"]["modify"] == "20791231235959"
        assert client.sendcmd("MDTM new") == "213 20791231235959"
        lines = []
        client.retrlines("LIST new", lines.append)
        assert "Dec 31 23:59 new" in lines[0]
        farm.call(lambda: farm.world.clock.advance(366 * 86400))
        client.retrlines("LIST new", lines.append)
        assert "Dec 31  2079 new" in lines[1]


def test_ftp_and_the_api_share_the_files(farm):
    url = f"{files(farm)}/home/carol/shared"
    urlopen(Request(url, b"by the API", method="PUT")).close()
    with session(farm) as client:
        got = io.BytesIO()
        client.retrbinary("RETR shared", got.write)
        assert got.getvalue() == b"by the API"
        client.storbinary("STOR shared", io.BytesIO(b"by FTP"))
        assert urlopen(url).read() == b"by FTP"
        urlopen(Request(url, method="DELETE")).close()
        assert "shared" not in client.nlst()


def test_a_transfer_can_be_waited_for_by_the_name_of_its_file(farm, monkeypatch):
    monkeypatch.setenv("HOMEPORT_URL", farm.farm.describe("default")["control"])
    with session(farm) as client:
        client.storbinary("STOR report.pdf", io.BytesIO(b"x"))
        client.storbinary("STOR other", io.BytesIO(b"x"))
    words = ["wait", "ftp", "--type", "file", "--json", "--timeout", "10s", "--text"]
    found = CliRunner().invoke(homeport, [*words, "report.pdf"])
    assert found.exit_code == 0, found.output
    [event] = json.loads(found.stdout)["events"]
    assert event["path"] == "/home/carol/report.pdf"
    assert (event["what"], event["complete"], event["octets"]) == ("store", True, 1)
    missing = CliRunner().invoke(homeport, ["wait", "ftp", "--type", "file", "--text", "nope", "--timeout", "0s"])
    assert missing.exit_code == 1
