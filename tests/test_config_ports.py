"""Port conflicts, and well-known ports."""

import pytest

from homeport.config.reading import Setting, load
from homeport.config.values import ConfigError
from homeport.services import all_services


@pytest.fixture
def read(tmp_path):
    """Load a file with that text."""

    def read(text, **options):
        file = tmp_path / "homeport.toml"
        file.write_text(text)
        return load(file, **options)

    return read


@pytest.fixture
def wrong(read):
    """Return the problems of a file with that text, without the file's name."""

    def wrong(text, **options):
        with pytest.raises(ConfigError) as caught:
            read(text, **options)
        return [problem.rpartition("homeport.toml:")[2] for problem in caught.value.problems]

    return wrong


CLASHES = [
    (
        "[echo]\nport = 7000\n[discard]\nport = 7000\n",
        4,
        "discard.tcp (discard.port) and echo.tcp (echo.port)",
        "TCP and UDP port 7000",
    ),
    ("[echo]\nport = 10043\n", 2, "whois.tcp (whois.port) and echo.tcp (echo.port)", "TCP port 10043"),
    ("[control]\nport = 10043\n", 2, "whois.tcp (whois.port) and the control API (control.port)", "TCP port 10043"),
    ("[finger]\nport = 10225\n", 2, "ftp's passive data ports (ftp.passive_ports) and finger.tcp", "TCP port 10225"),
    ("[ftp]\npassive_ports = '10001-10008'\n", 2, "ftp's passive data ports (ftp.passive_ports)", "TCP port 10007"),
    ("[finger]\nport = 10020\n", 2, "ftp's active data port (ftp.active_from) and finger.tcp", "TCP port 10020"),
    ("[smtp]\ntls_port = 10025\n", 2, "smtp.tls (smtp.tls_port) and smtp.starttls (smtp.port)", "TCP port 10025"),
    ("[epp]\nplain = true\nplain_port = 10700\n", 3, "epp.tcp (epp.plain_port) and epp.tls", "TCP port 10700"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "who", "port"), CLASHES, ids=[who for _, _, who, _ in CLASHES])
def test_two_things_on_one_port_are_named_at_the_key_that_was_given(wrong, text, line, who, port):
    problem = wrong(text)[0]
    assert problem.startswith(f"{line}: ")
    assert who in problem
    assert f"both want {port}: change one; 0 is any free port" in problem


@pytest.mark.parametrize(
    "text",
    [
        "[echo]\nport = 0\n[discard]\nport = 0\n[control]\nport = 0\n",
        "[time]\nport = 0\n[users]\nport = 10037\n",  # the service with that default port has moved away
        "[epp]\nplain = false\nplain_port = 10700\n",
        "[farm]\nservices = ['echo']\n[echo]\nport = 10043\n",
        "[whois]\nenabled = false\n[echo]\nport = 10043\n",
        "[farm]\nhosts = ['127.0.0.1']\n[control]\nhosts = ['127.0.0.2']\nport = 10007\n",
        "[ftp]\nactive_from = 'any'\n[finger]\nport = 10020\n",
        "[ftp]\npassive_ports = '0'\n[finger]\nport = 10225\n",
    ],
)
def test_ports_that_do_not_conflict_are_valid(read, text):
    read(text)


@pytest.mark.parametrize(
    ("hosts", "control", "clashes"),
    [
        ("0.0.0.0", "127.0.0.1", True),
        ("127.0.0.1", "0.0.0.0", True),
        ("::1", "::", True),
        ("::", "127.0.0.1", False),  # IPv6 sockets accept IPv6 only
        ("127.0.0.1", "localhost", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("farm.test", "FARM.test", True),
        ("0:0::1", "::1", True),
    ],
)
def test_hosts_conflict_that_have_an_address_in_common(read, wrong, hosts, control, clashes):
    text = f"[farm]\nhosts = ['{hosts}']\n[control]\ntoken = 'x'\nhosts = ['{control}']\nport = 10007\n"
    if clashes:
        assert "echo.tcp (echo.port) and the control API (control.port) both want" in wrong(text)[0]
    else:
        read(text)


def ports_of(config):
    return {
        f"{service.name}.{one.name}": getattr(config.services[service.name], one.option)
        for service in all_services()
        for one in service.listeners
    }


def test_well_known_ports_are_ianas():
    ports = ports_of(load(settings=[Setting(("farm", "well_known"), True, "--well-known")]))
    assert [ports[name] for name in ("echo.udp", "smtp.starttls", "ftp.tls", "epp.tls", "epp.tcp")] == [
        7, 25, 990, 700, 701
    ]  # fmt: skip
    wanted = {f"{service.name}.{one.name}": one for service in all_services() for one in service.listeners}
    assert ports == {name: one.own_port - 10_000 if one.own_port else one.iana_port for name, one in wanted.items()}


def test_well_known_ports_leave_what_is_configured_and_the_control_api(read):
    flag = [Setting(("farm", "well_known"), True, "--well-known")]
    config = read("[echo]\nport = 7007\n[finger]\nport = 10079\n", settings=flag)
    assert (config.services["echo"].port, config.services["finger"].port) == (7007, 79)
    assert config.control.port == load().control.port
    kept = load(settings=[*flag, Setting(("finger", "port"), 10079, "--set finger.port=10079")])
    assert kept.services["finger"].port == 10079
    assert read("[farm]\nwell_known = true\n").services["whois"].port == 43


def test_free_ports_and_well_known_ports_exclude_each_other(read):
    with pytest.raises(ConfigError, match="--ephemeral and --well-known exclude each other"):
        load(settings=[Setting(("farm", "well_known"), True, "--well-known")], ephemeral=True)
    assert read("[farm]\nwell_known = true\n", ephemeral=True).services["whois"].port == 0
