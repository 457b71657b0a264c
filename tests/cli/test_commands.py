"""The commands other than `up`: those on files, and those that talk to a running farm."""

import json
import os
import socket
import ssl
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner

from homeport import __version__
from homeport.cli import COMMANDS, homeport
from homeport.control.farm import FarmRefused
from homeport.protocol.rules import Rule
from homeport.world.journal import Source

SERVERS = Path(__file__).parents[2] / "servers"
NO_FARM = "http://127.0.0.1:1"


@pytest.fixture
def run(monkeypatch):
    """Run a command in this process; return exit code, standard output, standard error."""
    for name in os.environ:
        if name.startswith("HOMEPORT"):
            monkeypatch.delenv(name)

    def call(*arguments, **environment):
        result = CliRunner().invoke(homeport, arguments, env=environment, prog_name="homeport")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return call


@pytest.fixture
def url(farm):
    """The control URL of a running farm."""
    return farm.farm.describe("default")["control"]


@pytest.fixture
def raise_finding():
    """Break a rule of Echo, so that the farm reports a finding."""

    def call(farm):
        rule = Rule("odd", "must", "RFC 862", "was odd")
        farm.call(farm.world.findings.add, rule, Source("echo", "tcp"), b"x")

    return call


def test_alone_it_prints_help(run):
    code, out, _err = run()
    assert code == 0
    assert all(f"\n  {name} " in out for name in COMMANDS)


def test_an_unknown_command_gets_the_nearest(run):
    code, _out, err = run("querry")
    assert code == 2
    assert "did you mean 'query'?" in err


def test_help_loads_neither_twisted_nor_the_configuration():
    program = (
        "import sys; sys.argv = ['homeport', '--help']\n"
        "from homeport.cli import main\n"
        "heavy = ('twisted', 'msgspec', 'homeport.config.sections')\n"
        "try: main()\n"
        "except SystemExit: print([m for m in heavy if m in sys.modules])\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(SERVERS)}, capture_output=True, text=True, check=True
    ).stdout
    assert out.splitlines()[-1] == "[]"


def test_every_option_has_an_environment_twin():
    for name in COMMANDS:
        for option in homeport.get_command(None, name).params:
            if option.param_type_name == "option":
                twins = [option.envvar] if isinstance(option.envvar, str) else option.envvar
                assert f"HOMEPORT_{option.opts[-1].removeprefix('--').replace('-', '_').upper()}" in twins


def test_version_shows_our_version_and_those_below(run):
    assert run("version")[1].startswith(f"homeport {__version__} (Python 3.")


def test_check_accepts_and_shows_the_effective_configuration(run, tmp_path):
    file = tmp_path / "a.toml"
    file.write_text("[echo]\nport = 5\n")
    assert run("check", str(file))[:1] == (0,)
    code, out, _err = run("check", str(file), "--json", HOMEPORT__ECHO__STRICT="true")
    assert code == 0
    assert json.loads(out)["echo"] == {
        "enabled": True,
        "persona": "",
        "strict": True,
        "dscp": 0,
        "limits": {},
        "port": 5,
    }
    assert json.loads(run("check", "--json")[1])["control"]["port"] == 18000


def test_check_refuses_with_line_and_exit_code_2(run, tmp_path):
    file = tmp_path / "a.toml"
    file.write_text("\n[echo]\nprot = 5\n")
    code, out, err = run("check", str(file))
    assert (code, out) == (2, "")
    assert err == f"homeport: {file}:3: echo has no key 'prot'; did you mean 'port'?\n"


def test_init_writes_a_configuration_that_check_accepts_and_never_overwrites(run, tmp_path):
    file = tmp_path / "new.toml"
    assert run("init", str(file))[0] == 0
    assert run("check", str(file))[0] == 0
    written = file.read_text()
    assert run("init", "-")[1] == written
    code, _out, err = run("init", str(file))
    assert code == 2
    assert "already exists" in err
    assert file.read_text() == written


def test_ports_shows_every_listener(run, farm, url):
    code, out, _err = run("ports", "--url", url)
    assert code == 0
    assert f"echo.tcp             {farm.port('echo')} " in out
    assert json.loads(run("ports", "--json", HOMEPORT_URL=url)[1]) == farm.farm.describe("default")
    lines = run("ports", "--env", "--url", url)[1].splitlines()
    assert f"HOMEPORT_URL={url}" in lines
    assert f"HOMEPORT_ECHO_UDP_PORT={farm.port('echo', 'udp')}" in lines


def test_ready_is_0_when_every_listener_answers(run, farm, url):
    assert run("ready", "--url", url) == (0, "ready\n", "")
    assert run("ready", "--wait", "-q", "--url", url) == (0, "", "")


def test_ready_ignores_stopped_services_and_leaves_no_trace_in_the_journal(run, farm, url):
    assert run("fault", "add", "time", "refuse", "--url", url)[0] == 0
    farm.call(lambda: farm.farm.hosts["default"].stop_service("echo"))
    assert not any(one.up for one in farm.farm.hosts["default"].listeners if one.service.name in ("echo", "time"))
    assert run("ready", "--url", url) == (0, "ready\n", "")
    assert farm.events("opened") == farm.events("datagram") == []
    assert run("findings", "--fail", "--url", url) == (0, "0 findings\n", "")


def test_ready_names_a_listener_that_has_lost_its_port(run, farm, url):
    def lose_port():
        """Connect the socket of the stopped listener, so that it cannot listen again."""
        host = farm.farm.hosts["default"]
        (tcp,) = (one for one in host.listeners if one.bound.wanted.name == "echo.tcp")
        host.stop_service("echo")
        tcp.descriptors[0].socket.setblocking(True)
        tcp.descriptors[0].socket.connect(("127.0.0.1", farm.port("time")))
        with pytest.raises(FarmRefused, match="cannot listen on port"):
            host.start_service("echo")

    farm.call(lose_port)
    for arguments in ([], ["--wait", "--timeout", "60ms"]):
        code, out, err = run("ready", "--url", url, *arguments)
        assert (code, out) == (1, "")
        assert f"echo.tcp of the world 'default' has lost port {farm.port('echo')}: free the port" in err
        assert run("ready", "--quiet", "--url", url, *arguments) == (1, "", "")
    farm.call(lambda: farm.farm.hosts["default"].stop_service("echo"))
    assert run("ready", "--url", url)[0] == 0


def test_ready_checks_the_world_that_is_named(run, farm, url):
    code, _out, err = run("ready", "--world", "nowhere", "--url", url)
    assert code == 1
    assert "nowhere" in err
    farm.call(lambda: farm.farm.make_world("there", farm.config))
    assert run("ready", "--world", "there", "--url", url)[0] == 0


@pytest.mark.parametrize("where", ["variable", "file", "host", "set"])
def test_without_a_url_commands_find_the_farm_that_the_environment_configures(run, start_farm, tmp_path, where):
    farm = start_farm("echo", hosts=["127.0.0.2"], control={"token": "secret"})
    port = farm.farm.control.port
    file = tmp_path / "homeport.toml"
    file.write_text("" if where != "file" else f"[control]\nport = {port}\ntoken = 'secret'\nhosts = ['127.0.0.2']\n")
    environment = {
        "variable": {"HOMEPORT__CONTROL__PORT": str(port), "HOMEPORT__CONTROL__HOSTS": "['127.0.0.2']"},
        "file": {},
        "host": {"HOMEPORT_HOST": "127.0.0.2", "HOMEPORT__CONTROL__PORT": str(port)},
        "set": {"HOMEPORT_SET": f"control.port={port} control.hosts=['127.0.0.2']"},
    }[where]
    environment["HOMEPORT_CONFIG"] = str(file)
    assert run("ready", **environment) == (0, "ready\n", "")
    if where != "file":
        assert "this farm requires its token" in run("ports", **environment)[2]
        environment["HOMEPORT__CONTROL__TOKEN"] = "secret"
    assert run("ports", **environment)[0] == 0


def test_the_ready_file_overrides_the_configuration_because_it_includes_flags(run, start_farm, tmp_path):
    farm = start_farm("echo", control={"token": "secret"})
    file = tmp_path / "ready.json"
    file.write_text(json.dumps(farm.farm.describe("default")))
    environment = {"HOMEPORT_READY_FILE": str(file), "HOMEPORT__CONTROL__PORT": "1"}
    assert run("ready", **environment) == (0, "ready\n", "")
    file.unlink()
    assert "no farm at http://127.0.0.1:1" in run("ready", **environment)[2]
    file.write_text("half")
    assert "no farm at http://127.0.0.1:1" in run("ready", **environment)[2]


def test_commands_that_read_a_wrong_configuration_report_it(run):
    code, _out, err = run("ready", HOMEPORT__CONTROL__PROT="1")
    assert code == 2
    assert "HOMEPORT__CONTROL__PROT: control has no key 'prot'; did you mean 'port'?" in err


@pytest.fixture
def stand_in():
    """The URL of a server that answers every request with the same text."""
    servers = []

    def start(text):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Handler))
        Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_server_that_is_not_a_farm_is_reported(run, stand_in):
    code, _out, err = run("ports", "--url", stand_in("<html>"))
    assert code == 1
    assert "is not a farm: name a farm with --url" in err


@pytest.mark.parametrize("command", ["ports", "ready", "journal", "findings"])
def test_without_a_farm_they_say_how_to_start_one(run, command):
    code, out, err = run(command, "--url", NO_FARM)
    assert (code, out) == (1, "")
    assert err == f"homeport: no farm at {NO_FARM}: start one with `homeport up`, or name it with --url\n"


def test_an_invalid_url_is_refused(run):
    assert run("ports", "--url", "ftp://x")[0] == 2
    assert run("ports", "--url", "http://x:port")[0] == 2


def test_query_asks_the_running_farm_over_tcp_and_udp(run, farm, url):
    assert run("query", "echo", "hello", "--url", url) == (0, "hello\n", "")
    assert run("query", "echo", "hello", "--udp", "--url", url) == (0, "hello\n", "")
    assert run("query", "echo", "hi\r\nho", "-v", "--url", url)[1] == "C: hi\\r\\n\nC: ho\nS: hi\\r\\n\nS: ho\n"


def test_query_asks_any_host_and_port_too(run, farm):
    assert run("query", f"echo://127.0.0.1:{farm.port('echo')}", "hello")[1] == "hello\n"
    assert run("query", f"echo://[::1]:{farm.port('echo')}", "hello")[1] == "hello\n"


def test_query_escapes_terminal_controls(run, farm, url):
    assert run("query", "echo", "\x1b[2Jx\ty", "--url", url)[1] == "\\x1b[2Jx\ty\n"


def test_query_reports_a_missing_answer(run):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        code, _out, err = run("query", f"time://127.0.0.1:{port}", "--udp", "--timeout", "50ms")
        assert code == 1
        assert f"no answer from time at 127.0.0.1 port {port} (UDP) within 0.05 s" in err
    code, _out, err = run("query", f"time://127.0.0.1:{port}")
    assert code == 1
    assert "Connection refused" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ecoh"], "cannot ask 'ecoh'; did you mean 'echo'?"),
        (["whois", "--udp"], "whois is not served over UDP"),
        (["echo://host:port"], "write echo://HOST:PORT"),
        (["echo://127.0.0.1:1", "--timeout", "soon"], "'soon' is not a duration"),
    ],
)
def test_query_refuses_what_it_cannot_do(run, arguments, message):
    code, _out, err = run("query", *arguments)
    assert code == 2
    assert message in err


def test_query_shows_a_time_as_seconds_and_date(run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = subprocess.Popen(
            [sys.executable, "-m", "homeport", "query", f"time://127.0.0.1:{port}"],
            env={"PYTHONPATH": str(SERVERS)},
            stdout=subprocess.PIPE,
        )
        accepted, _peer = server.accept()
        with accepted:
            accepted.sendall((2**32 - 1).to_bytes(4))
        assert client.communicate(timeout=10)[0] == b"4294967295 2036-02-07T06:28:15Z\n"


def test_journal_shows_events(run, farm, url):
    farm.udp("echo", b"knock")
    out = run("journal", "--url", url)[1]
    assert "datagram 'knock' -> 'knock'" in out
    events = [json.loads(line) for line in run("journal", "--json", "--service", "echo", "--url", url)[1].splitlines()]
    assert [event["type"] for event in events] == ["datagram"]
    assert run("journal", "--service", "time", "--url", url) == (0, "", "")


def test_journal_follows_new_events(farm, url, homeport_command):
    farm.udp("echo", b"first")
    client = subprocess.Popen(
        [*homeport_command, "journal", "-f", "--json", "--url", url],
        env={"PYTHONPATH": str(SERVERS), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
    )
    try:
        assert json.loads(client.stdout.readline())["text"] == "first"
        farm.udp("echo", b"second")
        assert json.loads(client.stdout.readline())["text"] == "second"
    finally:
        client.kill()
        client.communicate()


def test_findings_fail_only_if_asked_to_and_if_there_are_any(run, farm, url, raise_finding):
    assert run("findings", "--fail", "--url", url) == (0, "0 findings\n", "")
    raise_finding(farm)
    code, out, _err = run("findings", "--url", url)
    assert code == 0
    assert "echo.odd (must, RFC 862): was odd: x" in out
    assert run("findings", "--fail", "--json", "--url", url)[0] == 1
    assert json.loads(run("findings", "--json", "--url", url)[1])["counts"] == {"echo.odd": 1}


def test_a_token_opens_a_farm_that_wants_one(run, start_farm):
    farm = start_farm("echo", control={"token": "secret"})
    url = farm.farm.describe("default")["control"]
    code, _out, err = run("ports", "--url", url)
    assert code == 1
    assert "this farm requires its token" in err
    assert run("ports", "--url", url, "--token", "secret")[0] == 0
    assert run("ready", "--url", url, HOMEPORT__CONTROL__TOKEN="secret")[0] == 0


def test_the_clock_is_shown_and_changed(run, url, farm):
    assert run("clock", "show", "--url", url)[1].endswith("running, in real time\n")
    assert run("clock", "freeze", "--url", url)[0] == 0
    assert run("clock", "set", "2036-02-07T06:28:16Z", "--url", url)[1].startswith(
        "2036-02-07T06:28:16.000000Z  frozen, "
    )
    assert farm.exchange("time") == bytes(4)
    farm.call(farm.world.registry.close)  # its own resets are not counted here
    farm.call(farm.world.clock.call_at, 2.1e9, lambda: None)
    code, out, _err = run("clock", "advance", "P1Y", "--url", url)
    assert (code, out.splitlines()[1]) == (0, "1 timer fired")
    assert run("clock", "set", "-P1Y", "--url", url)[1].startswith("2036-02-07T06:28:16.000000Z")
    code, out, _err = run("clock", "resume", "--json", "--url", url)
    assert (json.loads(out)["frozen"], farm.world.clock.frozen) == (False, False)


@pytest.mark.parametrize("url", ["no url", "http://a b/", "http://[::1", "http://x:y", "ftp://127.0.0.1"])
def test_an_invalid_url_is_reported(run, url):
    assert run("ports", "--url", url)[::2] == (
        2,
        f"homeport: {url!r} is not the URL of a farm: write http://HOST:PORT\n",
    )


def test_impossible_hosts_and_tokens_are_reported(run):
    assert "no farm at" in run("ports", "--url", "http://a..b")[2]
    assert run("ports", "--token", "a\nb", "--url", "http://127.0.0.1:1")[0] == 2
    assert "'a..b' is not a host name" in run("query", "time://a..b")[2]


def test_an_impossible_clock_change_is_explained(run, url):
    assert run("clock", "advance", "-5m", "--url", url) == (
        2,
        "",
        "homeport: '-5m' is not a duration: write 250ms, 5s, 10m, 2h or 1d\n",
    )
    assert "no farm at" in run("clock", "show", "--url", NO_FARM)[2]


def test_reset_returns_the_world_to_its_initial_state(run, url, farm):
    farm.call(farm.world.people.remove, "alice")
    farm.udp("echo", b"x")
    assert run("reset", "--keep", "journal", "--url", url) == (0, "world 'default' reset\n", "")
    assert farm.world.people.get("alice")
    assert len(farm.events("datagram")) == 1
    assert run("reset", "--url", url)[0] == 0
    assert farm.events("datagram") == []
    assert "did you mean 'journal'?" in run("reset", "--keep", "jornal", "--url", url)[2]


def test_ca_prints_or_writes_the_authoritys_certificate(run, farm, url, tmp_path):
    pem = farm.call(farm.farm.certificates.ca_pem).decode()
    assert run("ca", "--url", url) == (0, pem, "")
    file = tmp_path / "ca.pem"
    assert run("ca", "--out", str(file), "--url", url) == (0, "", "")
    assert file.read_text() == pem
    assert run("ca", "--url", NO_FARM)[0] == 1


def test_ca_issues_client_certificates_that_only_their_owner_may_read(run, farm, url, tmp_path):
    file = tmp_path / "client.pem"
    file.write_text("older")
    assert run("ca", "--client", "registrar-a", "--out", str(file), "--url", url) == (0, "", "")
    assert file.stat().st_mode & 0o777 == 0o600
    ssl.create_default_context().load_cert_chain(file)  # accepts certificate and key in one file
    code, out, _err = run("ca", "--client", "registrar-a", "--url", url)
    assert (code, out.count("-----BEGIN")) == (0, 2)
    assert run("ca", "--client", "", "--url", url)[0] == 2
    code, _out, err = run("ca", "--out", "/nowhere/ca.pem", "--url", url)
    assert (code, err) == (2, "homeport: /nowhere/ca.pem: No such file or directory\n")
