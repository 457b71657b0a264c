"""Clients of Ident: Net::Ident of Perl, and nc."""

import socket
import subprocess

from tests.interop.conftest import lacking

NET_IDENT = r"""
use strict; use warnings;
# It asks the port of /etc/services: here another, which must be known before the module is compiled.
BEGIN { no warnings 'once'; *CORE::GLOBAL::getservbyname = sub { ("ident", "", $ARGV[1], "tcp") }; }
use IO::Socket::INET; use Net::Ident;
my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0]) or die "no connection";
my ($user, $system, $error) = Net::Ident::lookup($socket, 10);
print defined $user ? "$user/$system\n" : "none/$error\n";
"""


def test_net_ident_parses_the_answer(client, start_farm, tmp_path):
    perl = client("perl")
    if subprocess.run([perl, "-MNet::Ident", "-e1"], capture_output=True, check=False).returncode:
        lacking("there is no Net::Ident for Perl on this machine")
    farm = start_farm("ident", "echo")
    script = tmp_path / "ident.pl"
    script.write_text(NET_IDENT)
    done = subprocess.run(
        [perl, script, str(farm.port("echo")), str(farm.port("ident"))],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.stdout == "homeport/UNIX\n", done.stderr


def test_nc_gets_one_line(client, start_farm):
    farm = start_farm("ident", "echo")
    with socket.create_connection(("127.0.0.1", farm.port("echo")), 10) as asked:
        query = f"{farm.port('echo')}, {asked.getsockname()[1]}"
        done = subprocess.run(
            [client("nc"), "127.0.0.1", str(farm.port("ident"))],
            input=f"{query}\r\n".encode(), capture_output=True, timeout=30, check=True,
        )  # fmt: skip
    assert done.stdout == f"{query} : USERID : UNIX :homeport\r\n".encode()
