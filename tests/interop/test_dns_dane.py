"""DANE: a TLS client that trusts nothing but TLSA records of the world's own zone (RFC 6698, RFC 7672)."""

import pytest


@pytest.mark.parametrize(
    ("service", "listener", "words"), [("smtp", "starttls", ("-starttls", "smtp")), ("imap", "tls", ())]
)
@pytest.mark.parametrize(("usage", "any_name"), [("3 1 1", False), ("2 1 0", True)])
def test_openssl_trusts_a_service_by_its_tlsa_record(
    start_farm, client, run, service, listener, words, usage, any_name
):
    farm = start_farm("dns", service, tls={"any_name": any_name})
    port = farm.port(service, listener)
    ask = (client("dig"), "@127.0.0.1", "-p", farm.port("dns", "udp"), "+short")
    records = run(*ask, f"_{port}._tcp.mail.homeport.test", "TLSA").decode().splitlines()
    (record,) = [one.split(" ", 3) for one in records if one.startswith(usage)]
    trusted = " ".join((*record[:3], record[3].replace(" ", "")))
    shown = run(
        client("openssl"),
        *("s_client", "-connect", f"127.0.0.1:{port}", "-servername", "mail.homeport.test", *words),
        *("-dane_tlsa_domain", "mail.homeport.test", "-dane_tlsa_rrdata", trusted, "-no-CAfile", "-no-CApath"),
        *("-verify_return_error", "-dane_ee_no_namechecks"),  # as Postfix has it (RFC 7671 5.1)
    ).decode()
    assert "Verification: OK" in shown
    assert f"DANE TLSA {usage}" in shown
