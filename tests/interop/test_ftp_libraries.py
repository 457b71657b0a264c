"""FTP libraries: Python's ftplib, Perl's Net::FTP, Node's basic-ftp."""

import ftplib
import io
import ssl
import subprocess

import pytest
from tests.interop.conftest import lacking
from tests.interop.ftp_files import BINARY, NAMES, TEXT, contents, make_tree

# Python's ftplib


@pytest.fixture(params=["plain", "TLS"])
def ftp(request, harbour):
    """A client that is logged in as alice."""
    if request.param == "TLS":
        client = ftplib.FTP_TLS(context=ssl.create_default_context(cafile=harbour.ca), timeout=20)
    else:
        client = ftplib.FTP(timeout=20)
    with client:
        client.connect("localhost", harbour.port)
        client.login("alice", "alice-pass")
        if request.param == "TLS":
            client.prot_p()
        yield client


@pytest.mark.parametrize("passive", [True, False], ids=["passive", "active"])
def test_ftplib_moves_files_both_ways(ftp, harbour, passive):
    ftp.set_pasv(passive)
    ftp.storbinary("STOR a", io.BytesIO(BINARY))
    assert (harbour.home / "a").read_bytes() == BINARY
    got = io.BytesIO()
    ftp.retrbinary("RETR a", got.write)
    assert got.getvalue() == BINARY


def test_ftplib_moves_lines(ftp, harbour):
    ftp.storlines("STOR a", io.BytesIO(TEXT))
    assert (harbour.home / "a").read_bytes() == TEXT
    lines = []
    ftp.retrlines("RETR a", lines.append)
    assert lines == TEXT.decode().splitlines()


def test_ftplib_resumes(ftp, harbour):
    (harbour.home / "a").write_bytes(BINARY)
    got = io.BytesIO()
    ftp.retrbinary("RETR a", got.write, rest=300_001)
    assert got.getvalue() == BINARY[300_001:]
    ftp.storbinary("STOR a", io.BytesIO(b"end"), rest=300_001)
    assert (harbour.home / "a").read_bytes() == BINARY[:300_001] + b"end" + BINARY[300_004:]


def test_ftplib_continues_after_aborting_a_transfer(ftp, harbour):
    (harbour.home / "a").write_bytes(BINARY * 40)
    ftp.voidcmd("TYPE I")
    data = ftp.transfercmd("RETR a")
    assert data.recv(1000)
    assert ftp.abort().startswith("426")
    assert ftp.getmultiline().startswith("226")  # which ftplib leaves to be read
    data.close()
    assert ftp.voidcmd("NOOP").startswith("200")


def test_ftplib_works_with_directories(ftp, harbour):
    make_tree(harbour.home / "tree")
    ftp.cwd("tree")
    assert ftp.pwd() == "/home/alice/tree"
    assert ftp.mkd('a "b"') == '/home/alice/tree/a "b"'
    ftp.rename("a.txt", 'a "b"/c.txt')
    ftp.delete("empty")
    ftp.rmd("nothing in it")
    ftp.voidcmd("TYPE I")
    assert ftp.size("large.bin") == len(BINARY)
    ftp.voidcmd("TYPE A")
    assert ftp.size("large.bin") == len(BINARY) + BINARY.count(b"\n") - BINARY.count(b"\r\n")
    assert sorted(ftp.nlst()) == sorted([*set(NAMES) - {"a.txt", "empty"}, 'a "b"', "large.bin", "sub dir"])
    facts = dict(ftp.mlsd())
    assert facts["large.bin"]["size"] == str(len(BINARY))
    assert facts["sub dir"]["type"] == "dir"
    listed = []
    ftp.dir(listed.append)
    assert len(listed) == len(ftp.nlst())


def test_ftplib_distinguishes_errors(ftp):
    with pytest.raises(ftplib.error_perm, match=r"^550"):
        ftp.size("missing")
    with pytest.raises(ftplib.error_perm, match=r"^550"):
        ftp.cwd("missing")
    with pytest.raises(ftplib.error_perm, match=r"^550"):
        ftp.nlst("missing")


# Perl's Net::FTP

NET_FTP = r"""
use strict; use warnings; use Net::FTP;
my ($port, $passive, $folder, $ca, $tls) = @ARGV;
my @who = ('localhost', Port => $port, Passive => $passive, Timeout => 20, SSL_ca_file => $ca);
my $ftp = Net::FTP->new(@who) or die $@;
if ($tls) {
    $ftp->starttls or die 'AUTH TLS: ', $ftp->message;
    $ftp->prot('P') or die $ftp->message;
}
sub must { my ($done, $what) = @_; die "$what: ", $ftp->message unless $done; return $done }
must($ftp->login('alice', 'alice-pass'), 'login');
must($ftp->binary, 'binary');
must($ftp->put("$folder/up", 'stored'), 'put');
must($ftp->get('stored', "$folder/down"), 'get');
must($ftp->append("$folder/more", 'stored'), 'append');
print 'size ', $ftp->size('stored'), "\n";
must($ftp->mkdir('one/two', 1), 'mkdir');
must($ftp->rename('stored', 'one/two/moved'), 'rename');
must($ftp->cwd('one'), 'cwd');
print 'pwd ', $ftp->pwd, "\n";
print 'ls ', join(',', $ftp->ls('two')), "\n";
print 'dir ', scalar(@{[$ftp->dir('two')]}), "\n";
print 'mdtm ', $ftp->mdtm('two/moved') > 1_000_000_000 ? 'ok' : 'wrong', "\n";
# It reads the name off the 150 of RFC 1123 4.1.2.9; what its `unique_name` gives is set nowhere in it.
print 'unique ', $ftp->put_unique("$folder/more", 'u'), ' ', $ftp->put_unique("$folder/more", 'u'), "\n";
must($ftp->ascii, 'ascii');
my $reader = must($ftp->retr('two/moved'), 'retr');
$reader->read(my $some, 100);
if ($tls) {  # abort would send the Synch past OpenSSL, which breaks the stream
    1 while $reader->read($some, 65536);
    must($reader->close, 'close');
} else {
    $reader->abort;
}
must($ftp->cdup, 'cdup');
must($ftp->rmdir('one', 1), 'rmdir');
must($ftp->quit, 'quit');
"""


@pytest.mark.parametrize("passive", [1, 0], ids=["passive", "active"])
@pytest.mark.parametrize("tls", [0, 1], ids=["plain", "TLS"])
def test_net_ftp_uses_all_its_commands(client, run, harbour, tmp_path, passive, tls):
    perl = client("perl")
    if tls and subprocess.run([perl, "-MIO::Socket::SSL", "-e1"], capture_output=True, check=False).returncode:
        lacking("there is no IO::Socket::SSL for perl")
    (tmp_path / "up").write_bytes(BINARY)
    (tmp_path / "more").write_bytes(b"more")
    printed = run(perl, "-e", NET_FTP, harbour.port, passive, tmp_path, harbour.ca, tls).decode()
    assert (tmp_path / "down").read_bytes() == BINARY
    assert printed.splitlines() == [
        f"size {len(BINARY) + 4}", "pwd /home/alice/one", "ls two/moved", "dir 1", "mdtm ok", "unique u u.1",
    ]  # fmt: skip
    assert contents(harbour.home) == {}


# Node's basic-ftp

BASIC_FTP = r"""
const { Client } = require("basic-ftp");
const fs = require("fs");
const [port, folder, ca, secure] = process.argv.slice(1);
(async () => {
  const client = new Client(20000);
  const modes = { none: false, explicit: true, implicit: "implicit" };
  await client.access({
    host: "localhost", port: Number(port), user: "alice", password: "alice-pass",
    secure: modes[secure], secureOptions: { ca: fs.readFileSync(ca) },
  });
  console.log("features", (await client.features()).has("MLST"));
  await client.uploadFromDir(`${folder}/tree`, "tree");
  await client.cd("/home/alice");
  await client.downloadToDir(`${folder}/back`, "tree");
  console.log("size", await client.size("tree/large.bin"));
  await client.appendFrom(`${folder}/more`, "tree/large.bin");
  await client.downloadTo(`${folder}/part`, "tree/large.bin", 1000);
  const listed = await client.list("tree");
  console.log("listed", listed.length, listed.filter((one) => one.isDirectory).length);
  await client.rename("tree/a.txt", "tree/b.txt");
  console.log("pwd", await client.pwd());
  await client.removeDir("tree");
  client.close();
})().catch((error) => { console.error(error); process.exit(1); });
"""


@pytest.mark.parametrize("secure", ["none", "explicit", "implicit"])
def test_basic_ftp_uses_all_its_commands(node_with, run, harbour, tmp_path, secure):
    make_tree(tmp_path / "tree")
    if secure != "none":
        # Where it resumes a TLS session it may take the handshake for done too early, and closes in the midst of it if
        # there is nothing to send: 425.
        (tmp_path / "tree" / "empty").write_bytes(b"not empty")
    (tmp_path / "more").write_bytes(b"more")
    port = harbour.tls_port if secure == "implicit" else harbour.port
    (tmp_path / "part").write_bytes(BINARY[:1000])
    printed = run(node_with("basic-ftp"), "-e", BASIC_FTP, "--", port, tmp_path, harbour.ca, secure).decode()
    assert contents(tmp_path / "back") == contents(tmp_path / "tree")
    assert (tmp_path / "part").read_bytes() == BINARY + b"more"
    assert printed.splitlines() == [
        "features true", f"size {len(BINARY)}", f"listed {len(NAMES) + 3} 2", "pwd /home/alice",
    ]  # fmt: skip
    assert contents(harbour.home) == {}
