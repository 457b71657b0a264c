"""Deprecated keys: `strict` and `bare_lf`, which `syntax` replaces, still act, and a warning names the replacement."""

import pytest

from homeport.config.further_worlds import world_config
from homeport.config.reading import flag_setting, load
from homeport.config.sections import Config
from homeport.config.values import ConfigError
from homeport.config.writing import example
from homeport.services import all_services

DIALED = (
    "dict",
    "dns",
    "epp",
    "finger",
    "ftp",
    "gopher",
    "ident",
    "imap",
    "ldap",
    "ntp",
    "pop3",
    "rdap",
    "smtp",
    "syslog",
    "telnet",
    "tftp",
    "time",
    "whois",
)


def read(tmp_path, text="", environment=None, *sets):
    """Load a configuration from a text, the environment and --set arguments."""
    file = tmp_path / "homeport.toml"
    file.write_text(text)
    return load(file, environment or {}, [flag_setting(one) for one in sets])


def words(caplog, tmp_path):
    """Return the warnings, without the folder's name."""
    return [record.getMessage().replace(f"{tmp_path}/", "") for record in caplog.records]


def test_the_services_with_something_to_dial_have_the_key():
    assert {one.name for one in all_services() if "syntax" in one.options.__struct_fields__} == set(DIALED)


def test_a_new_configuration_has_only_the_new_key():
    lines = [line.partition(" = ")[0] for line in example().splitlines()]
    assert lines.count("syntax") == len(DIALED)
    assert not {"strict", "bare_lf"} & set(lines)


@pytest.mark.parametrize("name", DIALED)
def test_strict_acts_and_its_warning_says_where_it_is_and_what_to_write(caplog, tmp_path, name):
    options = read(tmp_path, f"[{name}]\nstrict = true\n").services[name]
    assert options.is_strict
    assert words(caplog, tmp_path) == [
        f'homeport.toml:2: {name}.strict is deprecated: write [{name}] syntax = "strict"'
    ]


@pytest.mark.parametrize("name", ["finger", "ftp", "smtp", "whois"])
def test_bare_lf_accepts_lf_alone_and_nothing_else(caplog, tmp_path, name):
    options = read(tmp_path, "", {f"HOMEPORT__{name.upper()}__BARE_LF": "accept"}).services[name]
    assert (options.accepts_bare_lf, options.is_lenient, options.is_strict) == (True, False, False)
    assert words(caplog, tmp_path) == [
        f'HOMEPORT__{name.upper()}__BARE_LF: {name}.bare_lf is deprecated: write [{name}] syntax = "lenient"'
    ]


@pytest.mark.parametrize("line", ["[echo]\nstrict = true", "[smtp]\nstrict = false", '[ftp]\nbare_lf = "refuse"'])
def test_a_deprecated_key_without_effect_is_to_be_left_out(caplog, tmp_path, line):
    read(tmp_path, line)
    (warning,) = words(caplog, tmp_path)
    assert warning.endswith(" is deprecated: it changes nothing here; leave it out")


def test_the_new_key_warns_of_nothing(caplog, tmp_path):
    config = read(tmp_path, "".join(f'[{name}]\nsyntax = "strict"\n' for name in DIALED))
    assert all(config.services[name].is_strict for name in DIALED)
    assert caplog.records == []


def test_the_new_key_in_a_flag_overrides_the_deprecated_one_in_the_file(caplog, tmp_path):
    text = '[smtp]\nstrict = true\nbare_lf = "accept"\n'
    options = read(tmp_path, text, None, "smtp.syntax=rfc").services["smtp"]
    assert (options.is_strict, options.accepts_bare_lf) == (False, False)
    assert caplog.records == []
    assert read(tmp_path, '[smtp]\nsyntax = "rfc"\n', None, "smtp.strict=true").services["smtp"].is_strict


def test_strict_and_lenient_at_once_are_an_error(tmp_path):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, '[smtp]\nstrict = true\nsyntax = "lenient"\n')
    assert str(caught.value).endswith(
        'homeport.toml:2: smtp.strict contradicts smtp.syntax = "lenient": remove `strict`, which is deprecated'
    )


def test_a_wrong_word_names_the_three(tmp_path):
    with pytest.raises(ConfigError, match=r"smtp.syntax: expected one of strict, rfc, lenient; got 'loose'"):
        read(tmp_path, '[smtp]\nsyntax = "loose"\n')


def test_a_further_world_that_sets_the_new_key_does_not_inherit_the_deprecated_ones(tmp_path, caplog):
    farm = read(tmp_path, '[smtp]\nstrict = true\n[finger]\nbare_lf = "accept"\n')
    caplog.clear()
    config = world_config(farm, None, {"smtp": {"syntax": "lenient"}, "finger": {"syntax": "rfc"}})
    assert config.services["smtp"].is_lenient
    assert not config.services["finger"].accepts_bare_lf
    assert world_config(farm, None, {"smtp": {"max_errors": 5}}).services["smtp"].is_strict
    assert caplog.records == []
    world_config(Config(), ["smtp"], {"smtp": {"strict": True}})
    assert words(caplog, tmp_path) == ['a new world: smtp.strict is deprecated: write [smtp] syntax = "strict"']
