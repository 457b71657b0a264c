"""loginSec-1.0: long passwords, the client's software, and security events of a login (RFC 8807)."""

from typing import Annotated, Literal

from homeport.services.epp.grammar.datatypes import Duration, Token
from homeport.services.epp.grammar.declare import Attribute, Breach, Content, Element, Secret
from homeport.services.epp.grammar.eppcom import Lang, Text, Time, Words
from homeport.services.epp.results import Code

NAMESPACE = "urn:ietf:params:xml:ns:epp:loginSec-1.0"

LongPassword = Annotated[str, Token(6), Secret()]
EventType = Literal["password", "certificate", "cipher", "tlsProtocol", "newPW", "stat", "custom"]
Level = Literal["warning", "error"]


class UserAgent(Element, frozen=True, kw_only=True):
    section = "RFC 8807 4.1"  # the client's program, its technology and operating system
    app: Words | None = None
    tech: Words | None = None
    os: Words | None = None

    def rule(self) -> Breach | None:
        if self.app is None and self.tech is None and self.os is None:
            return Breach(Code.MISSING_PARAMETER, "userAgent holds at least one of app, tech and os")
        return None


class LoginSec(Element, frozen=True, kw_only=True):
    section = "RFC 8807 4.1"  # the extension of a login
    user_agent: UserAgent | None = None
    pw: LongPassword | None = None
    new_pw: LongPassword | None = None


class Event(Element, frozen=True, kw_only=True):
    section = "RFC 8807 3.1"  # a security event
    type: Attribute[EventType]
    name: Attribute[Words | None] = None
    level: Attribute[Level]
    ex_date: Attribute[Time | None] = None
    value: Attribute[Words | None] = None
    duration: Attribute[Annotated[str, Duration()] | None] = None
    lang: Attribute[Lang] = "en"
    text: Content[Text] = ""


class LoginSecData(Element, frozen=True, kw_only=True):
    section = "RFC 8807 4.1"  # the events of a login
    event: tuple[Event, ...]


ELEMENTS = (LoginSec, LoginSecData)
