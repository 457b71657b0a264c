"""lftp: trees mirrored both ways, in the clear and under TLS, resuming, every format of LIST."""

import os

import pytest
from tests.interop.ftp_files import BINARY, NAMES, TEXT, contents, make_tree


@pytest.fixture(params=["plain", "TLS"])
def lftp(request, client, run, harbour, tmp_path):
    """Run commands of lftp as alice: what it printed."""
    return lftp_of(client, run, harbour, tmp_path, tls=request.param == "TLS")


def lftp_of(client, run, harbour, tmp_path, *, tls=False):
    settings = [
        *("set net:max-retries 1", "set net:timeout 20", "set cmd:fail-exit true", f"set ssl:ca-file {harbour.ca}"),
        f"set ftp:ssl-force {str(tls).lower()}; set ftp:ssl-allow {str(tls).lower()}; set ftp:ssl-protect-data true",
        f"lcd {tmp_path}",
        f"open -u alice,alice-pass -p {harbour.port} localhost",
    ]

    def lftp(*commands):
        script = "\n".join([*settings, *commands, "bye"])
        return run("env", f"LFTP_HOME={tmp_path}", "LC_ALL=C.UTF-8", client("lftp"), "--norc", "-c", script).decode()

    return lftp


def test_lftp_downloads_a_tree(lftp, harbour, tmp_path):
    make_tree(harbour.home / "tree")
    os.utime(harbour.home / "tree" / "a.txt", (1_000_000_000, 1_000_000_000))
    lftp("mirror tree here")
    assert contents(tmp_path / "here") == contents(harbour.home / "tree")
    assert (tmp_path / "here" / "a.txt").stat().st_mtime == 1_000_000_000


def test_lftp_uploads_a_tree(lftp, harbour, tmp_path):
    make_tree(tmp_path / "tree")
    os.utime(tmp_path / "tree" / "a.txt", (1_000_000_000, 1_000_000_000))
    lftp("mirror -R tree there")
    assert contents(harbour.home / "there") == contents(tmp_path / "tree")
    assert (harbour.home / "there" / "a.txt").stat().st_mtime == 1_000_000_000


def test_lftp_and_curl_share_files_with_the_api(lftp, run, client, harbour, tmp_path):
    api = f"{harbour.farm.farm.describe('default')['control']}/api/v1/worlds/default/ftp/files/home/alice"
    (tmp_path / "up").write_bytes(BINARY)
    run(client("curl"), "-sSf", "-T", tmp_path / "up", f"{api}/new/by%20api")
    lftp('get "new/by api" -o down', "put up -o by-ftp")
    assert (tmp_path / "down").read_bytes() == BINARY
    assert run(client("curl"), "-sSf", f"{api}/by-ftp") == BINARY


def test_lftp_transfers_nothing_the_second_time(lftp, harbour, tmp_path):
    make_tree(harbour.home / "tree")
    lftp("mirror tree here")
    assert lftp("mirror -v tree here --dry-run").strip() == ""


def test_lftp_mirrors_by_several_connections(lftp, harbour, tmp_path):
    make_tree(harbour.home / "tree")
    lftp("mirror --parallel=4 --use-pget-n=4 tree here")
    assert contents(tmp_path / "here") == contents(harbour.home / "tree")


def test_lftp_resumes_both_ways(lftp, harbour, tmp_path):
    (harbour.home / "down").write_bytes(BINARY)
    (tmp_path / "down").write_bytes(BINARY[:300_001])
    (tmp_path / "up").write_bytes(BINARY)
    (harbour.home / "up").write_bytes(BINARY[:300_001])
    lftp("get -c down", "put -c up")
    assert (tmp_path / "down").read_bytes() == BINARY
    assert (harbour.home / "up").read_bytes() == BINARY


# The store is cut by curl: lftp 4.9.2 tries again by itself, may take what it had read before for the whole, and hangs.
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize(("partial_stores", "rest"), [("keep", len(BINARY) - 300_000), ("discard", len(BINARY))])
def test_lftp_resumes_a_store_that_was_cut(client, fails, run, start_harbour, tmp_path, tls, partial_stores, rest):
    harbour = start_harbour(partial_stores=partial_stores)
    harbour.cut_next_store(300_000, reset=True)
    (tmp_path / "up").write_bytes(BINARY)
    assert fails(client("curl"), "-sS", "-T", tmp_path / "up", harbour.url("up"))
    lftp_of(client, run, harbour, tmp_path, tls=tls)("set ftp:use-mode-z no", "put -c up")
    assert (harbour.home / "up").read_bytes() == BINARY
    cut, whole = (one for one in harbour.farm.events("file") if one["what"] in ("store", "append"))
    assert cut.get("kept", False) is (partial_stores == "keep")
    assert (whole["complete"], whole["octets"]) == (True, rest)


def test_lftp_moves_text(lftp, harbour, tmp_path):
    (harbour.home / "a").write_bytes(TEXT)
    lftp("get -a a", "put -a a -o b")
    assert (tmp_path / "a").read_bytes() == TEXT
    assert (harbour.home / "b").read_bytes() == TEXT


def test_lftp_works_with_names_by_patterns(lftp, harbour, tmp_path):
    make_tree(harbour.home / "tree")
    lftp("cd tree", "mget *.txt", "mrm *.txt", "mv large.bin moved.bin", "mkdir -p x/y", "rm -r 'sub dir'")
    assert {path.name for path in tmp_path.glob("*.txt")} == {name for name in NAMES if name != "empty"}
    assert sorted(path.name for path in (harbour.home / "tree").iterdir()) == [
        "empty", "moved.bin", "nothing in it", "x",
    ]  # fmt: skip


def test_lftp_changes_modes(lftp, harbour):
    (harbour.home / "a").write_bytes(TEXT)
    lftp("chmod 600 a")
    assert (harbour.home / "a").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("listing", ["unix", "msdos", "eplf"])
def test_lftp_reads_every_format_of_list(client, run, start_harbour, tmp_path, listing):
    harbour = start_harbour(listing=listing)
    make_tree(harbour.home / "tree")
    lftp = lftp_of(client, run, harbour, tmp_path)
    command = ("set ftp:use-mlsd no", "set ftp:list-options ''", "cd tree")
    listed = lftp(*command, "cls -1 -s --block-size=1").splitlines()
    names = [*NAMES, "large.bin", "sub dir", "nothing in it"]
    assert sorted(lftp(*command, "cls -1").replace("/", "").splitlines()) == sorted(names)
    assert [line.split() for line in listed if "large.bin" in line] == [[str(len(BINARY)), "large.bin"]]


def test_lftp_uses_active_mode(lftp, harbour, tmp_path):
    (harbour.home / "a").write_bytes(BINARY)
    lftp("set ftp:passive-mode off", "get a", "put a -o b")
    assert (tmp_path / "a").read_bytes() == BINARY
    assert (harbour.home / "b").read_bytes() == BINARY


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_lftp_resumes_its_tls_session_for_three_transfers_in_a_row(client, run, start_harbour, tmp_path, version):
    harbour = start_harbour(data_resume=True)
    for name in "abc":
        (harbour.home / name).write_bytes(BINARY)
    lftp = lftp_of(client, run, harbour, tmp_path, tls=True)
    lftp(
        f'set ssl:priority "NORMAL:-VERS-ALL:+VERS-TLS{version}"',
        "get a",
        "get b",
        "get c",
        "put a -o d",
        "put b -o e",
        "put c -o f",
    )
    assert [(tmp_path / name).read_bytes() for name in "abc"] == [BINARY] * 3
    assert (harbour.home / "e").read_bytes() == BINARY
    assert {event["version"] for event in harbour.farm.events("tls")} == {f"TLSv{version}"}


@pytest.mark.parametrize("implicit", [False, True], ids=["ftp", "ftps"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_lftp_stores_three_files_in_a_row_while_it_resumes_its_tls_session(
    client, run, start_harbour, tmp_path, version, implicit
):
    harbour = start_harbour(data_resume=True)
    for name in "abc":
        (tmp_path / name).write_bytes(BINARY)
    lftp = lftp_of(client, run, harbour, tmp_path, tls=True)
    to_ftps = [f"open -u alice,alice-pass -p {harbour.tls_port} ftps://localhost"] if implicit else []
    priority = f'set ssl:priority "NORMAL:-VERS-ALL:+VERS-TLS{version}"'
    lftp(priority, *to_ftps, "put a", "put b", "put c", "get a -o d", "put d")
    assert [(harbour.home / name).read_bytes() for name in "abcd"] == [BINARY] * 4
    codes = [event["code"] for event in harbour.farm.events("command") if event["verb"] in ("STOR", "RETR")]
    assert codes == ["226"] * 5


def test_lftp_mirrors_many_small_files_under_tls_and_mode_z_without_repeating_one(client, run, start_harbour, tmp_path):
    harbour = start_harbour()
    files = {f"{number:03}.txt": b"%d\r\n" % number * number * 10 for number in range(1, 501)}
    (harbour.home / "tree").mkdir()
    for name, content in files.items():
        (harbour.home / "tree" / name).write_bytes(content)
    lftp_of(client, run, harbour, tmp_path, tls=True)("mirror tree here")
    assert contents(tmp_path / "here") == files
    commands = [(event["verb"], event["code"]) for event in harbour.farm.events("command")]
    assert commands.count(("RETR", "226")) == len([one for one in commands if one[0] == "RETR"]) == len(files)
    assert ("MODE", "200") in commands
    assert len(commands) < 3 * len(files)
    assert {event["listener"] for event in harbour.farm.events("opened")} == {"tcp"}
    assert len(harbour.farm.events("opened")) == 1
