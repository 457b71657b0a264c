"""docker-compose.yml and the Dockerfile agree with the services' declarations."""

import re
from ipaddress import ip_address

import pytest
import yaml
from listed import assert_listed

from homeport.config.checks import control_hosts
from homeport.config.reading import Setting, load
from homeport.config.sections import ControlOptions
from homeport.services.ftp.masquerade import parse_masquerade

FARMS = ("homeport", "blue", "green")
MASQUERADE = "HOMEPORT__FTP__MASQUERADE"


@pytest.fixture(scope="module")
def compose(read_file):
    return yaml.safe_load(read_file("docker-compose.yml"))


def mapping(written):
    """Parse an entry of `ports`: the published address (its default), the port outside and inside, the transport."""
    address, outside, inside, transport = re.fullmatch(
        r"\$\{\w+:-([\d.]+)\}:([\d-]+):([\d-]+)(?:/(\w+))?", written
    ).groups()
    return address, outside, inside, transport or "tcp"


def with_defaults(text, **variables):
    """Return a text of the compose file with these variables substituted, and defaults for others."""
    return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda match: variables.get(match[1], match[2]), text)


def told_outside(compose, farm):
    """Return the address that PASV reports to clients of published ports, from the options."""
    setting = with_defaults(compose["services"][farm]["environment"][MASQUERADE])
    table = load(environment={MASQUERADE: setting}).services["ftp"].masquerade
    assert table["gateway"] == table["*"]
    return table["*"]


def test_publishing_to_the_network_does_not_publish_the_control_api(compose):
    for farm, variable in (("homeport", "HOMEPORT"), ("blue", "TEAM_BLUE"), ("green", "TEAM_GREEN")):
        chosen = {f"{variable}_ADDRESS": "0.0.0.0"}
        published = [with_defaults(one, **chosen).split(":") for one in compose["services"][farm]["ports"]]
        addresses = {inside.partition("/")[0]: address for address, _outside, inside in published}
        assert ip_address(addresses.pop(str(ControlOptions().port))).is_loopback
        assert set(addresses.values()) == {"0.0.0.0"}


def test_pasv_tells_neighbours_the_container_s_own_address_and_others_the_published_one(read_file):
    (setting,) = re.findall(rf"^ +{MASQUERADE}='(.*)'$", read_file("Dockerfile"), re.MULTILINE)
    told = parse_masquerade(load(environment={MASQUERADE: setting}).services["ftp"].masquerade).address_for
    for neighbour, ours in (("172.17.0.3", "172.17.0.2"), ("172.31.0.9", "172.31.0.2"), ("10.89.3.9", "10.89.3.2")):
        assert told(neighbour, ours, gateway=False) == ours
        assert told(neighbour, ours, gateway=True) == "127.0.0.1"
    assert told("192.168.65.1", "172.17.0.2", gateway=False) == "127.0.0.1"


@pytest.mark.parametrize("farm", FARMS)
def test_every_listener_is_published_on_loopback_under_its_own_number(
    compose, farm, farm_ports, passive_ports, transfer_ports
):
    published = [mapping(written) for written in compose["services"][farm]["ports"]]
    assert all(outside == inside for _address, outside, inside, _transport in published)
    assert {address for address, *_ in published} == {told_outside(compose, farm)}
    assert all(ip_address(address).is_loopback for address, *_ in published)
    ports = {(outside, transport) for _address, outside, _inside, transport in published}
    wanted = {(str(port), transport) for port, transport in farm_ports}
    wanted |= {(passive_ports, "tcp"), (transfer_ports, "udp")}
    assert_listed(f"docker-compose.yml, services.{farm}.ports", ports, wanted)


def test_the_farms_of_a_team_have_addresses_and_volumes_of_their_own(compose):
    services = compose["services"]
    assert len({told_outside(compose, farm) for farm in FARMS}) == len(FARMS)
    volumes = [volume.partition(":")[0] for farm in FARMS for volume in services[farm]["volumes"]]
    assert len(set(volumes)) == len(volumes)
    assert set(volumes) == set(compose["volumes"])


def test_only_the_lab_itself_comes_without_a_profile(compose):
    assert [name for name, service in compose["services"].items() if not service.get("profiles")] == ["homeport"]


def test_every_container_is_hardened(compose):
    for service in compose["services"].values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_image_exposes_every_listener(read_file, farm_ports, passive_ports, transfer_ports):
    dockerfile = read_file("Dockerfile").replace("\\\n", " ")
    exposed = set(re.search(r"^EXPOSE (.*)$", dockerfile, re.MULTILINE)[1].split())
    wanted = {f"{port}/udp" if kind == "udp" else f"{port}" for port, kind in farm_ports}
    wanted |= {passive_ports, f"{transfer_ports}/udp"}
    assert_listed("Dockerfile, EXPOSE", exposed, wanted)


def test_the_image_runs_as_any_user_and_checks_its_own_health(read_file):
    farm = read_file("Dockerfile").partition("AS farm")[2]
    assert re.search(r"^USER \d+:\d+$", farm, re.MULTILINE)
    assert re.search(r'CMD \["homeport", "ready", "--quiet"\]$', farm, re.MULTILINE)
    assert 'ENTRYPOINT ["homeport"]' in farm


def test_the_image_s_own_settings_are_a_configuration_that_serves_all_and_hands_out_no_control(read_file):
    farm = read_file("Dockerfile").partition("AS farm")[2].replace("\\\n", " ")
    found = re.findall(r"\b(HOMEPORT__\w+)=(?:'([^']*)'|(\S+))", farm)
    settings = {name: quoted or plain for name, quoted, plain in found}
    hosts = re.search(r'HOMEPORT_HOST="([^"]*)"', farm)[1].split()
    config = load(environment=settings, settings=[Setting(("farm", "hosts"), hosts, "HOMEPORT_HOST")])
    assert config.farm.hosts == ["0.0.0.0", "::"]
    assert config.tls.any_name
    assert control_hosts(config) == ["127.0.0.1", "::1"]


@pytest.mark.parametrize("name", ["requirements.txt", "build-requirements.txt"])
def test_what_the_image_installs_is_pinned_with_hashes_and_names_no_registry(read_file, name):
    locked = re.sub(r"\s*\\\n\s*", " ", read_file(f"deploy/{name}")).splitlines()
    packages = [line for line in locked if line and not line.startswith("#")]
    assert packages
    assert all(re.match(r"[a-z0-9.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line) for line in packages)
    assert not any("://" in line or line.startswith("-") for line in locked)


def test_the_lock_has_every_dependency_of_the_package(read_file):
    import tomllib

    wanted = tomllib.loads(read_file("pyproject.toml"))["project"]["dependencies"]
    names = {re.match(r"[\w-]+", requirement)[0].lower() for requirement in wanted}
    locked = set(re.findall(r"^([a-z0-9-]+)==", read_file("deploy/requirements.txt"), re.MULTILINE))
    assert names <= locked
