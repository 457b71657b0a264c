"""ALPN (RFC 7301): a client that offers only protocols of others is refused on every way to TLS; SNI is left alone."""

import ftplib
import ssl

import pytest
from tls_clients import ask, closed, events, line, raw, trusting

BROWSER = ["h2", "http/1.1"]


@pytest.fixture
def farm(obedient):
    """Return a farm with the obedient service, which has a TLS listener and the order `starttls`."""
    return obedient()


def offering(farm, *names):
    """Return a client context that offers these protocols."""
    context = trusting(farm)
    context.set_alpn_protocols(list(names))
    return context


@pytest.mark.parametrize("listener", ["tls", "tcp"])
def test_a_client_that_offers_none_of_its_protocols_is_refused_by_an_alert(farm, listener):
    with raw(farm, listener) as plain:
        if listener == "tcp":
            line(plain)
            plain.sendall(b"starttls\r\n")
            assert line(plain) == b"ready\r\n"
        with pytest.raises(ssl.SSLError, match=r"(?i)no.application.protocol"):
            offering(farm, *BROWSER).wrap_socket(plain, server_hostname="localhost")
    assert closed(farm) == (
        "TLS handshake failed: the client offered by ALPN h2, http/1.1, and this service speaks obedient"
    )
    (finding,) = [one for one in farm.world.findings if one.id == "obedient.alpn-mismatch"]
    assert finding.shown == "h2, http/1.1"


@pytest.mark.parametrize(
    ("offered", "chosen"), [(["obedient"], "obedient"), (["h2", "obedient"], "obedient"), ([], None)]
)
def test_one_of_its_names_is_chosen_and_no_offer_is_no_reason(farm, secure, offered, chosen):
    context = offering(farm, *offered) if offered else trusting(farm)
    with secure(context) as client:
        line(client)
        assert ask(client, b"tls").startswith(b"('TLSv1.3'")
        assert client.selected_alpn_protocol() == chosen


def test_a_resumed_session_is_judged_again(farm, secure):
    context = offering(farm, "obedient")
    with secure(context) as client:
        line(client)
        ask(client, b"tls")
        session = client.session
    context.set_alpn_protocols(BROWSER)
    with pytest.raises(ssl.SSLError, match=r"(?i)no.application.protocol"), secure(context, session=session):
        pass


def test_the_client_after_one_that_was_refused_is_served(farm, secure):
    with pytest.raises(ssl.SSLError), secure(offering(farm, *BROWSER)):
        pass
    with secure() as client:
        line(client)
        assert ask(client, b"tls").startswith(b"('TLSv1.3'")


def test_any_name_may_be_asked_for(farm):
    context = trusting(farm)
    context.check_hostname = False
    for name in ("somewhere.example", "localhost"):
        with raw(farm, "tls") as plain, context.wrap_socket(plain, server_hostname=name) as client:
            assert line(client)
    assert len(events(farm, "tls")) == 2


@pytest.mark.parametrize(("names", "passes"), [((), True), (("ftp-data",), True), (("ftp",), True), (BROWSER, False)])
def test_it_holds_on_data_connections(start_farm, names, passes):
    farm = start_farm("ftp")
    context = offering(farm, *names) if names else trusting(farm)
    with ftplib.FTP_TLS(context=trusting(farm)) as client:
        client.connect("127.0.0.1", farm.port("ftp", "tcp"), timeout=10)
        client.login("alice", "alice-pass")
        client.prot_p()
        client.context = context
        if passes:
            client.retrlines("LIST", lambda _line: None)
        else:
            with pytest.raises(ssl.SSLError, match=r"(?i)no.application.protocol"):
                client.retrlines("LIST")
            with pytest.raises(ftplib.error_perm, match=r"the client offered by ALPN h2, http/1\.1"):
                client.voidresp()
