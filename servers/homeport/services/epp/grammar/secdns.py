"""secDNS-1.1: DNSSEC material of domains (RFC 5910)."""

from typing import Annotated

from homeport.services.epp.grammar.datatypes import Integer
from homeport.services.epp.grammar.declare import Attribute, Element
from homeport.services.epp.grammar.eppcom import Base64Text, Hex, Uint8, Uint16

NAMESPACE = "urn:ietf:params:xml:ns:secDNS-1.1"

SignatureLife = Annotated[int, Integer(1, 2**31 - 1)]


class KeyData(Element, frozen=True, kw_only=True):
    section = "RFC 5910 4.2"  # a public key
    flags: Uint16
    protocol: Uint8
    alg: Uint8
    pub_key: Base64Text


class DsData(Element, frozen=True, kw_only=True):
    section = "RFC 5910 4.1"  # a delegation signer, with the key it was made from
    key_tag: Uint16
    alg: Uint8
    digest_type: Uint8
    digest: Hex
    key_data: KeyData | None = None


class DsOrKey(Element, frozen=True, kw_only=True):
    section = "RFC 5910 4"  # either delegation signers or keys, never both
    one_of = (("ds_data", "key_data"),)

    max_sig_life: SignatureLife | None = None
    ds_data: tuple[DsData, ...] = ()
    key_data: tuple[KeyData, ...] = ()


class Create(DsOrKey, frozen=True, kw_only=True):
    section = "RFC 5910 5.2.1"  # the extension of a domain's create


class InfData(DsOrKey, frozen=True, kw_only=True):
    section = "RFC 5910 5.1.2"  # a domain's records or keys


class Rem(Element, frozen=True, kw_only=True):
    section = "RFC 5910 5.2.5"  # the parts that are removed; `all` true: everything
    one_of = (("all", "ds_data", "key_data"),)

    all: bool | None = None
    ds_data: tuple[DsData, ...] = ()
    key_data: tuple[KeyData, ...] = ()


class Add(DsOrKey, frozen=True, kw_only=True):
    section = "RFC 5910 5.2.5"  # the parts that are added


class Chg(Element, frozen=True, kw_only=True):
    section = "RFC 5910 5.2.5"  # the parts that are replaced
    max_sig_life: SignatureLife | None = None


class Update(Element, frozen=True, kw_only=True):
    section = "RFC 5910 5.2.5"  # the extension of a domain's update, done in this order: rem, add, chg
    urgent: Attribute[bool] = False
    rem: Rem | None = None
    add: Add | None = None
    chg: Chg | None = None


ELEMENTS = (Create, Update, InfData)
