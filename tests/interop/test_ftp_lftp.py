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


def test_lftp_mirrors_a_tree_from_us(lftp, harbour, tmp_path):
    make_tree(harbour.home / "tree")
    os.utime(harbour.home / "tree" / "a.txt", (1_000_000_000, 1_000_000_000))
    lftp("mirror tree here")
    assert contents(tmp_path / "here") == contents(harbour.home / "tree")
    assert (tmp_path / "here" / "a.txt").stat().st_mtime == 1_000_000_000


def test_lftp_mirrors_a_tree_to_us(lftp, harbour, tmp_path):
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


def test_lftp_finds_nothing_to_do_the_second_time(lftp, harbour, tmp_path):
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
def test_lftp_goes_on_with_a_store_that_was_cut(client, fails, run, start_harbour, tmp_path, tls, partial_stores, rest):
    harbour = start_harbour(partial_stores=partial_stores)
    harbour.cut_next_store(300_000, reset=True)
    (tmp_path / "up").write_bytes(BINARY)
    assert fails(client("curl"), "-sS", "-T", tmp_path / "up", harbour.url("up"))
    lftp_of(client, run, harbour, tmp_path, tls=tls)("set ftp:use-mode-z no", "put -c up")
    assert (harbour.home / "up").read_bytes() == BINARY
    cut, whole = harbour.farm.events("file")
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


def test_lftp_connects_for_us_to_come_back(lftp, harbour, tmp_path):
    (harbour.home / "a").write_bytes(BINARY)
    lftp("set ftp:passive-mode off", "get a", "put a -o b")
    assert (tmp_path / "a").read_bytes() == BINARY
    assert (harbour.home / "b").read_bytes() == BINARY
