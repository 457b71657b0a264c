"""Has the tests of aiosmtplib run against Homeport: fixtures in the place of those that start aiosmtpd.

A plugin of the pytest that runs them (`-p aiosmtplib_suite`). What a test has aiosmtpd mocked to do is asked of
Homeport by configuration and faults; what cannot be asked of it is in NOT_APPLICABLE.
"""

import email
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import found
import pytest
from selection import deselect

from homeport import Farm

NOT_APPLICABLE = {
    "Homeport serves no UNIX sockets": [
        "test_api.py::test_send_via_socket_path",
        "test_api.py::test_send_via_socket_path_with_tls",
        "test_connect.py::test_connect_via_socket_path",
    ],
    "it compares words of aiosmtpd's replies": [
        "test_asyncio.py::test_many_commands_with_gather",
        "test_commands.py::test_help_ok",
        "test_commands.py::test_data_ok",
    ],
    "CRAM-MD5 and SCRAM are offered without TLS, aiosmtpd offers no AUTH there": [
        "test_auth_methods.py::test_login_without_starttls_exception"
    ],
    "VRFY of somebody known gets 250 (RFC 5321 3.5.3), aiosmtpd knows nobody": ["test_commands.py::test_vrfy_ok"],
    "a reply that is not UTF-8 cannot be asked of a fault": ["test_commands.py::test_badly_encoded_text_response"],
    "NOTIFY is taken (DSN), aiosmtpd has no parameters of RCPT": ["test_sendmail.py::test_sendmail_with_rcpt_option"],
    "whether it refuses what stands behind an address depends on Python's email.utils, not on the server": [
        "test_commands.py::test_address_command_rejects_injection",
        "test_commands.py::test_address_command_rejects_parameter_injection",
        "test_commands.py::test_sendmail_rejects_parameter_injection",
        "test_commands.py::test_sendmail_rejects_command_injection",
        "test_commands.py::test_send_message_compat32_does_not_smuggle_envelope_commands",
    ],
}
EXTENSIONS = [
    "SIZE", "8BITMIME", "SMTPUTF8", "PIPELINING", "CHUNKING", "BINARYMIME", "DSN", "STARTTLS", "AUTH",
    "ENHANCEDSTATUSCODES", "LIMITS", "REQUIRETLS", "MT-PRIORITY", "DELIVERBY",
]  # fmt: skip
REPLIES = {
    "mock_response_unrecognized_command": (500, False),
    "mock_response_gibberish": (500, False),  # what aiosmtpd says of a mock that raises, as this one does
    "mock_response_quit_error": (500, False),
    "mock_response_syntax_error": (555, False),
    "mock_response_syntax_error_and_cleanup": (555, True),
    "mock_response_error_disconnect": (501, True),
    "mock_response_bad_command_sequence": (503, False),
    "mock_response_mailbox_unavailable": (450, False),
    "mock_response_tls_not_available": (454, False),
    "mock_response_expn": (250, False),
    "mock_response_unavailable": (421, True),
    "mock_response_tls_ready_disconnect": (220, True),
    "mock_response_start_data_disconnect": (354, True),
    "close_during_read_response": (354, True),
    "mock_response_done_then_close": (250, True),
    "mock_response_delayed_close": (250, True),
}
"""Mocks of theirs: what they reply, and whether they close the connection behind it."""
MISBEHAVIOUR = {
    "mock_response_disconnect": {"close": True},
    "mock_response_eof": {"close": True},
    "mock_response_delayed_ok": {"latency": 1000},
    "mock_response_delayed_read": {"latency": 1000},
}
VERBS = {"_handle_client": "CONNECT", "handle_DATA": "."}
"""What they mock that is no command, in the words of Homeport's faults."""
TEXT = "as it was asked"


def plan(smtp: Any, name: str, mock: Any) -> None:
    """Have Homeport do what a mock of aiosmtpd does."""
    verb = VERBS.get(name) or name.removeprefix("smtp_")
    if mock.__name__ in MISBEHAVIOUR:
        smtp.fail(verb, times=0, **MISBEHAVIOUR[mock.__name__])
    elif mock.__name__ in REPLIES:
        code, closes = REPLIES[mock.__name__]
        smtp.fail(verb, code, TEXT, times=0)
        if closes:
            smtp.fail(verb, limit=len(f"{code} {TEXT}\r\n"), times=0)


def options_of(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a test wants of its server."""
    marker = request.node.get_closest_marker("smtpd_options")
    return marker.kwargs if marker else {}


def mocks_of(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a test wants it to do otherwise."""
    marker = request.node.get_closest_marker("smtpd_mocks")
    return marker.kwargs if marker else {}


def without(request: pytest.FixtureRequest) -> list[str]:
    """The extensions that it is not to have."""
    options, mocks = options_of(request), mocks_of(request)
    if getattr(mocks.get("smtp_EHLO"), "__name__", "") in ("mock_response_done", "mock_response_ehlo_minimal"):
        return EXTENSIONS
    lacking = {"SMTPUTF8": not options.get("smtputf8"), "8BITMIME": options.get("7bit")}
    lacking["STARTTLS"] = not options.get("starttls", True)
    lacking["ENHANCEDSTATUSCODES"] = "smtp_EHLO" not in mocks  # aiosmtpd has none
    return [name for name, lacks in lacking.items() if lacks]


# What is put into their conftest.


@pytest.fixture(scope="session")
def homeport_for_aiosmtplib(tmp_path_factory, valid_server_cert, cert_authority):
    """A farm with a certificate of the authority that the tests have."""
    folder = tmp_path_factory.mktemp("homeport")
    certificate, key, authority = folder / "certificate.pem", folder / "key.pem", folder / "authority.pem"
    certificate.write_bytes(b"".join(pem.bytes() for pem in valid_server_cert.cert_chain_pems))
    valid_server_cert.private_key_pem.write_to_path(str(key))
    cert_authority.cert_pem.write_to_path(str(authority))
    tls = {"certificate": str(certificate), "key": str(key), "client_ca": str(authority)}
    with Farm(services=["smtp", "echo"], config={"tls": tls}) as farm:
        yield farm


@pytest.fixture
def homeport_world(request, homeport_for_aiosmtplib, auth_username, auth_password):
    """A world as the test wants its server."""
    person = {"login": auth_username, "name": "Test", "password": auth_password}
    smtp = {"without": without(request), "client_certificates": "ask"}
    world = homeport_for_aiosmtplib.world(config={"smtp": smtp, "people": [person]})
    for name, mock in mocks_of(request).items():
        plan(world.smtp, name, mock)
    yield world
    found.close(world)


@pytest.fixture
def smtpd_server(homeport_world):
    """Their server."""
    return homeport_world.smtp


@pytest.fixture
def smtpd_server_port(request, homeport_world):
    """Its port."""
    smtp = homeport_world.smtp
    return smtp.tls.port if options_of(request).get("tls") else smtp.starttls.port


@pytest.fixture
def smtpd_server_threaded_port(homeport_world):
    """The port of the one that they run in a thread."""
    return homeport_world.smtp.starttls.port


@pytest.fixture
def echo_server(homeport_world):
    """Their echo server."""
    return homeport_world.echo


@pytest.fixture
def echo_server_port(homeport_world):
    """Its port."""
    return homeport_world.echo.port


class Mocked:
    """Stands for an object of aiosmtpd's: a mock that is put into it becomes a fault."""

    smtp_DATA = handle_DATA = None

    def __init__(self, smtp: Any) -> None:
        self.__dict__["_smtp"] = smtp

    def __setattr__(self, name: str, mock: Any) -> None:
        if mock is not None:
            plan(self._smtp, name, mock)

    def __delattr__(self, name: str) -> None:
        """The world ends with the test, and the fault with it."""


@pytest.fixture
def smtpd_class(homeport_world):
    """Their class of servers."""
    return Mocked(homeport_world.smtp)


@pytest.fixture
def smtpd_handler(homeport_world):
    """Their handler of messages."""
    return Mocked(homeport_world.smtp)


class Received(Sequence[Any]):
    """A list that is as the farm knows it whenever it is looked at."""

    def __init__(self, world: Any) -> None:
        self._world = world
        self._since = 0

    def _all(self) -> list[Any]:
        raise NotImplementedError

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def __eq__(self, other: object) -> bool:
        return self._all() == other

    __hash__ = None  # type: ignore[assignment]  # it changes

    def clear(self) -> None:
        """Forget what has been received."""
        self._since = self._world.seq


class Commands(Received):
    """What aiosmtpd's handler is told of commands: a name, and address and options."""

    def _all(self) -> list[tuple[str, tuple[Any, ...]]]:
        events = self._world.smtp.events("command", since=self._since)
        return [(event.verb, self._arguments(event)) for event in events if event.verb not in ("CONNECT", ".")]

    @staticmethod
    def _arguments(event: Any) -> tuple[Any, ...]:
        if event.verb not in ("MAIL", "RCPT"):
            return (event.argument,)
        path, _, options = event.argument.partition(":")[2].strip().partition(">")
        return (path.lstrip("<"), options.upper().split())


class Messages(Received):
    """What came, with the headers that aiosmtpd adds."""

    def _all(self) -> list[EmailMessage]:
        return [self._read(message) for message in self._world.smtp.messages]

    @staticmethod
    def _read(message: Any) -> EmailMessage:
        read = email.message_from_bytes(message.raw, EmailMessage)
        read["X-MailFrom"] = message.sender
        read["X-RcptTo"] = ", ".join(message.recipients)
        return read


@pytest.fixture
def received_commands(homeport_world):
    """What their server was told."""
    return Commands(homeport_world)


@pytest.fixture
def received_messages(homeport_world):
    """What came to it."""
    return Messages(homeport_world)


REPLACED = [
    "smtpd_server", "smtpd_server_port", "smtpd_server_threaded_port", "echo_server", "echo_server_port", "smtpd_class",
    "smtpd_handler", "received_commands", "received_messages",
]  # fmt: skip


def pytest_plugin_registered(plugin, plugin_name):
    """Put our fixtures into their conftest before pytest looks for those in it."""
    if Path(plugin_name or "").name == "conftest.py":
        for name in REPLACED:
            assert hasattr(plugin, name), f"there is no {name} in {plugin_name}"
            setattr(plugin, name, globals()[name])


def pytest_collection_modifyitems(config, items):
    """Leave out what needs no server, and what is not applicable."""
    deselect(config, items, {"homeport_world", "smtpd_server_socket_path"}, NOT_APPLICABLE)
