"""maintenance-1.0: maintenances of the registry's systems (RFC 9167), an object mapping with info and poll messages."""

from typing import Annotated, Literal

from homeport.services.epp.grammar.datatypes import String
from homeport.services.epp.grammar.declare import Attribute, Content, Element, Flag
from homeport.services.epp.grammar.eppcom import Label, Lang, ServiceUri, Time, Words

NAMESPACE = "urn:ietf:params:xml:ns:epp:maintenance-1.0"

Lines = Annotated[str, String()]


class Id(Element, frozen=True, kw_only=True):
    section = "RFC 9167 3.3"  # an identifier, with a name for people
    name: Attribute[Words | None] = None
    lang: Attribute[Lang] = "en"
    value: Content[Words]


class Info(Element, frozen=True, kw_only=True):
    section = "RFC 9167 4.1.3"  # asks for all maintenances, or for one
    one_of = (("list", "id"),)

    list: Flag = False
    id: Id | None = None


class TypeText(Element, frozen=True, kw_only=True):
    section = "RFC 9167 3.3"  # the kind of a maintenance, in words
    lang: Attribute[Lang] = "en"
    value: Content[Lines] = ""


class System(Element, frozen=True, kw_only=True):
    section = "RFC 9167 3.3"  # a system, and how much of it does not work meanwhile
    name: Words
    host: Label | None = None
    impact: Literal["none", "partial", "full"]


class Systems(Element, frozen=True, kw_only=True):
    section = "RFC 9167 3.3"  # the systems concerned
    system: tuple[System, ...]


class Environment(Element, frozen=True, kw_only=True):
    section = "RFC 9167 3.3"  # the environment concerned
    type: Attribute[Literal["production", "ote", "staging", "dev", "custom"]]
    name: Attribute[Words | None] = None
    value: Content[Words] = ""


class Description(Element, frozen=True, kw_only=True):
    section = "RFC 9167 3.3"  # a description, in a language
    lang: Attribute[Lang] = "en"
    type: Attribute[Literal["plain", "html"]] = "plain"
    value: Content[Lines] = ""


class Tlds(Element, frozen=True, kw_only=True):
    section = "RFC 9167 3.3"  # the zones concerned
    tld: tuple[Label, ...]


class Intervention(Element, frozen=True, kw_only=True):
    section = "RFC 9167 3.3"  # what a client has to do: connect again, change its software
    connection: bool
    implementation: bool


class ListItem(Element, frozen=True, kw_only=True):
    section = "RFC 9167 4.1.3.2"  # one maintenance of the list
    id: Id
    start: Time
    end: Time
    cr_date: Time
    up_date: Time | None = None


class ListData(Element, frozen=True, kw_only=True):
    section = "RFC 9167 4.1.3.2"  # the list
    list_item: tuple[ListItem, ...] = ()


class Item(Element, frozen=True, kw_only=True):
    section = "RFC 9167 4.1.3.1"  # one maintenance with everything; poll_type is for messages
    id: Id
    type: tuple[TypeText, ...] = ()
    poll_type: Literal["create", "update", "delete", "courtesy", "end"] | None = None
    systems: Systems
    environment: Environment
    start: Time
    end: Time
    reason: Literal["planned", "emergency"]
    detail: ServiceUri | None = None
    description: tuple[Description, ...] = ()
    tlds: Tlds | None = None
    intervention: Intervention | None = None
    cr_date: Time
    up_date: Time | None = None


class InfData(Element, frozen=True, kw_only=True):
    section = "RFC 9167 4.1.3"  # the list, or one
    one_of = (("list", "item"),)

    list: ListData | None = None
    item: Item | None = None


ELEMENTS = (Info, InfData)
