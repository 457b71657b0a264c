"""The names in a client certificate, for EXTERNAL; that they are true, the verified chain has shown."""

from collections.abc import Iterator


def names_of(certificate: bytes) -> Iterator[str]:
    """The names of a person in a certificate (DER): mail addresses of subjectAltName (RFC 5280 4.2.1.6), then the
    subject's common names and mail addresses. None out of octets that are no certificate.
    """
    from cryptography import x509  # heavy: only who comes with a certificate pays for it
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
