"""The farm's authority over the control API."""

import json

import pytest
from cryptography import x509

CERTIFICATES = "/api/v1/client-certificates"


def test_the_authoritys_certificate_needs_no_token_but_issuing_one_does(start_farm, request_of):
    farm = start_farm("echo", control={"token": "secret"})
    reply = request_of(farm, "GET", "/api/v1/ca.pem")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/pem-certificate-chain")
    assert x509.load_pem_x509_certificate(reply.body) == farm.farm.certificates.authority.certificate
    body = json.dumps({"name": "a"})
    assert request_of(farm, "POST", CERTIFICATES, body=body).status == 401
    assert request_of(farm, "POST", CERTIFICATES, {"Authorization": "Bearer secret"}, body).status == 201


def test_a_client_certificate_is_issued_by_the_authority(farm, request_of):
    answer = request_of(farm, "POST", CERTIFICATES, body=json.dumps({"name": "Registrar Ä"})).json
    issued = x509.load_pem_x509_certificate(answer["certificate"].encode())
    assert issued.subject.rfc4514_string() == "CN=Registrar Ä,O=Homeport"
    issued.verify_directly_issued_by(farm.farm.certificates.authority.certificate)
    assert answer["key"].startswith("-----BEGIN PRIVATE KEY-----")


@pytest.mark.parametrize(
    "body", ["{}", '{"name": ""}', '{"name": "a\\u0000b"}', '{"name": 1}', "x", f'{{"name": "{65 * "x"}"}}']
)
def test_invalid_common_names_are_refused(farm, request_of, body):
    assert request_of(farm, "POST", CERTIFICATES, body=body).status == 400
