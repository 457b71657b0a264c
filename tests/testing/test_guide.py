"""Every snippet of docs/testing.md runs. Those for plugins that are not installed here run in outside.py."""

import re
import subprocess
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "testing.md"
SNIPPETS = dict(re.findall(r"```python\n# (\S+\.py)\n(.+?)```", GUIDE.read_text(), re.DOTALL))
NEEDS = {"test_with_pytest_asyncio.py": "pytest_asyncio", "test_with_pytest_twisted.py": "pytest_twisted"}
RUNNERS = {
    "test_with_unittest.py": "unittest",
    "test_with_asyncio.py": "unittest",
    "test_with_trial.py": "twisted.trial",
}
PLUGIN = [] if entry_points(group="pytest11", name="homeport") else ["-p", "homeport.testing.plugin"]


def test_the_readmes_example_runs(python, tmp_path):
    command, options = python
    example, *_others = re.findall(r"```python\n(.+?)```", (GUIDE.parents[1] / "README.md").read_text(), re.DOTALL)
    (tmp_path / "test_it.py").write_text(example)
    done = subprocess.run([*command, "-m", "pytest", *PLUGIN], capture_output=True, text=True, timeout=60, **options)
    assert "1 passed" in done.stdout


def test_every_snippet_has_a_name():
    assert GUIDE.read_text().count("```python\n") == len(SNIPPETS)


@pytest.mark.parametrize("name", [name for name in SNIPPETS if name != "conftest.py"])
def test_a_snippet_runs(name, python, tmp_path):
    if name in NEEDS and not find_spec(NEEDS[name]):
        pytest.skip(f"{NEEDS[name]} is not installed; tests/testing/outside.py runs this")
    command, options = python
    for file in (name, *(["conftest.py"] if name == "test_old_servers.py" else [])):
        (tmp_path / file).write_text(SNIPPETS[file])
    (tmp_path / "pytest.ini").write_text("[pytest]\n")  # so that pytest ignores configuration files above
    if name in RUNNERS:
        how = ["-m", RUNNERS[name], name.removesuffix(".py")]
    else:
        how = ["-m", "pytest", "-W", "error", *PLUGIN, name] if name.startswith("test_") else [name]
    done = subprocess.run([*command, *how], capture_output=True, text=True, timeout=60, **options)
    assert done.returncode == 0, done.stdout + done.stderr
