"""Personas: named presets of a service's options, which explicit keys override."""

import json
import sys
from types import ModuleType
from urllib.request import urlopen

import msgspec
import pytest
from click.testing import CliRunner
from conftest import RunningFarm, farm_config

from homeport.cli import homeport
from homeport.config.further_worlds import world_config
from homeport.config.quantities import Duration
from homeport.config.reading import flag_setting, load
from homeport.config.values import ConfigError
from homeport.config.writing import effective
from homeport.protocol.service import Listener, Options, Persona, Port, Service
from homeport.protocol.session import AnswerAndClose
from homeport.services import MODULES, all_services, find_service


class ToyOptions(Options, frozen=True, kw_only=True):
    port: Port = 0
    greeting: str = "hello"
    polite: bool = True
    colour: str = "grey"


class Toy(AnswerAndClose):
    def answer(self):
        return self.context.options.greeting.encode()


SERVICE = Service(
    name="toy",
    title="Toy",
    rfcs=(),
    listeners=(Listener("tcp", "tcp", 1),),
    options=ToyOptions,
    session=Toy,
    personas=(
        Persona("gruff", "says little", {"greeting": "what", "polite": False, "limits": {"idle": "5s"}}),
        Persona("grand", "says much", {"greeting": "good evening"}),
    ),
)


@pytest.fixture(autouse=True)
def _toy(monkeypatch):
    module = ModuleType("homeport_toy")
    module.SERVICE = SERVICE
    monkeypatch.setitem(sys.modules, "homeport_toy", module)
    monkeypatch.setitem(MODULES, "toy", "homeport_toy")
    yield
    find_service.cache_clear()


@pytest.fixture
def read(tmp_path):
    """Return the toy's options for a configuration text, the environment and --set arguments."""

    def run(text="", environment=None, sets=()):
        file = tmp_path / "homeport.toml"
        file.write_text(text)
        return load(file, environment or {}, [flag_setting(one) for one in sets])

    return run


def shown(options):
    return options.persona, options.greeting, options.polite, options.limits.idle


def test_a_persona_sets_its_options_and_leaves_the_others(read):
    assert shown(read().services["toy"]) == ("", "hello", True, None)
    toy = read('[toy]\npersona = "gruff"').services["toy"]
    assert shown(toy) == ("gruff", "what", False, Duration(5))
    assert toy.colour == "grey"


def test_keys_that_are_given_win_wherever_they_stand(read):
    text = '[toy]\ngreeting = "mine"\npersona = "gruff"\n[toy.limits]\nsession = "1m"'
    toy = read(text).services["toy"]
    assert shown(toy) == ("gruff", "mine", False, Duration(5))
    assert toy.limits.session == Duration(60)


def test_a_flag_goes_over_the_environment_and_that_over_the_file(read):
    text = '[toy]\npersona = "grand"'
    environment = {"HOMEPORT__TOY__PERSONA": "gruff"}
    assert read(text, environment).services["toy"].greeting == "what"
    assert read(text, environment, ["toy.persona=grand"]).services["toy"].greeting == "good evening"
    assert read(text, environment, ["toy.polite=true"]).services["toy"].polite is True
    assert shown(read(text, {}, ["toy.persona="]).services["toy"]) == ("", "hello", True, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[toy]\nport = 0\npersona = "gruf"', "3: unknown persona 'gruf' of toy; did you mean 'gruff'?"),
        ('[toy]\npersona = "zzz"', "2: unknown persona 'zzz' of toy; choose from gruff, grand"),
        ('[echo]\npersona = "gruff"', "2: unknown persona 'gruff' of echo; it has no personas: leave the key out"),
        ("[toy]\npersona = 7", "2: toy.persona: expected `str`, got `int` (named preset of options"),
    ],
)
def test_one_that_is_unknown_is_named_with_its_line_and_the_nearest(read, tmp_path, text, problem):
    with pytest.raises(ConfigError) as caught:
        read(text)
    (found,) = caught.value.problems
    assert found.startswith(f"{tmp_path}/homeport.toml:{problem}")


def test_the_effective_configuration_shows_the_persona_and_what_it_set(read):
    shown_toy = effective(read('[toy]\npersona = "gruff"'))["toy"]
    assert (shown_toy["persona"], shown_toy["greeting"], shown_toy["polite"]) == ("gruff", "what", False)


def test_a_world_has_a_persona_of_its_own_in_place_of_the_farms(read):
    farm = read('[toy]\npersona = "gruff"\ncolour = "red"')

    def toy(given):
        return world_config(farm, ["toy"], {"toy": given} if given is not None else {}).services["toy"]

    assert shown(toy(None)) == ("gruff", "what", False, Duration(5))
    assert shown(toy({"polite": True})) == ("gruff", "what", True, Duration(5))
    assert shown(toy({"persona": "grand"})) == ("grand", "good evening", True, None)
    assert toy({"persona": "grand"}).colour == "red"
    assert shown(toy({"persona": ""})) == ("", "hello", True, None)
    assert shown(toy({"persona": "grand", "greeting": "mine"})) == ("grand", "mine", True, None)
    with pytest.raises(ConfigError, match="did you mean 'grand'"):
        toy({"persona": "grant"})


def test_the_api_lists_the_personas_of_a_worlds_services_and_which_is_chosen():
    config = farm_config("toy", "echo", toy={"persona": "grand", "greeting": "good evening"})
    farm = RunningFarm(config)
    try:
        url = farm.farm.describe("default")["control"]
        with urlopen(f"{url}/api/v1/worlds/default/personas") as answer:
            listed = json.load(answer)
        assert [(one["service"], one["name"], one["chosen"]) for one in listed["items"]] == [
            ("toy", "gruff", False),
            ("toy", "grand", True),
        ]
        assert listed["items"][0]["options"] == {"greeting": "what", "polite": False, "limits": {"idle": "5s"}}
        assert listed["total"] == 2
        assert farm.exchange("toy") == b"good evening"
    finally:
        farm.stop()


def test_the_command_lists_them_as_a_configuration_has_them():
    run = CliRunner().invoke
    assert run(homeport, ["personas", "toy"]).stdout == (
        '[toy] persona = "gruff": says little\n    greeting = "what"\n    polite = false\n'
        '    limits = { idle = "5s" }\n'
        '[toy] persona = "grand": says much\n    greeting = "good evening"\n'
    )
    listed = json.loads(run(homeport, ["personas", "--json"]).stdout)
    assert {"service": "toy", "name": "grand", "text": "says much", "options": {"greeting": "good evening"}} in listed
    assert run(homeport, ["personas", "echo"]).stdout == "echo has no persona\n"
    unknown = run(homeport, ["personas", "toi"])
    assert (unknown.exit_code, "did you mean 'toy'?" in unknown.stderr) == (2, True)


def test_a_persona_that_sets_an_unknown_key_cannot_be_declared():
    with pytest.raises(ValueError, match="persona 'odd' of toy sets unknown keys: greting"):
        msgspec.structs.replace(SERVICE, personas=(Persona("odd", "", {"greting": "x"}),))


def test_every_persona_of_ours_is_a_right_configuration(read):
    for service in all_services():
        for persona in service.personas:
            options = read(f'[{service.name}]\npersona = "{persona.name}"').services[service.name]
            plain = json.loads(msgspec.json.encode(options, enc_hook=str))
            assert {key: plain[key] for key in persona.options} == persona.options


def test_whois_as_ripe_has_its_layout_in_latin_1(read):
    whois = read('[whois]\npersona = "ripe"').services["whois"]
    assert (whois.layout, whois.encoding) == ("ripe", "latin-1")
