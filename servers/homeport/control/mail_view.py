"""A message as a web page, to be shown in a frame: the only content of clients that the API serves as HTML.

The page has a policy of its own, which a browser applies to nothing but this page: it is sandboxed, so it has no
origin, no scripts and no forms, and fetches nothing, or only pictures where the request asks for it.
"""

import html

from homeport.control.mail_detail import read_raw
from homeport.control.operation import Document
from homeport.world.mail.message import Message
from homeport.world.mail.mime.content import Content, parse_message
from homeport.world.mail.remote import make_page
from homeport.world.world import World

POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:{remote}; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'"
)
PLAIN = (
    '<!doctype html><html><body><pre style="white-space: pre-wrap; overflow-wrap: anywhere">{text}</pre></body></html>'
)
MEDIA_TYPE = "text/html; charset=utf-8"


def view(world: World, one: Message, *, remote: bool) -> Document:
    """Return the page of a message: its HTML or, without one, its text. It runs in the thread pool."""
    page = render(parse_message(read_raw(world, one)))
    headers = {
        "Content-Security-Policy": POLICY.format(remote=" https: http:" if remote else ""),
        "X-Frame-Options": "",  # the policy says who may frame it; the header could only forbid it
        "X-Content-Type-Options": "nosniff",
        "X-DNS-Prefetch-Control": "off",
        "Referrer-Policy": "no-referrer",
    }
    return Document(MEDIA_TYPE, page.encode("utf-8", "replace"), headers)


def render(content: Content) -> str:
    """Return the page of a message."""
    text = content.readable("text/html")
    if not text:
        return PLAIN.format(text=html.escape(content.readable("text/plain")))
    return make_page(text, content.parts)
