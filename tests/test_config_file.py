"""Reading the configuration: precedence, selection, and errors that say where and what."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport import services
from homeport.config.checks import control_hosts
from homeport.config.deprecated import is_deprecated
from homeport.config.reading import flag_setting, load
from homeport.config.sections import SECTIONS, Config
from homeport.config.values import ConfigError
from homeport.config.writing import effective, example, toml_value
from homeport.io.tls.authority import Authority
from homeport.protocol.service import Listener, Options, Port, Service
from homeport.services import all_services, find_service

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture
def read(tmp_path):
    """Load a configuration from a text, the environment and --set arguments."""

    def run(text="", environment=None, sets=(), **options):
        file = tmp_path / "homeport.toml"
        file.write_text(text)
        return load(file, environment or {}, [flag_setting(one) for one in sets], **options)

    return run


@pytest.fixture
def wrong(read, tmp_path):
    """Return the problems of a configuration, without the folder's name."""

    def run(text="", environment=None, sets=(), **options):
        with pytest.raises(ConfigError) as caught:
            read(text, environment, sets, **options)
        return [problem.replace(f"{tmp_path}/", "") for problem in caught.value.problems]

    return run


@pytest.mark.requirement("GEN-1.2.4-1")
def test_without_a_file_every_service_of_ours_has_its_documented_port():
    config = load()
    assert list(config.services) == list(services.MODULES)
    for service in all_services():
        for listener in service.listeners:
            assert getattr(config.services[service.name], listener.option) == listener.default_port
    assert config.control.port == 18000


def test_a_flag_overrides_the_environment_that_the_file_that_the_default(read):
    assert read().services["echo"].port == 10007
    assert read("[echo]\nport = 1").services["echo"].port == 1
    assert read("[echo]\nport = 1", {"HOMEPORT__ECHO__PORT": "2"}).services["echo"].port == 2
    assert read("[echo]\nport = 1", {"HOMEPORT__ECHO__PORT": "2"}, ["echo.port=3"]).services["echo"].port == 3
    assert read(sets=["echo.port=3", "echo.port=4"]).services["echo"].port == 4


def test_environment_and_flags_reach_nested_keys_and_every_type(read):
    config = read(
        environment={"HOMEPORT__ECHO__LIMITS__IDLE": "5s", "HOMEPORT__FARM__HOSTS": '["127.0.0.2"]'},
        sets=["journal.size=1MiB", "echo.strict=true", "control.token=12345", "clock.set=2036-02-07T06:28:16Z"],
    )
    assert config.services["echo"].limits.idle == 5
    assert config.services["echo"].strict is True
    assert config.farm.hosts == ["127.0.0.2"]
    assert config.journal.size == 1 << 20
    assert config.control.token == "12345"
    assert config.clock.set == "2036-02-07T06:28:16Z"


def test_ephemeral_keeps_nothing_unless_a_flag_says_where(read):
    assert read('[farm]\ndata = "kept"').farm.data == "kept"
    assert read('[farm]\ndata = "kept"', ephemeral=True).farm.data == ""
    assert read(sets=["farm.data=kept"], ephemeral=True).farm.data == "kept"


def test_ephemeral_frees_every_port_but_those_that_a_flag_names(read):
    config = read("[echo]\nport = 1", {"HOMEPORT__CONTROL__PORT": "2"}, ephemeral=True)
    assert config.services["echo"].port == config.control.port == 0
    assert config.services["ftp"].passive_ports == "0"
    config = read(sets=["echo.port=3", "control.port=4", "ftp.passive_ports=5-9"], ephemeral=True)
    assert (config.services["echo"].port, config.control.port) == (3, 4)
    assert config.services["ftp"].passive_ports == "5-9"


def test_an_unknown_key_is_named_with_file_line_and_the_nearest_key(wrong):
    assert wrong("[echo]\n\nprot = 0") == ["homeport.toml:3: echo has no key 'prot'; did you mean 'port'?"]


def test_an_unknown_section_is_named_with_the_nearest(wrong):
    assert wrong("[ehco]\nport = 0") == ["homeport.toml:1: unknown section [ehco]; did you mean 'echo'?"]


def test_a_name_like_no_other_gets_the_whole_list(wrong):
    (problem,) = wrong("[clock]\nzzzzzz = 0")
    assert problem == "homeport.toml:2: clock has no key 'zzzzzz'; choose from set, frozen, kept, leap"


def test_a_wrong_type_is_named_with_what_the_key_means(wrong):
    (problem,) = wrong('[farm]\nseed = 1\n[echo]\nport = "seven"')
    assert problem.startswith("homeport.toml:4: echo.port: expected `int`, got `str` (port of this listener")
    (problem,) = wrong("[echo]\nport = 65536")
    assert problem.startswith("homeport.toml:2: echo.port: expected `int` <= 65535")
    (problem,) = wrong('[limits]\nidle = "soon"')
    assert problem.startswith("homeport.toml:2: limits.idle: 'soon' is not a duration: write 250ms")
    assert wrong("echo = 5") == ["homeport.toml:1: echo is a table: write its keys below [echo]"]


def test_variables_and_flags_are_named_in_place_of_a_line(wrong):
    assert wrong(environment={"HOMEPORT__ECHO__PROT": "0"}) == [
        "HOMEPORT__ECHO__PROT: echo has no key 'prot'; did you mean 'port'?"
    ]
    assert wrong(environment={"HOMEPORT__EHCO__PORT": "0"}) == [
        "HOMEPORT__EHCO__PORT: unknown section [ehco]; did you mean 'echo'?"
    ]
    (problem,) = wrong("[echo]\nport = 1", sets=["echo.port=x"])
    assert problem.startswith("--set echo.port=x: echo.port: expected `int`, got `str`")
    assert wrong(sets=["echo.port"]) == ["--set echo.port: write --set key.path=value, such as --set echo.port=0"]


def test_all_errors_are_shown_together(wrong):
    assert len(wrong("[echo]\nprot = 0\nstrict = 1\n[clock]\nfrozne = true")) == 3


def test_invalid_toml_is_reported_with_its_line(wrong, tmp_path):
    (problem,) = wrong("[echo]\nport = \n")
    assert problem.startswith("homeport.toml:2: ")
    (problem,) = wrong("[echo]\nport = 1\nport = 2")
    assert problem.startswith("homeport.toml:3: ")
    (problem,) = wrong('[echo]\n\nport = "')
    assert problem.startswith("homeport.toml:3: ")
    (problem,) = wrong('[echo]\nport = """\n\n')
    assert problem.startswith("homeport.toml:4: ")
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "missing.toml")
    (tmp_path / "latin.toml").write_bytes(b"# \xe9\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(tmp_path / "latin.toml")


def test_services_are_chosen_by_name_star_and_minus(read, wrong):
    assert list(read('[farm]\nservices = ["*", "-echo"]').services) == [n for n in services.MODULES if n != "echo"]
    assert list(read('[farm]\nservices = ["-echo"]').services) == [n for n in services.MODULES if n != "echo"]
    assert list(read('[farm]\nservices = ["echo", "echo"]').services) == ["echo"]
    assert list(read('[farm]\nservices = ["smtp", "-ftp"]').services) == ["smtp"]
    assert list(read('[farm]\nservices = ["smtp", "ftp", "-ftp"]').services) == ["smtp"]
    assert list(read('[farm]\nservices = ["-ftp", "smtp"]').services) == ["smtp"]
    without = [name for name in services.MODULES if name not in ("ftp", "echo")]
    assert list(read('[farm]\nservices = ["-ftp", "-echo"]').services) == without
    assert list(read("[farm]\nservices = []").services) == []
    assert "echo" not in read("[echo]\nenabled = false").services
    assert wrong('[farm]\nservices = ["ecoh"]') == ["homeport.toml:2: unknown service 'ecoh'; did you mean 'echo'?"]


def test_blanks_around_the_key_of_a_flag_are_ignored(read):
    assert read(sets=[" echo.port =1"]).services["echo"].port == 1
    assert read(sets=["\techo.strict= true"]).services["echo"].strict
    with pytest.raises(ConfigError, match=r"write --set key\.path=value"):
        read(sets=["  = 1"])


def test_a_package_whose_service_cannot_be_loaded_is_named(read, monkeypatch):
    def find(name):
        if name == "other":
            raise ZeroDivisionError("it divides by zero")
        return find_service(name)

    monkeypatch.setattr("homeport.config.reading.find_service", find)
    with pytest.raises(ConfigError) as caught:
        read('[farm]\nservices = ["other"]')
    assert caught.value.problems == ["service 'other', which an installed package adds: it divides by zero"]


def test_sections_of_services_that_are_not_started_are_checked_too(wrong):
    assert wrong("[farm]\nservices = []\n[echo]\nprot = 1") == [
        "homeport.toml:4: echo has no key 'prot'; did you mean 'port'?"
    ]


class OtherOptions(Options, frozen=True, kw_only=True):
    """[other]"""

    port: Port = 10001


def test_services_of_third_parties_are_started_when_named(read, wrong, monkeypatch):
    other = Service(
        name="other",
        title="Other",
        rfcs=(),
        listeners=(Listener("tcp", "tcp", 1),),
        options=OtherOptions,
        check=lambda options, _contents: ["port 1 is not for you"] if options.port == 1 else [],
    )

    def find(name):
        return other if name == "other" else find_service(name)

    for module in ("reading", "checks", "ports"):
        monkeypatch.setattr(f"homeport.config.{module}.find_service", find)
    assert "other" not in read().services
    assert list(read('[farm]\nservices = ["other", "echo"]\n[other]\nport = 2').services) == ["echo", "other"]
    assert "other" not in read("[other]\nport = 2").services
    (problem,) = wrong("[another]\nport = 2")
    assert problem.startswith("homeport.toml:1: unknown section [another]")
    assert wrong('[farm]\nservices = ["other"]\n[other]\nport = 1') == [
        "homeport.toml:3: [other] port 1 is not for you"
    ]


def test_contents_of_a_file_stand_in_place_of_the_default_ones(read):
    config = read(
        '[[people]]\nlogin = "eve"\nname = "Eve"\n[[presence]]\nlogin = "eve"\nago = "1h"\n[[quotes]]\ntext = "Hm."\n'
    )
    assert [person.login for person in config.contents.people] == ["eve"]
    assert [seed.ago for seed in config.contents.presence] == ["1h"]
    assert list(config.contents.quotes) == ["Hm."]
    assert next(iter(read().contents.people)).login == "alice"


def test_mistakes_in_contents_are_named_with_their_lines(wrong):
    assert wrong('[[people]]\nlogin = "eve"\nname = "Eve"\n[[people]]\nname = "Eve 2"\nlogin = "EVE"') == [
        "homeport.toml:6: two people have the login 'EVE': rename one"
    ]
    assert wrong('[[mail.alias]]\nname = "x"\nto = ["a"]\n[[mail.list]]\nname = "X"\nowner = "a"') == [
        "homeport.toml:5: two aliases or lists have the name 'X': rename one"
    ]
    (problem,) = wrong('[[people]]\nlogin = "eve"')
    assert problem.startswith("homeport.toml:1: people[0] lacks 'name'")
    (problem,) = wrong('[[presence]]\nlogin = "eve"\nago = "long"')
    assert problem.startswith("homeport.toml:3: presence[0].ago: 'long' is not a duration")
    assert wrong('[[quotes]]\ntxet = "a"') == [
        "homeport.toml:1: quotes[0] lacks 'text' (one quote)",
        "homeport.toml:2: quotes[0] has no key 'txet'; did you mean 'text'?",
    ]


@pytest.mark.parametrize("time", ["2036-02-07T06:28:16Z", "2036-02-07t06:28:16.5+01:00", "+1d", "-250ms", "+0s"])
def test_the_clock_takes_rfc_3339_and_distances(read, time):
    assert read(f'[clock]\nset = "{time}"').clock.set == time


def test_the_clock_takes_a_time_of_toml(read):
    assert read("[clock]\nset = 2036-02-07T06:28:16Z").clock.set == "2036-02-07T06:28:16+00:00"


@pytest.mark.parametrize("time", ["tomorrow", "2036-02-07", "2036-02-07T06:28:16", "2036-02-30T00:00:00Z", "+1w", "1d"])
def test_the_clock_takes_nothing_else(wrong, time):
    (problem,) = wrong(f'[clock]\nset = "{time}"')
    assert problem.startswith("homeport.toml:2: clock.set: ")


def test_sets_of_peers_are_checked(wrong):
    (problem,) = wrong('[journal]\nrecord = ["localhost"]')
    assert problem.startswith("homeport.toml:2: journal.record: ")
    (problem,) = wrong('[limits]\nexempt = ["127.0.0.0/99"]')
    assert problem.startswith("homeport.toml:2: limits.exempt: ")


def test_a_table_is_taken_from_a_file_a_variable_and_a_flag(read):
    table = {"172.16.0.0/12": "self", "*": "127.0.0.1"}
    text = '{ "172.16.0.0/12" = "self", "*" = "127.0.0.1" }'
    assert read(f"[ftp]\nmasquerade = {text}").services["ftp"].masquerade == table
    assert read('[ftp.masquerade]\n"172.16.0.0/12" = "self"\n"*" = "127.0.0.1"').services["ftp"].masquerade == table
    assert load(environment={"HOMEPORT__FTP__MASQUERADE": text}).services["ftp"].masquerade == table
    assert load(settings=[flag_setting(f"ftp.masquerade={text}")]).services["ftp"].masquerade == table
    assert load(environment={"HOMEPORT__FTP__MASQUERADE": ""}).services["ftp"].masquerade == ""
    assert load(environment={"HOMEPORT__FTP__MASQUERADE": "192.0.2.1"}).services["ftp"].masquerade == "192.0.2.1"


def test_the_control_api_is_not_exposed_by_accident(read, wrong):
    (problem,) = wrong('[control]\nhosts = ["127.0.0.1", "0.0.0.0"]')
    assert problem.startswith("homeport.toml:2: the control API would listen on 0.0.0.0")
    assert "[control] token" in problem
    assert "[control] open = true" in problem
    assert control_hosts(read('[farm]\nhosts = ["127.0.0.1", "0.0.0.0"]')) == ["127.0.0.1"]
    (problem,) = wrong('[control]\nhosts = ["192.0.2.1"]')
    assert problem.startswith("homeport.toml:2: the control API would listen on 192.0.2.1")
    exposed = '[farm]\nhosts = ["0.0.0.0"]\n[control]\n'
    assert read(exposed + 'token = "x"').control.token == "x"
    assert read(exposed + "open = true").control.open
    assert read(exposed + 'hosts = ["127.0.0.1", "localhost", "::1"]').control.hosts[0] == "127.0.0.1"


@pytest.mark.requirement("GEN-1.2.4-4")
def test_the_example_in_the_repository_is_what_init_writes_and_changes_nothing():
    file = REPOSITORY / "config" / "homeport.toml"
    assert file.read_text() == example(), "run `homeport init - > config/homeport.toml`"
    assert effective(load(file)) == effective(load())


@pytest.mark.requirement("GEN-1.2.4-4")
def test_the_example_has_every_key_that_is_not_deprecated_with_a_comment_above_it():
    lines = example().splitlines()
    kinds = SECTIONS | {service.name: service.options for service in all_services()}
    for name, kind in kinds.items():
        begin = lines.index(f"[{name}]") + 1
        section = lines[begin : next((at for at in range(begin, len(lines)) if not lines[at]), len(lines))]
        keys = [line.removeprefix("# ").partition(" = ")[0] for line in section if " = " in line and line[0] != "#"]
        assert keys == [one.encode_name for one in msgspec.structs.fields(kind) if not is_deprecated(one)]
        assert all(section[at - 1].startswith("# ") for at, line in enumerate(section) if not line.startswith("#"))


@pytest.mark.requirement("GEN-1.2.4-2")
def test_every_key_can_be_set_from_outside(read):
    for name, section in effective(Config(services={s.name: s.options() for s in all_services()})).items():
        if isinstance(section, dict):
            for key, value in section.items():
                read(sets=[f"{name}.{key}={value if isinstance(value, str) else toml_value(value)}"])


def test_the_effective_configuration_does_not_show_the_token(read):
    shown = json.dumps(effective(read('[control]\ntoken = "hunter2"')))
    assert "hunter2" not in shown
    assert json.loads(shown)["people"][0]["login"] == "alice"


@given(st.text(max_size=60))
def test_no_text_of_a_setting_is_an_exception(text):
    environment = {"HOMEPORT__CLOCK__SET": text, "HOMEPORT__ECHO__LIMITS": text}
    problems = []
    try:
        config = load(None, environment, [flag_setting(f"clock.frozen={text}")])
    except ConfigError as error:
        problems = error.problems
    assert problems or config.clock.frozen in (True, False)


@given(st.text(min_size=1, max_size=30))
def test_no_name_of_a_variable_is_an_exception(name):
    with pytest.raises(ConfigError):
        load(None, {f"HOMEPORT__ZZ{name}": "1"})


def test_an_invalid_choice_is_reported_with_the_valid_ones(tmp_path):
    file = tmp_path / "homeport.toml"
    file.write_text('[users]\nformat = "long"\n')
    words = r"toml:2: users\.format: expected one of names, who, count, bsd, w; got 'long' \("
    with pytest.raises(ConfigError, match=words):
        load(file)


def test_files_and_names_of_tls_are_checked_before_the_start(wrong, tmp_path):
    authority = Authority.make("test")
    issued, other = authority.issue_server(["a.test"]), authority.issue_server(["b.test"])
    files = {"a.pem": issued.certificate_pem(), "a.key": issued.key_pem(), "b.key": other.key_pem(), "no.pem": b"x"}
    for name, octets in files.items():
        (tmp_path / name).write_bytes(octets)

    def problem(**keys):
        lines = [
            f"{key} = {json.dumps(value if key == 'names' else str(tmp_path / value))}" for key, value in keys.items()
        ]
        return wrong("[tls]\n" + "\n".join(lines))

    assert load(
        settings=[
            flag_setting(f"tls.{key}={tmp_path}/a.{end}") for key, end in (("certificate", "pem"), ("key", "key"))
        ]
    )
    assert "the key does not belong to the certificate" in str(problem(certificate="a.pem", key="b.key"))
    assert "not a certificate in PEM" in str(problem(certificate="no.pem", key="a.key"))
    assert "not a private key in PEM" in str(problem(certificate="a.pem", key="no.pem"))
    assert "set [tls] key" in str(problem(certificate="a.pem"))
    assert "set [tls] certificate" in str(problem(key="a.key"))
    assert "No such file or directory" in str(problem(client_ca="missing.pem"))
    assert "not a certificate in PEM" in str(problem(client_ca="no.pem"))
    assert "'a b' is neither a host name nor an address" in str(problem(names=["ok.test", "a b"]))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            "[whois]\nport = 0\n[[whois]]\nkeys = ['x']\ntext = 'y'",
            3,
            "write [whois] once, and [[whois.text]] for each",
        ),
        (
            "[[whois]]\nkeys = ['x']\ntext = 'y'\n[whois]\nport = 0",
            4,
            "write [whois] once, and [[whois.text]] for each",
        ),
        (
            "[[people]]\nlogin = 'a'\nname = 'A'\n[people]",
            4,
            "write [[people]] for each, and no other table of that name",
        ),
        ("people = []\n[[people]]\nlogin = 'a'", 2, "write [[people]] for each, and no other table of that name"),
        ("[echo]\n[echo]\nport = 1", 2, "write [echo] once, with all its keys below it"),
        ("[mail]\n[[mail]]", 2, "write [mail] once, with all its keys below it"),
        ("[people]\nlogin = 'a'", 1, "people is an array of tables: write each below [[people]]"),
        ("[quotes]\ntext = 'a'", 1, "quotes is an array of tables: write each below [[quotes]]"),
        ("[whois]\ntext = 'a'", 2, "whois.text is an array of tables: write each below [[whois.text]]"),
        ("[registry]\ndomain = 'a'", 2, "registry.domain is an array of tables: write each below [[registry.domain]]"),
    ],
)
def test_a_table_in_the_wrong_form_is_reported_with_the_right_one(wrong, text, line, words):
    (problem,) = wrong(text)
    assert problem.startswith(f"homeport.toml:{line}: ")
    assert problem.endswith(words)


def test_texts_of_whois_are_in_the_section_of_its_keys(read):
    config = read("[whois]\nport = 0\n[[whois.text]]\nkeys = ['x']\ntext = 'y'")
    assert (config.services["whois"].port, [one.keys for one in config.contents.whois]) == (0, [("x",)])


@pytest.mark.parametrize(
    ("key", "name", "words"),
    [
        ("farm.data", "file", "is not a folder: name a folder; it is created if missing"),
        ("farm.data", "file/below", "is not a folder: name a folder; it is created if missing"),
        ("ftp.root", "file", "is not a folder: name a folder"),
        ("ftp.root", "none", "is missing: create it"),
        ("tls.ca_export", "folder", "is a folder: name a file in it"),
    ],
)
def test_a_path_of_the_wrong_kind_is_reported_with_its_key(wrong, tmp_path, key, name, words):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (problem,) = wrong(sets=[f"{key}={tmp_path / name}"])
    assert problem.startswith(f"--set {key}={name}: {key}: ")
    assert words in problem


def test_a_folder_that_exists_or_can_be_created_is_valid(read, tmp_path):
    assert read(sets=[f"farm.data={tmp_path}", f"ftp.root={tmp_path}"]).farm.data == str(tmp_path)
    assert read(sets=[f"farm.data={tmp_path}/a/b"]).farm.data == f"{tmp_path}/a/b"
