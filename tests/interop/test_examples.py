"""The examples in the services' declarations, which `homeport up` and the documentation show."""

import shlex

import pytest

from homeport.services import all_services


@pytest.mark.parametrize("service", all_services(), ids=lambda service: service.name)
def test_the_example_of_a_service_works_as_it_stands(client, run, farm, service):
    bound = farm.farm.describe("default")["services"][service.name]
    example = service.example.format(**bound[service.listeners[0].name])
    for stage in example.split("|"):
        client(shlex.split(stage)[0])
    answer = run("sh", "-c", example)
    assert bool(answer) == (service.name not in ("discard", "syslog"))
    # Ident's example asks about a connection that is not there.
    found = farm.call(lambda: {*farm.world.findings.counts})
    assert found == ({"ident.no-connection"} if service.name == "ident" else set())
