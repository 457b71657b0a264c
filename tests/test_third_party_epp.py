"""Another package adds an extension of EPP: `examples/epp_extension`, installed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "epp_extension"
SCRIPT = """
import json
from services.epp.caller import EXTENSIONS, OBJECTS, Caller, create, info
from homeport.services.epp.installed import installed
BERTH = "urn:example:berth-1.0"
out = {"default": list(Caller().greeting.svc_menu.svc_extension.ext_uri)}
caller = Caller(extensions=("berth",))
out["named"] = list(caller.greeting.svc_menu.svc_extension.ext_uri)
out["by_uri"] = list(Caller(extensions=(BERTH,)).greeting.svc_menu.svc_extension.ext_uri)
caller.login(exts=(*EXTENSIONS, BERTH))
def berth(verb, number):
    inside = f"<b:number>{number}</b:number>" if number else ""
    return f'<extension><b:{verb} xmlns:b="{BERTH}">{inside}</b:{verb}></extension>'
def shown():
    found = [one.number for one in caller.ask(info("boat.test")).response.extension if hasattr(one, "number")]
    return found
DOMAIN = 'xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"'
update = f"<update><domain:update {DOMAIN}><domain:name>boat.test</domain:name></domain:update></update>"
out["created"] = [caller.ask(create("boat.test") + berth("create", 7)).code, shown()]
out["updated"] = [caller.ask(update + berth("update", 9)).code, shown()]
out["invalid"] = [*(caller.ask(update + berth("update", number)).code for number in ("x", 13)), shown()]
out["misplaced"] = caller.ask(info("boat.test") + berth("create", 1)).code
out["removed"] = [caller.ask(update + berth("update", "")).code, shown()]
out["unlisted"] = Caller(extensions=("berth",)).login().code
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Environment variables with which the built wheel of the example is installed, next to this Homeport."""
    folder = tmp_path_factory.mktemp("third-party-epp")
    source = shutil.copytree(EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=source, check=True, capture_output=True, timeout=60)
    (wheel,) = folder.glob("*.whl")
    shutil.unpack_archive(wheel, folder / "site", "zip")  # without scripts and data, unpacking is installing
    folders = (ROOT / "servers", ROOT / "tests", folder / "site")
    inherited = {name: value for name, value in os.environ.items() if name != "HOMEPORT_EPP_REFERENCE"}  # no schema
    return {**inherited, "PYTHONPATH": os.pathsep.join(map(str, folders))}


def run(environment, *words, status=0):
    done = subprocess.run(
        [sys.executable, *map(str, words)], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


def test_an_installed_extension_is_announced_where_it_is_named_and_works(environment):
    out = json.loads(run(environment, "-c", SCRIPT))
    berth = "urn:example:berth-1.0"
    assert berth not in out["default"]
    assert out["named"] == out["by_uri"] == [*out["default"], berth]
    assert out["created"] == [1000, [7]]
    assert out["updated"] == [1000, [9]]
    assert out["invalid"] == [2005, 2306, [9]]
    assert out["misplaced"] == 2103
    assert out["removed"] == [1000, []]
    assert out["unlisted"] == 1000


MAPPING = """
from homeport.services.epp.flow import Outcome, flow
from homeport.services.epp.grammar.declare import Element
from homeport.services.epp.grammar.eppcom import Label

NAMESPACE, PREFIX, KIND = "urn:example:lease-1.0", "lease", "object"
class Create(Element, frozen=True, kw_only=True):
    section = "leases 1"
    id: Label
class CreData(Element, frozen=True, kw_only=True):
    section = "leases 1"
    id: Label
ELEMENTS = (Create, CreData)
@flow(Create, reference="leases 1")
def create(request):
    return Outcome(data=CreData(id=request.command.id))
"""
LEASES = """
from services.epp.caller import OBJECTS, Caller
caller = Caller(services=("lease",))
caller.login(objects=(*OBJECTS, "urn:example:lease-1.0"))
leased = '<create><lease:create xmlns:lease="urn:example:lease-1.0">{}</lease:create></create>'
answer = caller.ask(leased.format("<lease:id>berth-7</lease:id>"))
print(answer.code, answer.data.id, caller.ask(leased.format("")).code, caller.verdicts()[-2][0])
"""


def test_a_package_may_add_an_object_mapping_with_flows(environment, tmp_path):
    (tmp_path / "leases.py").write_text(MAPPING)
    (info := tmp_path / "leases-1.0.dist-info").mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: leases\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[homeport.epp_extensions]\nlease = leases\n")
    path = os.pathsep.join([environment["PYTHONPATH"], str(tmp_path)])
    assert run({**environment, "PYTHONPATH": path}, "-c", LEASES) == "1000 berth-7 2003 leases:create\n"


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("1 / 0", "cannot be imported: division by zero"),
        ("NAMESPACE, PREFIX = 'urn:x:y', 'y'", "lacks ELEMENTS, EXTENSION"),
    ],
)
def test_a_broken_package_is_named_where_its_extension_is_configured(environment, tmp_path, code, problem):
    (tmp_path / "broken.py").write_text(code)
    (info := tmp_path / "broken-1.0.dist-info").mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[homeport.epp_extensions]\nbroken = broken\n")
    file = tmp_path / "homeport.toml"
    file.write_text('[epp]\nextensions = ["broken"]\n')
    path = os.pathsep.join([environment["PYTHONPATH"], str(tmp_path)])
    said = run({**environment, "PYTHONPATH": path}, "-m", "homeport", "check", file, status=2)
    assert f"broken, an entry point of homeport.epp_extensions, {problem}" in said


def test_a_misspelt_name_is_refused_with_the_installed_one(environment, tmp_path):
    file = tmp_path / "homeport.toml"
    file.write_text('[epp]\nextensions = ["bert"]\n')
    assert "did you mean 'berth'?" in run(environment, "-m", "homeport", "check", file, status=2)
