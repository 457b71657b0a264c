"""Traffic of real clients (swaks, curl, openssl) and of plain sockets, for what the page shows."""

import json
import socket
import ssl
import struct
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.conftest import RunningFarm

LOGIN = (
    '<?xml version="1.0" encoding="UTF-8"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><login>'
    "<clID>{name}</clID><pw>{name}-pass</pw><options><version>1.0</version><lang>en</lang></options><svcs>"
    "<objURI>urn:ietf:params:xml:ns:domain-1.0</objURI><objURI>urn:ietf:params:xml:ns:contact-1.0</objURI>"
    "<objURI>urn:ietf:params:xml:ns:host-1.0</objURI></svcs></login><clTRID>page-1</clTRID></command></epp>"
)
INFO = (
    '<?xml version="1.0" encoding="UTF-8"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><info>'
    '<domain:info xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>{name}</domain:name></domain:info>'
    "</info><clTRID>{transaction}</clTRID></command></epp>"
)
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
"""A picture of one dot: PNG in base64."""
DATE = "Wed, 14 Oct 2026 17:46:40 +0000"
HTML_MAIL = """\
<html><head><style>h1 { color: teal }</style></head><body><h1>Your order has sailed</h1>
<p>Track it: <a href="https://shop.example/track?id=7">shop.example</a></p>
<img src="cid:dot" alt="dot" width="16" height="16"><img src="https://shop.example/pixel.gif" alt="">
</body></html>
"""


class Traffic:
    """The clients of a farm. client: finds a program; run: runs one and returns its output."""

    def __init__(self, farm: RunningFarm, client: Callable[[str], str], run: Callable[..., bytes]) -> None:
        self.farm = farm
        self._client = client
        self._run = run
        self.api = f"http://127.0.0.1:{farm.farm.control.port}/api/v1"

    def everything(self) -> None:
        """Use every service that pages show, with findings, faults that act, mail, files and registry commands."""
        steps: list[Callable[[], Any]] = [
            lambda: self.mail(
                subject="Tide table for Thursday", sender="harbour@homeport.test", to="alice@homeport.test"
            ),
            self.html_mail,
            lambda: self.plan(service="smtp", match={"verb": "RCPT"}, do={"reply": {"code": 451, "enhanced": "4.7.1"}}),
            self.greylisted,
            self.sloppy_mail,
            lambda: self.upload("report.txt", b"High water 04:12\r\nLow water 10:31\r\n"),
            lambda: self.download("report.txt"),
            lambda: self.epp(INFO.format(name="homeport.test", transaction="page-2"), "<epp/>"),
            lambda: self.farm.exchange("finger", b"alice\r\n"),
            lambda: self.farm.exchange("whois", b"redemption.test\r\n"),
            lambda: self.farm.exchange("echo", b"ahoy\r\n"),
            lambda: self.farm.exchange("finger", b"bob\n"),
            *(partial(self.farm.exchange, service) for service in ("daytime", "qotd", "users", "time")),
            lambda: self.plan(service="echo", do={"latency": {"ms": 250}}, times=3),
            lambda: self.ask("PUT", "/worlds/default/dns/zones/shop.example", {"records": "www A 127.0.0.1"}),
        ]
        for step in steps:
            step()
            # The end of a connection and the begin of the next are seen in this order.
            self.farm.wait_for(lambda: self.farm.farm.hosts["default"].connections == 0)

    def mail(
        self, *, subject: str, sender: str, to: str, body: str = "All well on board.", extra: Sequence[str] = ()
    ) -> None:
        """Send a message with swaks."""
        # swaks would take these from the clock, its process and the host's name.
        same = [f"Date: {DATE}", "Message-Id: <tide@client.example>", "X-Mailer: swaks", f"Subject: {subject}"]
        headers = [word for one in same for word in ("--header", one)]
        self._swaks("--from", sender, "--to", to, *headers, "--body", body, *extra)

    def html_mail(self) -> None:
        """Send a message with HTML, an inline picture, a remote one, and an attachment, with swaks."""
        message = (
            "From: Shop <shop@shop.example>\r\nTo: bob@homeport.test\r\nSubject: Your order has sailed\r\n"
            f"Date: {DATE}\r\nMessage-ID: <order-7@shop.example>\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n'
            + HTML_MAIL.replace("\n", "\r\n")
            + "--b\r\nContent-Type: image/png\r\nContent-ID: <dot>\r\nContent-Disposition: inline\r\n"
            f"Content-Transfer-Encoding: base64\r\n\r\n{DOT}\r\n--b\r\nContent-Type: text/csv\r\n"
            'Content-Disposition: attachment; filename="order.csv"\r\n\r\nitem,price\r\nrope,7\r\n--b--\r\n'
        )
        with tempfile.NamedTemporaryFile() as file:
            file.write(message.encode())
            file.flush()
            self._swaks("--from", "shop@shop.example", "--to", "bob@homeport.test", "--data", f"@{file.name}")

    def post(self, message: bytes, sender: str, *to: str) -> None:
        """Send a message byte by byte as it is, with curl."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(message)
            file.flush()
            url = f"smtp://127.0.0.1:{self.farm.port('smtp', 'plain')}/client.example"
            receivers = [word for one in to for word in ("--mail-rcpt", one)]
            self._run(self._client("curl"), "-sS", url, "--mail-from", sender, *receivers, "-T", file.name)

    def greylisted(self) -> None:
        """Send a message as a client does that comes back after a temporary error."""
        with self.farm.connect("smtp") as client, client.makefile("rwb") as lines:
            lines.readline()
            said = [b"EHLO client.example", b"MAIL FROM:<carol@client.example>", b"RCPT TO:<alice@homeport.test>"]
            said += [b"RCPT TO:<alice@homeport.test>", b"DATA", b"Subject: Second try\r\n\r\nHere again.\r\n.", b"QUIT"]
            for line in said:
                lines.write(line + b"\r\n")
                lines.flush()
                while lines.readline()[3:4] == b"-":
                    pass

    def sloppy_mail(self) -> None:
        """Break rules of SMTP: bare LF, HELO with an address, no blank after the colon."""
        with self.farm.connect("smtp") as client, client.makefile("rwb") as lines:
            lines.readline()  # before it, the first command would sometimes be an early one
            lines.write(b"HELO 127.0.0.1\nMAIL FROM: <a@b.test>\nRCPT TO:<bob@homeport.test>\nQUIT\n")
            lines.flush()
            client.shutdown(socket.SHUT_WR)
            lines.read()

    def upload(self, name: str, content: bytes) -> None:
        """Store a file with curl."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "upload")
            path.write_bytes(content)
            self._run(self._client("curl"), "-sS", "-T", path, self._ftp(name))

    def download(self, name: str) -> bytes:
        """Retrieve a file with curl."""
        return self._run(self._client("curl"), "-sS", self._ftp(name))

    def epp(self, *frames: str | bytes, registrar: str = "harbour") -> None:
        """Log in and send frames, each after the response to the one before; the end may come early."""
        context = ssl.create_default_context(cafile=self.farm.farm.certificates.ca_file)
        with (
            socket.create_connection(("127.0.0.1", self.farm.port("epp", "tls")), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as client,
        ):
            read_frame(client)
            for frame in (LOGIN.format(name=registrar), *frames):
                octets = frame if isinstance(frame, bytes) else frame.encode()
                client.sendall(struct.pack("!I", len(octets) + 4) + octets)
                if not read_frame(client):
                    return

    def say(self, service: str, data: bytes) -> bytes:
        """Send bytes to a service; return its answer, or what came before a reset."""
        try:
            return self.farm.exchange(service, data)
        except OSError:
            return b""

    def plan(self, **plan: Any) -> str:
        """Plan a fault; return its identifier."""
        return str(self.ask("POST", "/worlds/default/faults", plan)["id"])

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API; return the decoded answer."""
        octets = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        headers = {"Content-Type": "application/octet-stream" if isinstance(body, bytes) else "application/json"}
        with urlopen(Request(f"{self.api}{path}", octets, headers, method=method), timeout=20) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def _ftp(self, name: str) -> str:
        return f"ftp://alice:alice-pass@127.0.0.1:{self.farm.port('ftp', 'tcp')}/{name}"

    def _swaks(self, *words: str) -> None:
        server = f"127.0.0.1:{self.farm.port('smtp', 'plain')}"
        self._run(self._client("swaks"), "--server", server, "--helo", "client.example", *words)


def read_frame(client: socket.socket) -> bytes:
    """Return an EPP frame without its length; empty at the end of the stream."""
    head = read_exactly(client, 4)
    return read_exactly(client, struct.unpack("!I", head)[0] - 4) if len(head) == 4 else b""


def read_exactly(client: socket.socket, size: int) -> bytes:
    """Return that many bytes; fewer at the end of the stream."""
    data = b""
    while len(data) < size and (part := client.recv(size - len(data))):
        data += part
    return data
