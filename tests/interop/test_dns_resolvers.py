"""The system's resolver against a farm on port 53 in a network of its own: at once, and through dnsmasq and unbound."""

import pytest

SCRIPT = """\
set -e
"$@" up --well-known --host 127.0.0.77 -q --services dns,smtp >ready.json &
trap 'kill %1 $(jobs -p); wait' EXIT
"$@" ready --wait --url "http://127.0.0.77:18000" >/dev/null
FORWARDER
echo "nameserver SERVER" >resolv.conf
unshare --mount sh -c '
    mount --bind resolv.conf /etc/resolv.conf
    for try in $(seq 50); do getent ahosts mail.homeport.test && break || sleep 0.2; done  # until it listens
    getent hosts nope.homeport.test || echo "not found: $?"'
"""
UNBOUND = """\
server:
  interface: 127.0.0.79
  do-daemonize: no
  chroot: ""
  username: ""
  directory: "."
  pidfile: ""
  use-syslog: no
  logfile: "unbound.log"
  do-not-query-localhost: no
  module-config: "iterator"
  local-zone: "test." nodefault
forward-zone:
  name: "."
  forward-addr: 127.0.0.77
"""
FORWARDERS = {
    "127.0.0.77": "",
    "127.0.0.78": "dnsmasq --keep-in-foreground --no-resolv --no-hosts --bind-interfaces --listen-address=127.0.0.78 "
    "--server=127.0.0.77 --user=root --pid-file= --conf-file=/dev/null 2>dnsmasq.log &",
    "127.0.0.79": "unbound -c unbound.conf &",
}
"""Commands that start the server at an address, which asks the farm."""


@pytest.mark.parametrize(
    ("server", "program"), [("127.0.0.77", "getent"), ("127.0.0.78", "dnsmasq"), ("127.0.0.79", "unbound")]
)
def test_getent_finds_the_world_s_mail_host(client, tmp_path, in_own_network, server, program):
    client(program)
    (tmp_path / "unbound.conf").write_text(UNBOUND)
    script = SCRIPT.replace("FORWARDER", FORWARDERS[server]).replace("SERVER", server)
    printed = in_own_network(script, LC_ALL="C", RES_OPTIONS="timeout:1 attempts:5")
    assert printed.splitlines() == [
        "127.0.0.77      STREAM mail.homeport.test",
        "127.0.0.77      DGRAM  ",
        "127.0.0.77      RAW    ",
        "not found: 2",
    ]
