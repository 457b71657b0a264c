"""The farm's certificate authority over the API: its certificate, and client certificates that it issues."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.control.farm import Farm
from homeport.control.operation import Operation, Request

PEM = "application/pem-certificate-chain"  # RFC 8555 9.1


class ClientName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning = "The subject of a client certificate."

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=64,
            pattern=r"^[^\x00-\x1f\x7f]+$",
            description="common name of the certificate's subject",
        ),
    ]


class ClientCertificate(msgspec.Struct, frozen=True):
    meaning = "A client certificate and its private key, both in PEM. The farm does not store them."

    certificate: str
    key: str


def ca_certificate(farm: Farm, _request: Request) -> bytes:
    return farm.certificates.ca_pem()


def issue_client_certificate(farm: Farm, request: Request) -> ClientCertificate:
    certificate, key = farm.certificates.issue_client(request.body.name)
    return ClientCertificate(certificate.decode(), key.decode())


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/ca.pem",
        summary="Get the certificate of the farm's certificate authority (PEM)",
        description="Return the CA certificate. Clients that trust it trust all services. No token is needed.",
        handler=ca_certificate,
        cli="homeport ca",
        python="homeport.ca_pem",
        answer=str,
        media_type=PEM,
        public=True,
    ),
    Operation(
        method="POST",
        path="/api/v1/client-certificates",
        summary="Issue a client certificate",
        description="Issue a certificate, signed by the farm's authority, that a client can log in with over TLS.",
        handler=issue_client_certificate,
        cli="homeport ca --client {name}",
        body=ClientName,
        answer=ClientCertificate,
        status=HTTPStatus.CREATED,
    ),
)
