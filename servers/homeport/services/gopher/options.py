"""Options of Gopher, and the rules for its clients."""

from typing import Annotated, Literal

from msgspec import Meta

from homeport.protocol.plaintext import Encoding
from homeport.protocol.rules import UNEXPECTED_TLS, Rule
from homeport.protocol.service import Port, TlsOptions

MAX_REQUEST_BYTES = 4096
"""Limit of a request in bytes: a selector, and search terms."""
MAX_SELECTOR_BYTES = 255
"""Length that a selector should not exceed (RFC 1436 3.9)."""

Line = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=200)]


class GopherOptions(TlsOptions, frozen=True, kw_only=True):
    """[gopher]"""

    port: Port = 10070
    tls: Annotated[
        bool,
        Meta(description="serve clients that begin with TLS on the same port, as Gopher over TLS does; false: refuse"),
    ] = False
    title: Annotated[Line, Meta(description="first line of the root menu")] = "Homeport"
    admin: Annotated[Line, Meta(description="administrator, as Gopher+ shows one")] = (
        "Harbour Operator <operator@homeport.test>"
    )
    host_name: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9.:-]{0,255}$",
            description="host that menus name for this server; empty: the address that the client has connected to",
        ),
    ] = ""
    public_port: Annotated[
        int,
        Meta(ge=0, le=65535, description="port that menus name for this server; 0: that which the client connected to"),
    ] = 0
    gophermap: Annotated[
        str,
        Meta(
            pattern=r"^[^/\x00-\x1f\x7f]{0,100}$",
            description="name of the file that replaces the menu of its folder; in the root of the files it replaces "
            "the root menu; empty: none",
        ),
    ] = "gophermap"
    encoding: Annotated[Encoding, Meta(description="character encoding of menus and generated texts")] = "utf-8"
    gopher_plus: Annotated[bool, Meta(description="offer Gopher+ in menus, and answer its requests")] = True
    text_end: Annotated[
        Literal["dot", "close"],
        Meta(
            description="end of texts. dot: a line with a dot, and lines that begin with one get another (RFC 1436); "
            "close: the end of the connection, as with many servers"
        ),
    ] = "dot"


RULES = (
    Rule("bare-lf", "must", "RFC 1436 Appendix", "ended the selector with LF alone"),
    Rule("no-crlf", "must", "RFC 1436 Appendix", "ended its input without a line end"),
    Rule("line-too-long", "advice", "RFC 1436 3.9", f"sent a request of more than {MAX_REQUEST_BYTES} bytes"),
    Rule("selector-too-long", "advice", "RFC 1436 3.9", f"sent a selector of more than {MAX_SELECTOR_BYTES} bytes"),
    Rule("control-characters", "must", "RFC 1436 Appendix", "sent control characters in the request"),
    Rule("not-utf-8", "advice", "RFC 1436 3.9", "sent bytes that are not UTF-8 in the selector"),
    Rule("not-a-search", "should", "RFC 1436 3.7.1", "sent a TAB and search terms for an item that is no search"),
    Rule("no-terms", "should", "RFC 1436 3.7.1", "asked a search without terms"),
    Rule("percent-encoded", "must", "RFC 4266 2.1", "sent the selector percent-encoded, as it is in a URL"),
    Rule("item-type", "must", "RFC 4266 2.1", "sent the item's type in front of the selector, as it is in a URL"),
    Rule("whole-url", "must", "RFC 4266 2.1", "sent a whole gopher URL where the selector is expected"),
    Rule("url-selector", "advice", "RFC 1436 3.8", "asked the server for a URL: link instead of following it itself"),
    Rule("http-method", "must", "RFC 1436 2", "sent an HTTP method in front of the selector"),
    Rule("dot-segments", "should", "RFC 1436 2", "sent a selector with `..`: selectors are sent as menus have them"),
    Rule("plus-not-offered", "should", "RFC 4266 2.3", "sent a Gopher+ request that no menu has offered"),
    Rule("plus-malformed", "must", "RFC 4266 2.3", "sent a Gopher+ request that is malformed"),
    Rule("plus-data", "should", "RFC 4266 2.9", "announced data for an item that asks for none"),
    Rule("data-after-query", "should", "RFC 1436 2", "sent more input after the selector"),
    Rule("early-close", "advice", "RFC 1436 2", "closed the connection before it had its answer"),
    UNEXPECTED_TLS,
)
