"""The code under test: a mailer that retries, an uploader, and a Finger client."""

import smtplib
import socket
import time
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from ftplib import FTP
from io import BytesIO


def welcome(server: tuple[str, int], to: str, pause: float = 0.05) -> None:
    """Send a welcome mail. After a temporary refusal (4yz) retry, up to three attempts."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "club@client.test", to, "Welcome"
    mail["Date"], mail["Message-ID"] = localtime(), make_msgid(domain="client.test")
    mail.set_content("Good to have you.\n")
    for attempt in (1, 2, 3):
        try:
            with smtplib.SMTP(*server, local_hostname="client.test", timeout=10) as client:
                client.send_message(mail)
                return
        except smtplib.SMTPRecipientsRefused as refused:
            code, _text = refused.recipients[to]
            if not 400 <= code < 500 or attempt == 3:
                raise
            time.sleep(pause * attempt)


def upload(server: tuple[str, int], name: str, content: bytes) -> None:
    """Upload a file to alice's folder."""
    with FTP(timeout=10) as client:
        client.connect(*server)
        client.login("alice", "alice-pass")
        client.storbinary(f"STOR {name}", BytesIO(content))


def finger(server: tuple[str, int], who: str, end: str = "\r\n") -> str:
    """Query a user. end: the line end."""
    with socket.create_connection(server, timeout=10) as conn, conn.makefile("rw", newline="") as stream:
        stream.write(who + end)
        stream.flush()
        return stream.read()
