"""The pytest plugin, in child pytest processes."""

import re
import subprocess
from importlib.metadata import entry_points

import pytest

INSTALLED = bool(entry_points(group="pytest11", name="homeport"))
POST = """
import smtplib

def post(world, to="bob@example.org"):
    with smtplib.SMTP(*world.smtp.address, local_hostname="client.test") as client:
        client.sendmail("app@client.test", [to], "Subject: Welcome\\n\\nhi\\n")
"""


def asked_for(out):
    """Return the recipients in the output's transcripts; replaces what smtplib writes in lower case."""
    return re.findall(r" C: rcpt to:<(\S+)>\n", out, re.IGNORECASE)


@pytest.fixture
def run(python, tmp_path):
    """Run pytest on a test file in an empty folder; return its output and the number of tests by outcome."""
    command, options = python
    (tmp_path / "pytest.ini").write_text("[pytest]\n")  # so that pytest ignores configuration files above

    def run(test, *arguments, expect, plugin=True, status=None, **environment):
        (tmp_path / "test_it.py").write_text(test)
        # pytest-twisted, if installed, creates the global reactor.
        flags = ["-p", "no:cacheprovider", "-p", "no:twisted", "--strict-markers", "-W", "error"]
        if plugin and not INSTALLED:
            flags += ["-p", "homeport.testing.plugin"]
        done = subprocess.run(
            [*command, "-m", "pytest", "--color=no", *flags, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=options["cwd"],
            env=options["env"] | environment,
        )
        out = done.stdout + done.stderr
        counted = re.findall(r"(\d+) (passed|failed|error|skipped|warning)s?", out.splitlines()[-1])
        assert {what: int(number) for number, what in counted} == expect, out
        assert status in (None, done.returncode), out
        return out

    return run


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_each_test_has_a_fresh_world(run, mode):
    test = POST + (
        "def test_one(homeport):\n    post(homeport)\n    assert len(homeport.smtp.messages) == 1\n"
        "def test_two(homeport_smtp, homeport):\n    post(homeport)\n    assert len(homeport_smtp.messages) == 1\n"
        "def test_farm(homeport_farm, homeport):\n    assert homeport_farm.smtp.messages == []\n"
    )
    out = run(test, f"--homeport-mode={mode}", expect={"passed": 3})
    assert re.search(rf"^homeport: \S+, {mode} mode$", out, re.MULTILINE)


def test_the_mode_and_the_services_are_set_in_the_ini_file(run, tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\nhomeport_mode = process\nhomeport_services = finger echo\n")
    test = (
        "def test_it(homeport, homeport_farm):\n"
        "    assert homeport.services == homeport_farm.services == ['echo', 'finger']\n"
        "    assert homeport_farm.mode == 'process'\n"
    )
    run(test, expect={"passed": 1})
    (tmp_path / "pytest.ini").write_text("[pytest]\nhomeport_unused_faults = warm\n")
    assert "homeport_unused_faults = warm: write one of error, warn, ignore" in run(test, expect={})
    (tmp_path / "pytest.ini").write_text("[pytest]\nhomeport_mode = fiber\n")
    assert "homeport_mode = fiber: write one of thread, process" in run(test, expect={})


def test_the_configuration_is_overridden_at_any_scope_and_by_markers(run, tmp_path):
    (tmp_path / "conftest.py").write_text(
        "import pytest\n"
        "@pytest.fixture(scope='session')\n"
        "def homeport_config():\n"
        "    return {'people': [{'login': 'zoe', 'name': 'Zoe Mast'}], 'finger': {'syntax': 'strict'}}\n"
    )
    test = (
        "import pytest\n"
        "pytestmark = pytest.mark.homeport(services=['finger', 'daytime'], clock='2036-02-07T00:00:00Z')\n"
        "def test_session(homeport):\n"
        "    assert list(homeport.people) == ['zoe']\n"
        "    assert homeport.clock.now().year == 2036\n"
        "@pytest.mark.homeport(services=['finger'], config={'people': [{'login': 'una', 'name': 'Una'}]})\n"
        "class TestClass:\n"
        "    def test_marked(self, homeport):\n"
        "        assert list(homeport.people) == ['una']\n"
        "        assert homeport.services == ['finger']\n"
        "        assert homeport.clock.now().year == 2036\n"
        "    @pytest.fixture\n"
        "    def homeport_config(self, request):\n"
        "        return {'quotes': [{'text': request.node.name}]}\n"
        "    @pytest.mark.homeport(clock='2040-01-01T00:00:00Z')\n"
        "    def test_class(self, homeport):\n"
        "        assert list(homeport.people) == ['una']\n"
        "        assert homeport.quotes.all() == ['test_class']\n"
        "        assert homeport.clock.now().year == 2040\n"
    )
    run(test, expect={"passed": 3})


def test_a_marker_that_is_wrong_is_named(run):
    wrong = ("'smtp'", "srvices=[]", "services=['smpt']")
    tests = [
        f"@pytest.mark.homeport({marker})\ndef test_{number}(homeport): pass\n" for number, marker in enumerate(wrong)
    ]
    out = run("import pytest\n" + "".join(tests), expect={"error": 3})
    assert "the marker homeport has no 'smtp': its keyword arguments are services, config" in out
    assert "the marker homeport has no srvices" in out
    assert "unknown service 'smpt'; did you mean 'smtp'?" in out


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_the_report_of_a_failed_test_has_what_its_world_saw(run, mode):
    test = POST + (
        "import pytest\n"
        "@pytest.fixture(scope='module')\n"
        "def shared(homeport_farm):\n"
        "    with homeport_farm.world(name='shared') as world:\n"
        "        post(world, 'shared@example.org')\n"
        "        yield world\n"
        "def test_it(homeport, shared):\n"
        "    homeport.smtp.fail('VRFY', 451)\n"
        "    post(homeport)\n"
        "    homeport.assert_no_findings()\n"
        "def test_well(homeport):\n    post(homeport)\n"
    )
    out = run(test, f"--homeport-mode={mode}", expect={"failed": 1, "passed": 1})
    assert "AssertionError: clients broke 3 rules:" in out
    assert re.search(
        r"^-+ homeport world w\d+: findings -+\nsmtp.missing-date \(must, RFC 5322 3.6\)", out, re.MULTILINE
    )
    assert re.search(r"^-+ homeport world w\d+: faults -+\nf1 smtp \{'reply': .*\}: acted 0 times", out, re.MULTILINE)
    assert re.search(r"^-+ homeport world w\d+: smtp.plain c1 -+\n# c1", out, re.MULTILINE)
    assert asked_for(out) == ["bob@example.org", "shared@example.org"]


def test_the_report_of_a_farm_that_died_says_so(run):
    test = (
        "import os, signal\n"
        "def test_it(homeport, homeport_farm):\n"
        "    os.kill(homeport_farm.ready['pid'], signal.SIGKILL)\n"
        "    assert homeport.findings() == []\n"
    )
    out = run(test, "--homeport-mode=process", expect={"failed": 1})
    assert "FarmGone: the farm's process has ended (killed by signal 9); its log is empty" in out
    assert "the farm does not answer: the farm's process has ended" in out


def test_the_same_tests_run_against_a_farm_that_is_there(run, running_farm):
    test = POST + (
        "def test_it(homeport, homeport_farm):\n"
        "    post(homeport)\n"
        "    assert homeport.smtp.wait_for().subject == 'Welcome'\n"
        f"    assert homeport.control == {running_farm.control!r}\n"
        "def test_more(homeport):\n    assert homeport.smtp.messages == []\n"
    )
    out = run(test, f"--homeport-url={running_farm.control}", expect={"passed": 2})
    assert f", {running_farm.control}\n" in out
    before = running_farm.api.get("/api/v1/worlds")["total"]
    run(test, HOMEPORT_URL=running_farm.control, expect={"passed": 2})
    assert running_farm.api.get("/api/v1/worlds")["total"] == before


def test_one_world_of_a_farm_that_is_there_serves_every_test(run, running_farm):
    test = POST + (
        "import pytest\n"
        "def test_one(homeport):\n    post(homeport)\n    assert len(homeport.smtp.messages) == 1\n"
        "def test_two(homeport):\n    assert homeport.name == 'shared'\n    assert homeport.smtp.messages == []\n"
        "@pytest.mark.homeport(services=['echo', '-epp'])\ndef test_other(homeport): assert homeport.echo.port\n"
        "@pytest.mark.homeport(clock='2036-02-07T06:28:16Z')\n"
        "def test_clock(homeport): assert homeport.clock.now().year == 2036\n"
        "@pytest.mark.homeport(services=['smtp', 'epp'])\ndef test_epp(homeport): pass\n"
        "@pytest.mark.homeport(config={'smtp': {'without': ['STARTTLS']}}, seed=7)\ndef test_config(homeport): pass\n"
    )
    with running_farm.world(name="shared", services=["smtp", "echo"]):
        url = f"--homeport-url={running_farm.control}"
        out = run(test, url, "--homeport-world=shared", expect={"passed": 4, "skipped": 2})
    assert "homeport: tests that --homeport-world cannot serve" in out
    assert (
        "SKIPPED test_it.py::test_epp: the world 'shared' of --homeport-world has no epp; it has echo, smtp\n"
        "SKIPPED test_it.py::test_config: the world 'shared' of --homeport-world is configured by its farm: it "
        "takes no config and no seed\n"
    ) in out


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_a_run_of_which_the_shared_world_could_serve_nothing_has_failed(run, running_farm, workers):
    test = (
        "import pytest\n"
        "pytestmark = pytest.mark.homeport(services=['epp'])\n"
        "def test_one(homeport): pass\n"
        "def test_two(homeport): pass\n"
        "def test_other(): pass\n"
    )
    with running_farm.world(name="lacking", services=["smtp"]):
        url = f"--homeport-url={running_farm.control}"
        out = run(test, url, "--homeport-world=lacking", *workers, expect={"passed": 1, "skipped": 2}, status=1)
    assert "ERROR: all 2 were skipped, so nothing was tested: configure the farm for them" in out


UNUSED = POST + (
    "def test_typo(homeport):\n"
    "    homeport.smtp.fail('VRFY', 451)\n"
    "    post(homeport)\n"
    "def test_acted(homeport):\n"
    "    homeport.smtp.fail('RCPT', latency=1)\n"
    "    homeport.smtp.fail('VRFY', 451, optional=True)\n"
    "    post(homeport)\n"
)


@pytest.mark.parametrize("mode", ["thread", "process", "url"])
def test_a_fault_that_never_acted_fails_the_test_that_planned_it(run, running_farm, mode):
    where = f"--homeport-url={running_farm.control}" if mode == "url" else f"--homeport-mode={mode}"
    out = run(UNUSED, where, expect={"failed": 1, "passed": 1})
    assert "1 planned fault never acted:" in out
    assert "f1, smtp reply code=451 to VRFY: the client never sent VRFY; it sent EHLO, MAIL, RCPT" in out
    assert "Plan it with optional=True if it need not act" in out
    assert "plugin.py" not in out


def test_the_ini_file_sets_the_result_of_unused_faults(run, tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\nhomeport_unused_faults = ignore\n")
    run(UNUSED, expect={"passed": 2})
    (tmp_path / "pytest.ini").write_text("[pytest]\nhomeport_unused_faults = warn\n")
    out = run(UNUSED, "-W", "default", expect={"passed": 2, "warning": 1})
    assert "UnusedFaultWarning: 1 planned fault never acted:" in out


def test_a_test_that_fails_keeps_its_own_failure(run):
    test = POST + (
        "import unittest, pytest\n"
        "def test_it(homeport):\n"
        "    homeport.smtp.fail('VRFY', 451)\n"
        "    post(homeport)\n"
        "    assert 'mine' == 'yours'\n"
        "class TestMail(unittest.TestCase):\n"
        "    @pytest.fixture(autouse=True)\n"
        "    def world(self, homeport):\n"
        "        self.homeport = homeport\n"
        "    def test_ill(self):\n"
        "        self.homeport.smtp.fail('VRFY', 451)\n"
        "        self.assertEqual('ours', 'theirs')\n"
        "    def test_unused(self):\n"
        "        self.homeport.smtp.fail('EXPN', 451)\n"
        "def test_skipped(homeport):\n"
        "    homeport.smtp.fail('VRFY', 451)\n"
        "    pytest.skip('no')\n"
        "def test_farm(homeport, homeport_farm):\n"
        "    homeport.smtp.fail('VRFY', 451)\n"
        "    homeport.close()\n"
    )
    out = run(test, expect={"failed": 3, "skipped": 1, "passed": 1})
    assert "AssertionError: assert 'mine' == 'yours'" in out
    assert "AssertionError: 'ours' != 'theirs'" in out
    failures = out.partition("short test summary info")[0]  # pytest repeats the text if CI is set
    told = re.findall(r"never acted:\n  (f1, .*)", failures)
    assert told == ["f1, smtp reply code=451 to EXPN: no client connected to smtp"]
    assert "acted 0 times: the client never sent VRFY" in out


def test_what_is_wrong_with_a_marker_a_key_or_a_verb_is_one_sentence(run):
    test = (
        "import pytest\n"
        "@pytest.mark.homeport(servics=['smtp'])\ndef test_marker(homeport): pass\n"
        "@pytest.mark.homeport(config={'smtp': {'prot': 0}})\ndef test_key(homeport): pass\n"
        "@pytest.mark.homeport(services=['smpt'])\ndef test_service(homeport): pass\n"
        "@pytest.mark.homeport(services=['echo'])\ndef test_fixture(homeport_smtp): pass\n"
        "def test_verb(homeport): homeport.smtp.fail('RCTP', 451)\n"
    )
    out = run(test, expect={"error": 4, "failed": 1})
    assert (
        "the marker homeport has no servics: its keyword arguments are services, config, clock, seed; "
        "did you mean 'services'?" in out
    )
    assert "smtp has no key 'prot'; did you mean 'port'?" in out
    assert "did you mean 'smtp'?" in out
    assert "has no service 'smtp'; its services are: echo" in out
    assert "smtp has no command 'RCTP'; did you mean 'RCPT'?" in out
    assert not [line for line in out.splitlines() if "/homeport/" in line and ".py:" in line], out
    assert len(out.splitlines()) < 60


def test_classes_of_unittest_have_a_world(run):
    test = POST + (
        "import unittest, pytest\n"
        "class TestMail(unittest.TestCase):\n"
        "    @pytest.fixture(autouse=True)\n"
        "    def world(self, homeport):\n"
        "        self.homeport = homeport\n"
        "    def test_well(self):\n"
        "        post(self.homeport)\n"
        "        self.assertEqual(len(self.homeport.smtp.messages), 1)\n"
        "    def test_ill(self):\n"
        "        post(self.homeport)\n"
        "        self.homeport.assert_no_findings()\n"
    )
    assert asked_for(run(test, expect={"passed": 1, "failed": 1})) == ["bob@example.org"]


def test_without_the_plugin_nothing_of_it_is_there(run):
    out = run("def test_it(): pass\n", "-p", "no:homeport", expect={"passed": 1}, plugin=False)
    assert "homeport:" not in out
    test = "def test_it(homeport): pass\n"
    assert "fixture 'homeport' not found" in run(test, "-p", "no:homeport", expect={"error": 1}, plugin=False)


def test_the_plugin_imports_nothing_and_process_mode_never_twisted(run, python):
    command, options = python
    program = (
        "import pytest, sys; before = set(sys.modules); import homeport.testing.plugin; "
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([*command, "-c", program], capture_output=True, text=True, check=True, **options)
    assert done.stdout == "['homeport', 'homeport.testing', 'homeport.testing.plugin', 'homeport.version']\n"
    test = POST + (
        "import sys\n"
        "def test_it(homeport):\n"
        "    post(homeport)\n"
        "    assert not {'twisted', 'msgspec', 'click'} & set(sys.modules)\n"
    )
    run(test, "--homeport-mode=process", "-p", "no:twisted", expect={"passed": 1})


def test_the_global_reactor_is_never_made(run):
    test = POST + (
        "import sys\n"
        "def test_it(homeport):\n    post(homeport)\n    assert 'twisted.internet.reactor' not in sys.modules\n"
    )
    run(test, expect={"passed": 1})


def test_a_session_without_a_test_that_asks_starts_nothing(run):
    test = "import sys\ndef test_it():\n    assert 'homeport.testing.farm' not in sys.modules\n"
    run(test, expect={"passed": 1})
