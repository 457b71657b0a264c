"""What the API says of the farm's certificate authority: its certificate, and new ones for clients."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.control.farm import Farm
from homeport.control.operation import Operation, Request

PEM = "application/pem-certificate-chain"  # RFC 8555 9.1


class ClientName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning = "Whom a certificate is for."

    name: Annotated[
        str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$", description="its common name")
    ]


class ClientCertificate(msgspec.Struct, frozen=True):
    meaning = "A client certificate and its private key, both in PEM. The farm does not keep them."

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
        summary="The certificate of the farm's authority, which clients of its TLS services trust",
        description="The certificate that clients trust.",
        handler=ca_certificate,
        answer=str,
        media_type=PEM,
        public=True,
    ),
    Operation(
        method="POST",
        path="/api/v1/client-certificates",
        summary="Issue a client certificate",
        description="A new certificate for a client.",
        handler=issue_client_certificate,
        body=ClientName,
        answer=ClientCertificate,
        status=HTTPStatus.CREATED,
    ),
)
