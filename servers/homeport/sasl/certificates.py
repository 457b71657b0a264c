"""The names in a client certificate, for EXTERNAL. The verified chain proves them."""

from collections.abc import Iterator


def names_of(certificate: bytes) -> Iterator[str]:
    """Yield the names of a person in a DER certificate: mail addresses of subjectAltName (RFC 5280 4.2.1.6), then the
    subject's common names and mail addresses. Yield nothing if the bytes are not a certificate.
    """
    from cryptography import x509  # a slow import, only needed for clients with a certificate
    from cryptography.x509.oid import NameOID

    try:
        parsed = x509.load_der_x509_certificate(certificate)
        subject = parsed.subject
        try:
            alternative = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            yield from alternative.get_values_for_type(x509.RFC822Name)
        except x509.ExtensionNotFound:
            pass
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return
    for kind in (NameOID.COMMON_NAME, NameOID.EMAIL_ADDRESS):
        for attribute in subject.get_attributes_for_oid(kind):
            if isinstance(attribute.value, str):
                yield attribute.value
