"""Signed marks (RFC 7848 2.3): XML Signature with exclusive canonicalization, SHA-256 and keys on the curve P-256.

The signature is enveloped: a reference to the whole signedMark without the Signature. Only marks that were signed under
this world's own authority are genuine; certificates of the authority do not expire, since the world's clock may be
anywhere.
"""

import base64
import binascii
import hashlib
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from lxml import etree

from homeport.world.clock import to_moment
from homeport.world.registry.marks.records import Mark, MarkAuthority

SMD = "urn:ietf:params:xml:ns:signedMark-1.0"
MARK = "urn:ietf:params:xml:ns:mark-1.0"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = f"{DSIG}enveloped-signature"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
MAX_ELEMENTS = 2000
"""Maximum number of elements in a signed mark."""
COORDINATE_BYTES = 32
_PARSER = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)


class BadMarkError(Exception):
    """A signed mark that is not genuine, or cannot be read."""

    def __init__(self, why: str, *, unreadable: bool = False) -> None:
        super().__init__(why)
        self.unreadable = unreadable


class Verified(NamedTuple):
    """The content of a genuine signed mark."""

    id: str
    labels: frozenset[str]
    not_before: str
    not_after: str
    mark: str
    """The mark as standalone XML."""


def new_authority() -> MarkAuthority:
    """Make the keys and certificates of an authority, and of the validator that signs for it."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("Homeport Test Trademark Authority", ca_key, None, ca_key)
    certificate = _certificate("Homeport Test Trademark Validator", key, ca, ca_key)
    return MarkAuthority(
        ca=ca.public_bytes(Encoding.PEM).decode(),
        certificate=certificate.public_bytes(Encoding.PEM).decode(),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Certificate | None, issuer_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(9999, 12, 31, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def sign(mark: Mark, authority: MarkAuthority) -> str:
    """Return the signed form of a mark; a planned fault changes it afterwards, or has another authority sign it."""
    if mark.fault == "issuer":
        authority = new_authority()
    root = _unsigned(mark)
    digest = base64.b64encode(hashlib.sha256(_canonical(root, exclusive=True)).digest()).decode()
    own: Any = {None: DSIG}
    signature = etree.SubElement(root, f"{{{DSIG}}}Signature", nsmap=own)
    info = etree.SubElement(signature, f"{{{DSIG}}}SignedInfo")
    _add(info, "CanonicalizationMethod", Algorithm=EXCLUSIVE)
    _add(info, "SignatureMethod", Algorithm=ECDSA_SHA256)
    reference = _add(info, "Reference", URI="#signedMark")
    transforms = _add(reference, "Transforms")
    _add(transforms, "Transform", Algorithm=ENVELOPED)
    _add(transforms, "Transform", Algorithm=EXCLUSIVE)
    _add(reference, "DigestMethod", Algorithm=SHA256)
    _add(reference, "DigestValue").text = digest
    key: Any = load_pem_private_key(authority.key.encode(), None)
    r, s = decode_dss_signature(key.sign(_canonical(info, exclusive=True), ec.ECDSA(hashes.SHA256())))
    raw = r.to_bytes(COORDINATE_BYTES) + s.to_bytes(COORDINATE_BYTES)
    _add(signature, "SignatureValue").text = base64.b64encode(raw).decode()
    data = _add(_add(signature, "KeyInfo"), "X509Data")
    certificate = x509.load_pem_x509_certificate(authority.certificate.encode())
    _add(data, "X509Certificate").text = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    if mark.fault == "signature":
        name: Any = root.find(f".//{{{MARK}}}markName")
        name.text = f"{name.text} (changed)"
    return etree.tostring(root, encoding="unicode")


def _add(parent: Any, name: str, **attributes: str) -> Any:
    return etree.SubElement(parent, f"{{{DSIG}}}{name}", attributes)


def _unsigned(mark: Mark) -> Any:
    root = etree.Element(f"{{{SMD}}}signedMark", {"id": "signedMark"}, nsmap={"smd": SMD})
    for name, text in (("id", mark.id), ("issuerInfo", ""), ("notBefore", _time(mark.not_before))):
        etree.SubElement(root, f"{{{SMD}}}{name}").text = text or None
    etree.SubElement(root, f"{{{SMD}}}notAfter").text = _time(mark.not_after)
    issuer = root[1]
    issuer.set("issuerID", "65535")
    for name, text in (("org", "Homeport Test Trademark Authority"), ("email", "marks@homeport.test")):
        etree.SubElement(issuer, f"{{{SMD}}}{name}").text = text
    trademark = etree.SubElement(
        etree.SubElement(root, f"{{{MARK}}}mark", nsmap={"mark": MARK}), f"{{{MARK}}}trademark"
    )

    def add(parent: Any, name: str, text: str = "") -> Any:
        child = etree.SubElement(parent, f"{{{MARK}}}{name}")
        child.text = text or None
        return child

    add(trademark, "id", mark.id)
    add(trademark, "markName", mark.name)
    holder = add(trademark, "holder")
    holder.set("entitlement", "owner")
    add(holder, "org", mark.holder)
    address = add(holder, "addr")
    for name, text in (("street", "1 Quay Street"), ("city", "Port Meridian"), ("cc", mark.country)):
        add(address, name, text)
    add(trademark, "jurisdiction", mark.country)
    for label in mark.labels:
        add(trademark, "label", label)
    add(trademark, "goodsAndServices", mark.goods)
    add(trademark, "regNum", mark.id.partition("-")[0])
    add(trademark, "regDate", "2009-08-16T09:00:00Z")
    return root


def _time(seconds: float) -> str:
    return to_moment(seconds).isoformat(timespec="seconds").replace("+00:00", "Z")


def _canonical(node: Any, *, exclusive: bool) -> bytes:
    octets: bytes = etree.tostring(node, method="c14n", exclusive=exclusive, with_comments=False, with_tail=False)
    return octets


def decoded(encoded: str) -> bytes:
    """Return the XML of an encodedSignedMark. Raises: BadMarkError."""
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadMarkError("it is not base64 (RFC 7848 2.3)", unreadable=True) from None


def verify(xml: bytes, authority: MarkAuthority | None) -> Verified:
    """Return what a signed mark says. Raises: BadMarkError unless this world's authority has signed it as it is."""
    root = _parsed(xml)
    signature = root.find(f"{{{DSIG}}}Signature")
    if signature is None:
        raise BadMarkError("it has no signature")
    if authority is None:
        raise BadMarkError("this world's trademark authority has signed no mark yet: have it make one")
    _check_signature(root, signature, authority)
    mark = root.find(f"{{{MARK}}}mark")
    labels = frozenset((one.text or "").strip().lower() for one in root.iterfind(f".//{{{MARK}}}label"))
    found = {name: (root.findtext(f"{{{SMD}}}{name}") or "").strip() for name in ("id", "notBefore", "notAfter")}
    text = _canonical(mark, exclusive=True).decode() if mark is not None else ""
    return Verified(found["id"], labels, found["notBefore"], found["notAfter"], text)


def _parsed(xml: bytes) -> Any:
    if b"<!DOCTYPE" in xml:
        raise BadMarkError("it has a document type declaration")
    try:
        root = etree.fromstring(xml, _PARSER)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadMarkError(f"it is no XML: {error}", unreadable=True) from None
    if root.tag != f"{{{SMD}}}signedMark":
        raise BadMarkError("its root element is not signedMark of signedMark-1.0")
    if sum(1 for _ in root.iter()) > MAX_ELEMENTS:
        raise BadMarkError(f"it has more than {MAX_ELEMENTS} elements")
    return root


def _check_signature(root: Any, signature: Any, authority: MarkAuthority) -> None:
    ns = {"d": DSIG}
    certificates = signature.findall("d:KeyInfo/d:X509Data/d:X509Certificate", ns)
    info, value = signature.find("d:SignedInfo", ns), signature.findtext("d:SignatureValue", "", ns)
    if info is None or len(certificates) != 1:
        raise BadMarkError("its signature has no SignedInfo, or not exactly one certificate")
    try:
        certificate = x509.load_der_x509_certificate(decoded(certificates[0].text or ""))
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.ca.encode()))
    except (ValueError, TypeError, InvalidSignature):
        raise BadMarkError("its certificate is not of this world's trademark authority") from None
    methods = (
        info.xpath("string(d:CanonicalizationMethod/@Algorithm)", namespaces=ns),
        info.xpath("string(d:SignatureMethod/@Algorithm)", namespaces=ns),
    )
    raw, key = decoded(value), certificate.public_key()
    if methods != (EXCLUSIVE, ECDSA_SHA256) or len(raw) != 2 * COORDINATE_BYTES:
        raise BadMarkError(
            "its signature is not by exclusive canonicalization and ecdsa-sha256, as the authority's are"
        )
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise BadMarkError("its certificate has no key of the kind that the authority has")
    r, s = int.from_bytes(raw[:COORDINATE_BYTES]), int.from_bytes(raw[COORDINATE_BYTES:])
    try:
        key.verify(encode_dss_signature(r, s), _canonical(info, exclusive=True), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise BadMarkError("the signature of its SignedInfo is not valid") from None
    _check_digest(root, signature, info)


def _check_digest(root: Any, signature: Any, info: Any) -> None:
    ns = {"d": DSIG}
    references = info.findall("d:Reference", ns)
    transforms = [one.get("Algorithm") for one in info.iterfind("d:Reference/d:Transforms/d:Transform", ns)]
    if len(references) != 1 or references[0].get("URI") != f"#{root.get('id')}" or ENVELOPED not in transforms:
        raise BadMarkError("its signature is not over the whole signedMark (RFC 7848 2.3)")
    wanted = decoded(references[0].findtext("d:DigestValue", "", ns))
    before = signature.getprevious()
    if before is not None and signature.tail:  # the transform removes the element, not the text after it
        before.tail = (before.tail or "") + signature.tail
    root.remove(signature)
    if hashlib.sha256(_canonical(root, exclusive=EXCLUSIVE in transforms)).digest() != wanted:
        raise BadMarkError("its content was changed after it was signed: the digest differs")
