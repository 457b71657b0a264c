"""The initial contents of a world's directory: section [directory]."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

DN_EXAMPLE = "dc=homeport,dc=test"
Dn = Annotated[str, Meta(max_length=1000, examples=[DN_EXAMPLE])]


class Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[[directory.account]]"""

    dn: Annotated[Dn, Meta(description="the name by which it logs in")]
    password: Annotated[str, Meta(min_length=1, max_length=1000, description="its password")]
    admin: Annotated[bool, Meta(description="may change every entry")] = True


class DirectoryContents(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[directory]"""

    base: Annotated[
        Dn, Meta(min_length=1, description="suffix below which the world's people, groups, hosts and registrars are")
    ] = DN_EXAMPLE
    suffixes: Annotated[
        tuple[Dn, ...], Meta(max_length=100, description="further suffixes, for entries of your own")
    ] = ()
    account: Sequence[Account] = (Account(dn=f"cn=admin,{DN_EXAMPLE}", password="admin-pass"),)  # noqa: S106 - published
    ldif: Annotated[str, Meta(description="entries of your own, as LDIF (RFC 2849)")] = ""
    attribute_types: Annotated[tuple[str, ...], Meta(description="attribute types of your own (RFC 4512 4.1.2)")] = ()
    object_classes: Annotated[tuple[str, ...], Meta(description="object classes of your own (RFC 4512 4.1.1)")] = ()
