"""POST /api/v1/reload."""

import pytest
from tests.conftest import farm_config

from homeport.config.reading import load

RELOAD = "/api/v1/reload"


def test_a_reload_reports_applied_changes_and_those_that_need_a_restart(start_farm, request_of, tmp_path):
    farm = start_farm("echo")
    farm.farm.load = lambda: farm_config("echo", echo={"strict": True}, limits={"connections": 5})
    reply = request_of(farm, "POST", RELOAD)
    assert reply.status == 200
    assert reply.json == {"applied": ["limits.connections", "echo.strict"], "needs_restart": [], "unchanged": False}
    assert request_of(farm, "POST", RELOAD).json == {"applied": [], "needs_restart": [], "unchanged": True}


def test_an_invalid_file_changes_nothing_and_is_reported_as_by_check(start_farm, request_of, tmp_path):
    farm = start_farm("echo")
    file = tmp_path / "farm.toml"
    file.write_text("[echo]\nprot = 1\n[farm]\nseed = -1\n")
    farm.farm.load = lambda: load(file)
    reply = request_of(farm, "POST", RELOAD)
    assert reply.status == 422
    assert reply.headers["content-type"] == "application/problem+json"
    first, second = reply.json["problems"]
    assert first == f"{file}:2: echo has no key 'prot'; did you mean 'port'?"
    assert second.startswith(f"{file}:4: farm.seed: expected `int` >= 0")
    assert reply.json["detail"] == f"{first}\n{second}"
    assert farm.farm.config is farm.config


def test_a_farm_without_a_configuration_source_refuses_to_reload(farm, request_of):
    farm.farm.load = None
    reply = request_of(farm, "POST", RELOAD)
    assert reply.status == 409
    assert "was not started by `homeport up`" in reply.json["detail"]


@pytest.mark.parametrize("old", ["", "old"])
def test_the_token_changes_for_the_next_request(start_farm, request_of, old):
    farm = start_farm("echo", control={"token": old})
    farm.farm.load = lambda: farm_config("echo", control={"token": "new"})
    headers = {"Authorization": f"Bearer {old}"} if old else {}
    assert request_of(farm, "POST", RELOAD, headers).json["applied"] == ["control.token"]
    assert request_of(farm, "POST", RELOAD, headers).status == 401
    assert request_of(farm, "POST", RELOAD, {"Authorization": "Bearer new"}).json["unchanged"]
