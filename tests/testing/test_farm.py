"""A farm as an object: how it starts, how it ends, and that it leaves nothing behind."""

import gc
import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

import homeport
from homeport import Farm
from homeport.io import platform
from homeport.testing import FarmError, FarmGone, Refused

TIMES = int(os.environ.get("HOMEPORT_TEST_FARMS", "12"))
"""Number of farms in a row."""
STARTED = "from homeport import Farm\nfarm = Farm(services=['smtp', 'ftp'], mode={mode!r}).start()\n"


def left_over():
    """Return this process's leakable resources: threads, descriptors, children, and our temporary files."""
    gc.collect()
    threads = [one.name for one in threading.enumerate() if one.name == "homeport" or "PoolThread" in one.name]
    listed = Path(f"/proc/self/task/{os.getpid()}/children")
    children = (
        listed.read_text().split() if platform.LINUX else []
    )  # other systems have no list of them without a child process
    return len(list(Path("/dev/fd").iterdir())), threads, children


def folders(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Return the folder of temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def use(farm):
    """Make a farm create all its files, connections and threads."""
    farm.ftp.files["incoming/x"] = b"x"
    with socket.create_connection(farm.echo.address, timeout=10) as client:
        client.sendall(b"ahoy")
        assert client.recv(4) == b"ahoy"
    assert Path(farm.ca_file).read_text() == farm.ca_pem
    with farm.world(services=["echo"]):
        pass


def test_the_package_gives_a_farm_and_nothing_else():
    assert homeport.Farm is Farm
    with pytest.raises(AttributeError, match=r"has no attribute 'Fram'"):
        homeport.Fram  # noqa: B018 - asking is what fails


@pytest.mark.parametrize("mode", ["thread", "process", "url"])
def test_many_farms_in_a_row_leave_nothing(make_farm, temporary, mode):
    for number in range(TIMES + 1):
        with make_farm(mode, services=["echo", "smtp", "ftp"]) as farm:
            use(farm)
        if number == 0:  # resources of imports, such as Twisted's reserve descriptor, stay
            before = left_over()
    assert left_over() == before
    assert folders(temporary) == []


@pytest.mark.parametrize("mode", ["thread", "process", "url"])
def test_a_farm_is_started_and_stopped_more_than_once(make_farm, mode):
    farm = make_farm(mode, services=["echo"])
    with pytest.raises(FarmError, match=r"the farm is not running: call start\(\)"):
        farm.echo  # noqa: B018 - asking is what fails
    assert "not running" in repr(farm)
    farm.start()
    with pytest.raises(FarmError, match=r"already running"):
        farm.start()
    use_before = farm.echo.port
    farm.stop()
    farm.stop()
    assert not farm.running
    with farm:
        assert farm.running
        assert farm.echo.port
        assert use_before


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_a_farm_that_cannot_start_says_why_in_the_same_words(mode):
    with pytest.raises(FarmError) as error:
        Farm(mode=mode, config={"echo": {"prot": 1}, "people": [{"login": "zoe"}]}).start()
    assert "echo has no key 'prot'; did you mean 'port'?" in str(error.value)
    assert "people[0] lacks 'name'" in str(error.value)
    assert "--set" not in str(error.value)
    assert "/dev/fd" not in str(error.value)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(FarmError, match=rf"port {port} \(echo.tcp, TCP on 127.0.0.1\) is in use"):
            Farm(["echo"], {"echo": {"port": port}}, mode=mode).start()


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_a_farm_has_the_configuration_of_its_arguments(mode):
    config = {
        "people": [{"login": "zoe", "name": "Zoë “Mast”\x7f\n\t\\"}],
        "quotes": [{"text": "Ahoy."}],
        "limits": {"idle": "90s"},
        "finger": {"syntax": "strict"},
    }
    with Farm(["finger", "qotd"], config, clock="2036-02-07T06:28:16Z", seed=7, mode=mode) as farm:
        assert farm.services == ["qotd", "finger"]
        assert farm.people["zoe"].name == "Zoë “Mast”\x7f\n\t\\"
        assert farm.quotes.all() == ["Ahoy."]
        assert farm.clock.now().year == 2036
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Farm(["echo"], {"echo": {"port": port}}, mode=mode) as farm:
        assert farm.echo.port == port


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_a_farm_on_every_address_is_reached_with_its_token(mode):
    config = {"farm": {"hosts": ["0.0.0.0"]}, "control": {"token": "secret"}}
    with Farm(["echo"], config, mode=mode) as farm:
        assert farm.control.startswith("http://127.0.0.1:")
        assert farm.echo.host == "127.0.0.1"
        with farm.world() as world:
            assert world.echo.host == "127.0.0.1"
        with pytest.raises(Refused, match=r"this farm requires its token"):
            Farm(url=farm.control).start()
        with Farm(url=farm.control.replace("127.0.0.1", "localhost"), token="secret") as other:
            assert other.echo.host == "localhost"
            assert other.findings() == []
            with other.world() as world:
                assert world.echo.host == "localhost"
                assert world.control == other.control


def test_unknown_modes_and_values_are_refused():
    with pytest.raises(FarmError, match=r"unknown mode 'fiber': write 'thread' or 'process'"):
        Farm(mode="fiber")
    with pytest.raises(FarmError, match=r"echo.port: .* is not a configuration value"):
        Farm(config={"echo": {"port": object()}}, mode="process").start()


def test_a_world_that_is_there_is_reset_and_left(running_farm):
    with running_farm.world(services=["finger"], name="shared") as world:
        world.people.put("zoe", name="Zoe Mast")
        with Farm(url=running_farm.control, world="shared") as farm:
            assert "zoe" not in farm.people
            assert farm.finger.port == world.finger.port
        assert world.people["alice"]
        with pytest.raises(FarmError, match=r"exists already: it takes no services"):
            Farm(["echo"], url=running_farm.control, world="shared").start()


def test_a_farm_that_is_not_there_is_named():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(FarmGone, match=rf"no farm answers at http://127.0.0.1:{port}: Connection refused"):
        Farm(url=f"http://127.0.0.1:{port}").start()
    with pytest.raises(FarmGone, match=r"is not the URL of a farm"):
        Farm(url="https://localhost").start()


def test_a_farm_that_dies_says_how_and_shows_its_log():
    with Farm(["echo"], mode="process") as farm:
        os.kill(farm.ready["pid"], signal.SIGKILL)
        with pytest.raises(FarmGone, match=r"the farm's process has ended \(killed by signal 9\); its log is empty"):
            farm.findings()
        assert not farm.running


def test_a_farm_that_has_been_stopped_says_so():
    farm = Farm(["echo"]).start()
    world = farm.world()
    farm.stop()
    with pytest.raises(FarmGone, match=r"the farm has been stopped"):
        world.findings()
    world.close()


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_a_forgotten_farm_is_stopped(mode):
    farm = Farm(["echo"], mode=mode).start()
    address = farm.echo.address
    del farm
    gc.collect()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=10)


@pytest.mark.parametrize("mode", ["thread", "process"])
@pytest.mark.linux
def test_a_farm_that_is_never_stopped_ends_with_its_process_and_cleans_up(python, temporary, mode):
    command, options = python
    program = STARTED.format(mode=mode) + "farm.ftp.files['incoming/x'] = b'x'\nprint(farm.ready['pid'])"
    done = subprocess.run([*command, "-c", program], capture_output=True, text=True, timeout=30, **options)
    assert (done.returncode, done.stderr) == (0, "")
    wait_until_gone(int(done.stdout))
    assert folders(temporary) == []


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.linux
def test_a_process_ends_when_its_parent_is_killed(python, temporary, end):
    command, options = python
    program = STARTED.format(mode="process") + (
        "import time\nfarm.ftp.files['incoming/x'] = b'x'\nprint(farm.ready['pid'], flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen(
        [*command, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **options
    ) as parent:
        child = int(parent.stdout.readline())
        parent.send_signal(end)
        parent.wait(10)
    wait_until_gone(child)
    assert folders(temporary) == []


@pytest.mark.linux
def test_a_forked_child_keeps_no_farm_alive_and_ends_none(python):
    """The child outlives its parent, which is killed; the farm ends with the parent."""
    command, options = python
    program = STARTED.format(mode="process") + (
        "import os, time, json\n"
        "with open('child', 'w'): pass\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    farm.stop()\n"
        "    time.sleep(60)\n"
        "time.sleep(0.2)\n"
        "print(json.dumps([child, farm.ready['pid'], farm.running, farm.findings()]), flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([*command, "-c", program], stdout=subprocess.PIPE, text=True, **options) as parent:
        child, pid, running, findings = json.loads(parent.stdout.readline())
        assert (running, findings) == (True, [])
        parent.kill()
        try:
            wait_until_gone(pid)
            os.kill(child, 0)
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_forked_child_of_a_thread_gets_advice():
    with Farm(["echo"]) as farm:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                farm.findings()
                text = "no error"
            except BaseException as error:
                text = repr(error)
            farm.stop()
            os.write(writer, text.encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as said:
            assert "which a forked child does not have: use mode='process'" in said.read()
        os.waitpid(child, 0)
        assert farm.findings() == []


def test_a_process_is_reached_from_a_forked_child():
    with Farm(["echo"], mode="process") as farm:
        assert farm.findings() == []
        child = os.fork()
        if child == 0:
            os._exit(len(farm.people))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
        assert len(farm.people) == 5


def test_ctrl_c_is_for_the_tests_and_not_for_the_farm(python):
    command, options = python
    program = STARTED.format(mode="process") + (
        "import os, signal\n"
        "try:\n"
        "    os.killpg(0, signal.SIGINT)\n"
        "    signal.pause()\n"
        "except KeyboardInterrupt:\n"
        "    print(farm.findings(), farm.running)\n"
    )
    done = subprocess.run(
        [*command, "-c", program], capture_output=True, text=True, timeout=30, start_new_session=True, **options
    )
    assert done.stdout == "[] True\n", done.stderr


def test_many_threads_ask_at_a_time(farm):
    with farm.world(services=["echo"]) as world:
        answers = []
        threads = [
            threading.Thread(target=lambda: answers.append([len(world.people) for _ in range(20)])) for _ in range(8)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join(30)
    assert answers == [[5] * 20] * 8


def test_a_wait_that_is_interrupted_leaves_a_farm_that_answers(python):
    command, options = python
    for mode in ("thread", "process"):
        program = STARTED.format(mode=mode) + (
            "import signal, threading, os\n"
            "threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
            "try:\n"
            "    farm.smtp.wait_for(timeout=30)\n"
            "except KeyboardInterrupt:\n"
            "    print(farm.findings())\n"
        )
        done = subprocess.run([*command, "-c", program], capture_output=True, text=True, timeout=20, **options)
        assert (done.stdout, done.stderr) == ("[]\n", "")


def wait_until_gone(pid):
    """Wait until a process has ended."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return
        if status.rpartition(")")[2].split()[0] == "Z":  # its parent, not this process, must reap it
            return
        threading.Event().wait(0.02)
    os.kill(pid, signal.SIGKILL)
    pytest.fail(f"the process {pid} has not ended")
