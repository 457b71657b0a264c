"""`homeport openapi` and `homeport completion`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from shlex import quote

import pytest
from click.testing import CliRunner

from homeport.cli import COMMANDS, homeport
from homeport.config.sections import FarmTlsOptions
from homeport.protocol.faults import Do
from homeport.services import MODULES

SERVERS = Path(__file__).parents[2] / "servers"


@pytest.fixture
def run():
    """Run the command in this process."""
    return lambda *arguments: CliRunner().invoke(homeport, arguments, prog_name="homeport")


@pytest.fixture
def complete():
    """Return the completions of a command line whose last word is incomplete."""

    def ask(*words, without=(), **environment):
        program = (
            f"import sys\nfor name in {without!r}: sys.modules[name] = None\nfrom homeport.cli import main\nmain()"
        )
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={
                **os.environ,
                "PYTHONPATH": str(SERVERS),
                "_HOMEPORT_COMPLETE": "bash_complete",
                "COMP_WORDS": " ".join(["homeport", *words]),
                "COMP_CWORD": str(len(words)),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert done.stderr == ""
        return [line.partition(",")[2] for line in done.stdout.splitlines() if line]

    return ask


def test_openapi_prints_the_description_without_a_farm(run, tmp_path):
    printed = json.loads(run("openapi").output)
    assert printed["openapi"] == "3.1.0"
    file = tmp_path / "api.json"
    assert run("openapi", "--out", str(file)).output == ""
    assert json.loads(file.read_text()) == printed
    failed = run("openapi", "--out", str(tmp_path / "none" / "api.json"))
    assert (failed.exit_code, failed.output) == (
        2,
        f"homeport: --out {tmp_path}/none/api.json: No such file or directory\n",
    )


def test_openapi_loads_no_twisted():
    program = (
        "import sys; sys.modules['twisted'] = None; sys.argv = ['homeport', 'openapi']\n"
        "from homeport.cli import main; main()"
    )
    environment = {**os.environ, "PYTHONPATH": str(SERVERS)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, timeout=30)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_script_of_a_shell(run, shell):
    script = run("completion", shell).output
    assert f"_HOMEPORT_COMPLETE={shell}_complete" in script


def test_commands_and_options_are_completed(complete):
    assert complete("") == list(COMMANDS)
    assert complete("fin") == ["findings"]
    assert "--fail" in complete("findings", "--")


@pytest.mark.parametrize("words", [("query", ""), ("journal", "--service", "")])
def test_services_are_completed_without_a_farm_and_without_loading_them(complete, words):
    assert complete(*words, without=("twisted", "homeport.io", "homeport.services.echo")) == list(MODULES)
    assert complete(*words[:-1], "da", without=("twisted", "homeport.io")) == ["daytime"]


def test_a_list_of_services_is_completed_at_its_end(complete):
    assert complete("up", "--services", "echo,-da") == ["echo,-daytime"]
    assert "echo,echo" not in complete("up", "--services", "echo,")


def test_kinds_of_faults_are_completed(complete):
    kinds = complete("fault", "add", "echo", "", without=("twisted", "homeport.io"))
    assert kinds == list(Do.__struct_fields__)
    assert complete("fault", "add", "da") == ["daytime"]


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (("add", "echo", "latency", ""), ["ms=", "jitter_ms="]),
        (("add", "echo", "latency", "j"), ["jitter_ms="]),
        (("add", "echo", "latency", "ms=5", ""), ["jitter_ms="]),
        (("add", "echo", "close", ""), []),
        (("add", "epp", "tls", "n"), ["not_yet_valid"]),
        (("add", "epp", "tls", "expired", ""), []),
        (("add", "echo", "nonsense", ""), []),
        (("add", "--listener", "u"), []),
        (("add", "echo", "--listener", ""), ["tcp", "udp"]),
        (("add", "echo", "close", "--direction", ""), ["out", "in", "both"]),
    ],
)
def test_parameters_of_faults_are_completed_from_their_declarations(complete, words, completed):
    assert complete("fault", *words, without=("twisted", "homeport.io")) == completed


def test_configuration_keys_are_completed_and_their_words(complete):
    assert complete("up", "--set", "smtp.tls_p") == ["smtp.tls_port="]
    assert complete("up", "--set", "tls.") == [f"tls.{key}=" for key in fields_of_tls()]
    assert "echo.limits.idle=" in complete("up", "--set", "ec", without=("twisted",))
    assert complete("up", "--set", "tls.minimum=") == ["tls.minimum=1.2", "tls.minimum=1.3"]
    assert complete("up", "--set", "echo.strict=t") == ["echo.strict=true"]
    assert complete("up", "--set", "echo.port=") == complete("up", "--set", "none.key=") == []


def fields_of_tls():
    return FarmTlsOptions.__struct_encode_fields__


def test_commands_and_parts_are_completed(complete):
    assert complete("help", "fin") == ["findings"]
    assert complete("help", "fault", "") == ["add", "clear", "list", "pause", "recipe", "resume"]
    assert complete("reset", "--keep", "j") == ["journal"]
    assert complete("help", "registry", "a") == ["act"]
    assert complete("registry", "act", "domain", "a.test", "re", without=("twisted", "homeport.io")) == [
        "request_transfer",
        "reject_transfer",
        "reject_review",
        "renew",
        "restore",
    ]


def test_identifiers_are_those_of_the_farm_that_runs(complete, farm):
    url = farm.farm.describe("default")["control"]
    farm.exchange("echo", b"x")
    subprocess.run(
        [sys.executable, "-m", "homeport", "fault", "add", "echo", "close", "--url", url],
        env={**os.environ, "PYTHONPATH": str(SERVERS)}, check=True, capture_output=True,
    )  # fmt: skip
    assert complete("fault", "clear", "", HOMEPORT_URL=url) == ["f1"]
    assert complete("fault", "clear", "--url", url, "") == ["f1"]
    assert complete("transcript", "c", HOMEPORT_URL=url) == ["c1"]
    assert complete("fault", "add", "echo", "close", "--conn", "", HOMEPORT_URL=url) == ["c1"]
    assert complete("query", "finger", "al", HOMEPORT_URL=url) == ["alice"]
    assert complete("query", "echo", "al", HOMEPORT_URL=url) == []
    assert complete("messages", "--to", "bo", HOMEPORT_URL=url) == ["bob"]
    assert complete("findings", "--world", "", HOMEPORT_URL=url) == ["default"]
    assert complete("people", "put", "bo", HOMEPORT_URL=url) == ["bob"]
    assert complete("people", "--world", "", HOMEPORT_URL=url) == ["default"]
    assert complete("world", "close", "", HOMEPORT_URL=url) == ["default"]
    assert complete("registry", "act", "domain", "homepo", HOMEPORT_URL=url) == ["homeport.test"]
    assert "harbour" in complete("registry", "put", "registrar", "", HOMEPORT_URL=url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "no url", "http://[::1"])
def test_without_a_farm_identifiers_are_not_completed(complete, url):
    assert complete("fault", "clear", "", HOMEPORT_URL=url) == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash on this machine")
def test_a_real_bash_completes(tmp_path):
    command = tmp_path / "homeport"
    command.write_text(f'#!/bin/sh\nPYTHONPATH={quote(str(SERVERS))} exec {quote(sys.executable)} -m homeport "$@"\n')
    command.chmod(0o755)
    # What Readline does when the tab key is pressed.
    press = (
        'eval "$(homeport completion bash)"; complete -p homeport\n'
        "COMP_WORDS=(homeport query da); COMP_CWORD=2\n"
        "_homeport_completion homeport da query; printf '%s\\n' \"${COMPREPLY[@]}\"\n"
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", press],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    bound, *replies = done.stdout.splitlines()
    assert bound == "complete -o nosort -F _homeport_completion homeport"
    assert replies == ["daytime"]
