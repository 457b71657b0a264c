"""The clients that people type at, or script: tnftp, ncftp, wget."""

import pytest
from tests.interop.ftp_files import BINARY, TEXT, contents, make_tree

# tnftp, BSD's ftp


@pytest.fixture
def tnftp(client, run, harbour, tmp_path):
    """Type commands at tnftp as alice: what it printed."""

    def tnftp(*commands, options=()):
        script = [f"open 127.0.0.1 {harbour.port}", "user alice alice-pass", f"lcd {tmp_path}", *commands, "bye"]
        # -n: no .netrc; -i: no questions; -v: replies are shown.
        return run(client("tnftp"), "-n", "-i", "-v", *options, stdin="\n".join([*script, ""]).encode()).decode()

    return tnftp


@pytest.mark.parametrize("options", [("-p",), ("-A",)], ids=["passive", "active"])
def test_tnftp_moves_files_both_ways(tnftp, harbour, tmp_path, options):
    (harbour.home / "down").write_bytes(BINARY)
    (tmp_path / "up").write_bytes(BINARY)
    printed = tnftp("binary", "get down", "put up", options=options)
    assert printed.count("226") == 2
    assert (tmp_path / "down").read_bytes() == BINARY
    assert (harbour.home / "up").read_bytes() == BINARY


def test_tnftp_moves_text(tnftp, harbour, tmp_path):
    (harbour.home / "a").write_bytes(TEXT)
    tnftp("ascii", "get a", "put a b")
    assert (tmp_path / "a").read_bytes() == TEXT
    assert (harbour.home / "b").read_bytes() == TEXT


def test_tnftp_resumes_and_appends(tnftp, harbour, tmp_path):
    (harbour.home / "a").write_bytes(BINARY)
    (tmp_path / "a").write_bytes(BINARY[:300_001])
    (tmp_path / "more").write_bytes(b"more")
    tnftp("binary", "reget a", "append more a")
    assert (tmp_path / "a").read_bytes() == BINARY
    assert (harbour.home / "a").read_bytes() == BINARY + b"more"


def test_tnftp_works_with_directories_and_patterns(tnftp, harbour, tmp_path):
    make_tree(harbour.home / "tree")
    printed = tnftp("binary", "cd tree", "pwd", "mget *.bin", "mkdir new", "rename a.txt new/b.txt", "delete empty",
                    "rmdir new", "rmdir 'nothing in it'", "rmdir \"nothing in it\"")  # fmt: skip
    assert '"/home/alice/tree"' in printed
    assert (tmp_path / "large.bin").read_bytes() == BINARY
    left = contents(harbour.home / "tree")
    assert "new/b.txt" in left
    assert "empty" not in left
    assert "nothing in it" not in left


def test_tnftp_shows_listings(tnftp, harbour):
    make_tree(harbour.home / "tree")
    printed = tnftp("cd tree", "ls", "mlsd", "nlist", "dir *.bin", "modtime a.txt", "size large.bin")
    assert printed.count("large.bin") >= 5
    assert str(len(BINARY)) in printed


def test_tnftp_shows_the_servers_replies(tnftp, harbour):
    printed = tnftp("system", "status", "rstatus", "rhelp", "remotehelp retr", "quote feat", "site help", "quote noop")
    assert "215 UNIX" in printed
    assert "211" in printed
    assert "214" in printed
    assert " MLST type*" in printed


# ncftp


@pytest.fixture
def ncftp(client, run, harbour, tmp_path):
    """Run a command of ncftp's family as alice."""

    def ncftp(command, *words):
        who = ("-u", "alice", "-p", "alice-pass", "-P", harbour.port)
        quiet = () if command == "ncftpls" else ("-V",)
        return run("env", f"HOME={tmp_path}", client(command), *quiet, *who, *words).decode()

    return ncftp


@pytest.mark.parametrize("way", ["-F", "-E"], ids=["passive", "active"])
def test_ncftp_moves_trees_both_ways(ncftp, harbour, tmp_path, way):
    make_tree(tmp_path / "tree")
    ncftp("ncftpput", way, "-R", "127.0.0.1", "/home/alice", tmp_path / "tree")
    assert contents(harbour.home / "tree") == contents(tmp_path / "tree")
    (tmp_path / "back").mkdir()
    ncftp("ncftpget", way, "-R", "127.0.0.1", tmp_path / "back", "/home/alice/tree")
    assert contents(tmp_path / "back" / "tree") == contents(tmp_path / "tree")


# ncftpput -z restarts at the right place, and then sends the whole file there: its own mistake since it uses sendfile.
def test_ncftp_resumes_a_fetch(ncftp, harbour, tmp_path):
    (harbour.home / "down").write_bytes(BINARY)
    (tmp_path / "down").write_bytes(BINARY[:300_001])
    ncftp("ncftpget", "-z", "127.0.0.1", tmp_path, "/home/alice/down")
    assert (tmp_path / "down").read_bytes() == BINARY


def test_ncftp_lists(ncftp, harbour):
    make_tree(harbour.home / "tree")
    assert "with blanks.txt" in ncftp("ncftpls", "-l", f"ftp://127.0.0.1:{harbour.port}/tree/")


# wget


@pytest.fixture
def wget(client, run, harbour, tmp_path):
    """Run wget where its files shall be."""
    return lambda *words: run(client("wget"), "-nv", "--no-config", "-t", 1, "-T", 20, "-P", tmp_path / "got", *words)


@pytest.mark.parametrize("way", [(), ("--no-passive-ftp",)], ids=["passive", "active"])
def test_wget_fetches_a_tree(wget, harbour, tmp_path, way):
    make_tree(harbour.home / "tree")
    (harbour.home / "tree" / "nothing in it").rmdir()
    (harbour.home / "tree" / "#hash%20.txt").unlink()  # wget takes %20 in a listing for a blank
    wget(*way, "-r", "-nH", harbour.url("tree/"))
    assert contents(tmp_path / "got" / "tree") == contents(harbour.home / "tree")


def test_wget_resumes_and_follows_patterns(wget, harbour, tmp_path):
    (harbour.home / "a.bin").write_bytes(BINARY)
    (harbour.home / "b.txt").write_bytes(TEXT)
    (tmp_path / "got").mkdir()
    (tmp_path / "got" / "a.bin").write_bytes(BINARY[:300_001])
    wget("-c", harbour.url("*.bin"))
    assert contents(tmp_path / "got") == {"a.bin": BINARY}


def test_wget_fetches_under_tls(wget, harbour, tmp_path):
    (harbour.home / "a.bin").write_bytes(BINARY)
    url = harbour.url("a.bin", host="localhost").replace("ftp:", "ftps:")
    wget("--ca-certificate", harbour.ca, url)
    implicit = f"ftps://alice:alice-pass@localhost:{harbour.tls_port}/a.bin"
    wget("--ca-certificate", harbour.ca, "--ftps-implicit", "-O", tmp_path / "implicit", implicit)
    assert (tmp_path / "got" / "a.bin").read_bytes() == (tmp_path / "implicit").read_bytes() == BINARY
