"""The differences between two configurations, and which of them a reload applies."""

import msgspec
import pytest

from homeport.config.changes import KEPT, changed_keys, plan
from homeport.config.reading import load
from homeport.config.sections import CONTENTS, SECTIONS, Config
from homeport.world.world import REPLACEABLE


def configured(tmp_path, text):
    file = tmp_path / "farm.toml"
    file.write_text(text)
    return load(file)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", []),
        ("[echo]\nport = 10007\n", []),
        ("[echo]\nstrict = true\nport = 0\n", ["echo.strict", "echo.port"]),
        ("[echo]\nlimits.idle = '5s'\n", ["echo.limits.idle"]),
        ("[limits]\nidle = '1m'\nexempt = []\n", ["limits.idle", "limits.exempt"]),
        ("[control]\ntoken = 'a'\n", ["control.token"]),
        ("[whois]\nenabled = false\n", ["whois.enabled"]),
        ("[farm]\nservices = ['-echo']\n", ["farm.services", "echo.enabled"]),
        ("[[people]]\nlogin = 'zoe'\nname = 'Zoe'\n", ["people"]),
        ("[[quotes]]\ntext = 'Short.'\n", ["quotes"]),
        ("[[whois.text]]\nkeys = ['a']\ntext = 'b'\n", ["whois.text"]),
        ("[[dns.zone]]\nname = 'a.test'\n", ["dns.zone"]),
    ],
)
def test_the_keys_that_differ_are_named(tmp_path, text, keys):
    assert changed_keys(load(), configured(tmp_path, text)) == keys


def test_two_tokens_differ_though_neither_is_shown(tmp_path):
    old = configured(tmp_path, "[control]\ntoken = 'a'\n")
    assert changed_keys(old, configured(tmp_path, "[control]\ntoken = 'b'\n")) == ["control.token"]


def test_contents_written_out_as_they_are_by_default_are_no_change(tmp_path):
    from homeport.config.writing import example

    changes = plan(load(), configured(tmp_path, example()))
    assert changes.reloaded.unchanged
    assert changes.parts == []


def test_what_needs_a_restart_keeps_its_old_value_so_that_it_is_named_again(tmp_path):
    old = load()
    farm = "[farm]\nseed = 7\nhosts = ['127.0.0.1']\n"
    new = configured(tmp_path, farm + "[clock]\nfrozen = true\n[echo]\nstrict = true\n")
    changes = plan(old, new)
    assert changes.reloaded.applied == ["echo.strict"]
    assert changes.reloaded.needs_restart == ["farm.hosts", "farm.seed", "clock.frozen"]
    assert (changes.config.farm, changes.config.clock) == (old.farm, old.clock)
    assert changes.config.contents.seed == 0
    again = plan(changes.config, new).reloaded
    assert (again.applied, again.needs_restart) == ([], ["farm.hosts", "farm.seed", "clock.frozen"])


def test_a_token_is_not_given_up_while_others_reach_the_listener(tmp_path):
    old = configured(tmp_path, "[control]\nhosts = ['0.0.0.0']\ntoken = 'a'\n")
    new = configured(tmp_path, "[control]\nhosts = ['127.0.0.1']\n")
    changes = plan(old, new)
    assert changes.config.control.token == "a"
    assert changes.reloaded.applied == []
    assert changes.reloaded.needs_restart == ["control.hosts", "control.token"]


def test_a_token_is_not_given_up_either_where_the_addresses_follow_from_it(tmp_path):
    old = configured(tmp_path, "[farm]\nhosts = ['0.0.0.0']\n[control]\ntoken = 'a'\n")
    changes = plan(old, configured(tmp_path, "[farm]\nhosts = ['0.0.0.0']\n"))
    assert changes.config.control.token == "a"
    assert (changes.reloaded.applied, changes.reloaded.needs_restart) == ([], ["control.token"])


def test_a_token_that_comes_later_is_demanded_at_once_and_opens_other_addresses_after_a_restart(tmp_path):
    old = configured(tmp_path, "[farm]\nhosts = ['0.0.0.0']\n")
    changes = plan(old, configured(tmp_path, "[farm]\nhosts = ['0.0.0.0']\n[control]\ntoken = 'a'\n"))
    assert changes.config.control.token == "a"
    assert (changes.reloaded.applied, changes.reloaded.needs_restart) == (["control.token"], ["control.hosts"])


def test_sections_and_contents_that_are_not_known_wait_for_a_restart():
    assert set(KEPT) <= set(SECTIONS)
    assert set(REPLACEABLE) <= set(CONTENTS)
    old = Config()
    for name, kept in KEPT.items():
        assert set(kept) <= set(type(getattr(old, name)).__struct_fields__)


def test_the_result_of_a_reload_is_one_line(tmp_path):
    new = configured(tmp_path, "[echo]\nstrict = true\n[farm]\nseed = 1\n")
    assert str(plan(load(), new).reloaded) == "applied: echo.strict; needs a restart: farm.seed"
    assert str(plan(new, new).reloaded) == "the configuration has not changed"
    assert msgspec.to_builtins(plan(new, new).reloaded) == {"applied": [], "needs_restart": [], "unchanged": True}
