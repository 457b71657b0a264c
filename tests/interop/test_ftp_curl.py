"""curl: each way to a data connection, TLS of both kinds, resuming, quoting."""

import socket
from urllib.parse import quote

import pytest
from tests.interop.ftp_files import BINARY, NAMES, TEXT, make_tree

PASSIVE = ("--disable-epsv",)
EXTENDED_ACTIVE = ("--ftp-port", "127.0.0.1")
ACTIVE = (*EXTENDED_ACTIVE, "--disable-eprt")
WAYS = [pytest.param((), id="EPSV"), pytest.param(PASSIVE, id="PASV"), pytest.param(EXTENDED_ACTIVE, id="EPRT"),
        pytest.param(ACTIVE, id="PORT")]  # fmt: skip


@pytest.fixture
def curl(client, run):
    """Run curl: what it printed."""
    return lambda *words: run(client("curl"), "-sS", "--max-time", 30, *words)


@pytest.mark.parametrize("way", WAYS)
def test_curl_fetches_and_stores_a_file(curl, harbour, tmp_path, way):
    file = tmp_path / "file"
    file.write_bytes(BINARY)
    curl(*way, "-T", file, harbour.url("stored"))
    assert (harbour.home / "stored").read_bytes() == BINARY
    assert curl(*way, harbour.url("stored")) == BINARY


# Not the active ways: curl 7.88 connects, and then sends the file in the clear. lftp and ftplib do them under TLS.
@pytest.mark.parametrize("way", [(), PASSIVE], ids=["EPSV", "PASV"])
def test_curl_protects_data_by_tls(curl, harbour, tmp_path, way):
    file = tmp_path / "file"
    file.write_bytes(BINARY)
    tls = (*way, "--ssl-reqd", "--cacert", harbour.ca)
    curl(*tls, "-T", file, harbour.url("stored", host="localhost"))
    assert (harbour.home / "stored").read_bytes() == BINARY
    assert curl(*tls, harbour.url("stored", host="localhost")) == BINARY


@pytest.mark.parametrize("mode", ["active", "passive"])
def test_curl_ends_tls_on_the_control_connection_after_the_login(curl, harbour, tmp_path, mode):
    file = tmp_path / "file"
    file.write_bytes(BINARY)
    tls = ("--ssl-reqd", "--cacert", harbour.ca, "--ftp-ssl-ccc", "--ftp-ssl-ccc-mode", mode)
    curl(*tls, "-T", file, harbour.url("stored", host="localhost"))
    assert curl(*tls, harbour.url("stored", host="localhost")) == BINARY
    codes = [event["code"] for event in harbour.farm.events("command") if event["verb"] == "CCC"]
    assert codes == ["200", "200"]


def test_curl_uses_implicit_tls(curl, harbour):
    (harbour.home / "a").write_bytes(BINARY)
    url = f"ftps://alice:alice-pass@localhost:{harbour.tls_port}/a"
    assert curl("--cacert", harbour.ca, url) == BINARY


def test_curl_fetches_over_ipv6(curl, harbour):
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    (harbour.home / "a").write_bytes(BINARY)
    assert curl(harbour.url("a", host="[::1]")) == BINARY
    assert curl("--ftp-port", "-", harbour.url("a", host="[::1]")) == BINARY


@pytest.mark.parametrize("tls", [(), ("--ssl-reqd", "-k")], ids=["plain", "TLS"])
def test_curl_resumes_a_fetch(curl, harbour, tmp_path, tls):
    (harbour.home / "a").write_bytes(BINARY)
    file = tmp_path / "a"
    file.write_bytes(BINARY[:300_001])
    curl(*tls, "-C", "-", "-o", file, harbour.url("a"))
    assert file.read_bytes() == BINARY


def test_curl_resumes_a_store(curl, harbour, tmp_path):
    (harbour.home / "a").write_bytes(BINARY[:300_001])
    file = tmp_path / "a"
    file.write_bytes(BINARY)
    curl("-C", "-", "-T", file, harbour.url("a"))
    assert (harbour.home / "a").read_bytes() == BINARY


@pytest.mark.parametrize("tls", [(), ("--ssl-reqd", "-k")], ids=["plain", "TLS"])
@pytest.mark.parametrize("how", [{"reset": True}, {}], ids=["reset", "closed"])
def test_curl_resumes_a_store_that_was_cut(client, fails, curl, start_harbour, tmp_path, tls, how):
    harbour = start_harbour(partial_stores="keep")
    harbour.cut_next_store(300_000, **how)
    file = tmp_path / "a"
    file.write_bytes(BINARY)
    assert fails(client("curl"), "-sS", *tls, "-T", file, harbour.url("a")) in (18, 55, 56)
    assert (harbour.home / "a").read_bytes() == BINARY[:300_000]
    curl(*tls, "-C", "-", "-T", file, harbour.url("a"))
    assert (harbour.home / "a").read_bytes() == BINARY


def test_curl_fetches_a_range(curl, harbour):
    (harbour.home / "a").write_bytes(BINARY)
    assert curl("-r", "1000-1999", harbour.url("a")) == BINARY[1000:2000]


def test_curl_appends(curl, harbour, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"more")
    for _ in range(2):
        curl("-a", "-T", file, harbour.url("log"))
    assert (harbour.home / "log").read_bytes() == b"moremore"


def test_curl_makes_missing_directories(curl, harbour, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(TEXT)
    curl("--ftp-create-dirs", "-T", file, harbour.url("new/deeper/file"))
    assert (harbour.home / "new" / "deeper" / "file").read_bytes() == TEXT


@pytest.mark.parametrize("method", ["multicwd", "singlecwd", "nocwd"])
def test_curl_finds_files_with_odd_names(curl, harbour, method):
    make_tree(harbour.home / "tree")
    for number, name in enumerate(NAMES):
        content = b"" if name == "empty" else name.encode() * (number + 1)
        assert curl("--ftp-method", method, "-g", harbour.url("tree/" + quote(name))) == content


def test_curl_fetches_and_stores_text(curl, harbour, tmp_path):
    (harbour.home / "a").write_bytes(TEXT)
    assert curl("-B", harbour.url("a")) == TEXT
    assert harbour.farm.events("file")[0]["octets"] == len(TEXT) + TEXT.count(b"\n")
    file = tmp_path / "file"
    file.write_bytes(TEXT)
    curl("-B", "--crlf", "-T", file, harbour.url("b"))
    assert (harbour.home / "b").read_bytes() == TEXT


def test_curl_lists_names(curl, harbour):
    make_tree(harbour.home / "tree")
    listed = curl("-l", harbour.url("tree/")).decode().splitlines()
    assert sorted(listed) == sorted([*NAMES, "large.bin", "sub dir", "nothing in it"])


def test_curl_lists_the_unix_way_and_by_facts(curl, harbour):
    (harbour.home / "a.txt").write_bytes(TEXT)
    assert curl(harbour.url()).decode().splitlines()[0].split()[-1] == "a.txt"
    assert b"type=file;size=19;" in curl("-X", "MLSD", harbour.url())


def test_curl_gets_size_and_time_without_fetching(curl, harbour):
    (harbour.home / "a").write_bytes(BINARY)
    head = curl("-I", harbour.url("a")).decode()
    assert f"Content-Length: {len(BINARY)}\r\n" in head
    assert "Last-Modified: " in head


def test_curl_quotes_commands(curl, harbour):
    (harbour.home / "a").write_bytes(TEXT)
    quoted = ("-Q", "RNFR a", "-Q", "RNTO b", "-Q", "MKD sub", "-Q", "*DELE missing", "-Q", "SITE CHMOD 600 b")
    curl(*quoted, "-l", harbour.url())
    assert sorted(path.name for path in harbour.home.iterdir()) == ["b", "sub"]
    assert (harbour.home / "b").stat().st_mode & 0o777 == 0o600


def test_curl_uses_one_session_for_several_files(curl, harbour):
    for number in range(5):
        (harbour.home / str(number)).write_bytes(str(number).encode())
    assert curl(*[harbour.url(str(number)) for number in range(5)]) == b"01234"
    assert len(harbour.farm.events("login")) == 1


@pytest.mark.parametrize(("path", "status"), [("missing", 78), ("missing/a", 9)])
def test_curl_reports_a_missing_file(client, fails, harbour, path, status):
    assert fails(client("curl"), "-sS", harbour.url(path)) == status


def test_curl_reports_a_failed_login(client, fails, start_harbour):
    harbour = start_harbour(login_delay=0)
    assert fails(client("curl"), "-sS", f"ftp://alice:wrong@127.0.0.1:{harbour.port}/") == 67


def test_curl_breaks_no_rule_but_sends_auth_ssl_before_auth_tls(curl, harbour):
    (harbour.home / "a").write_bytes(BINARY)
    curl("--ssl-reqd", "--cacert", harbour.ca, harbour.url("a", host="localhost"))
    assert harbour.findings() == {"ftp.old-auth"}


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_curl_resumes_its_tls_session_for_three_transfers_in_a_row(curl, start_harbour, tmp_path, version):
    harbour = start_harbour(data_resume=True)
    for name in "abc":
        (harbour.home / name).write_bytes(BINARY)
    tls = ("--ssl-reqd", "--cacert", harbour.ca, f"--tlsv{version}", "--tls-max", version)
    files = [word for name in "abc" for word in ("-o", tmp_path / name, harbour.url(name, host="localhost"))]
    curl(*tls, *files)
    assert [(tmp_path / name).read_bytes() for name in "abc"] == [BINARY] * 3
    curl(*tls, "-T", f"{{{tmp_path}/a,{tmp_path}/b,{tmp_path}/c}}", harbour.url("", host="localhost"))
    stored = [event["code"] for event in harbour.farm.events("command") if event["verb"] == "STOR"]
    assert stored == ["226"] * 3
    assert {event["version"] for event in harbour.farm.events("tls")} == {f"TLSv{version}"}
    assert {event["resumed"] for event in harbour.farm.events("tls")} == {True, False}


@pytest.mark.parametrize("size", [10, 1_000_000])
@pytest.mark.parametrize("implicit", [False, True], ids=["ftp", "ftps"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_curl_mixes_uploads_and_downloads_while_it_resumes_its_tls_session(
    curl, start_harbour, tmp_path, version, implicit, size
):
    harbour = start_harbour(data_resume=True)
    for name in "abc":
        (tmp_path / name).write_bytes(name.encode() * size)
    scheme, port = ("ftps", harbour.tls_port) if implicit else ("ftp", harbour.port)
    url = f"{scheme}://alice:alice-pass@localhost:{port}/"
    tls = ("--ssl-reqd", "--cacert", harbour.ca, "--tls-max", version)
    stores = [("-T", f"{{{tmp_path}/a,{tmp_path}/b,{tmp_path}/c}}", url), ("-T", tmp_path / "a", url)]
    fetches = [("-o", tmp_path / f"{name}.back", f"{url}{name}") for name in "abc"]
    words = [word for one in [*stores, *fetches, *stores] for word in ("--next", *tls, *one)]
    curl(*words[1:])
    for name in "abc":
        assert (tmp_path / f"{name}.back").read_bytes() == name.encode() * size
    codes = [event["code"] for event in harbour.farm.events("command") if event["verb"] in ("STOR", "RETR")]
    assert codes == ["226"] * 11
