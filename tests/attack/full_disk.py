"""Runs in its own namespaces (`unshare`): a farm on a disk of two megabytes, filled and freed; prints what it saw."""

import json
import os
import smtplib
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

SIZE = "2m"


def status_of(url: str) -> tuple[int, str]:
    """Ask once."""
    try:
        with urlopen(url) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def put_domain(control: str, name: str) -> int:
    """Store a domain over the API; return the status."""
    body = {"name": name, "roid": "D9-NEW", "registrar": "harbour", "created": "-P1M", "expires": "+P1Y"}
    place = f"{control}/api/v1/worlds/default/registry/domains/{name}"
    request = Request(place, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="PUT")
    try:
        with urlopen(request) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


def wait_until(url: str, status: int) -> str:
    """Ask until the status is that one; return the answer."""
    deadline = time.monotonic() + 60
    while (found := status_of(url))[0] != status:
        if time.monotonic() > deadline:
            sys.exit(f"{url} stays {found}")
        time.sleep(0.05)
    return found[1]


def send(address: tuple[str, int], size: int) -> tuple[int, str]:
    """Send a message of a size: code and text of the last reply, or of the first that refuses it."""
    text = b"Subject: big\r\n\r\n" + (b"x" * 70 + b"\r\n") * (size // 72)
    with smtplib.SMTP(*address) as client:
        client.ehlo("x")
        for step in (
            lambda: client.mail("a@client.test"),
            lambda: client.rcpt("bob@example.org"),
            lambda: client.data(text),
        ):
            try:
                code, reply = step()
            except smtplib.SMTPDataError as error:
                code, reply = error.smtp_code, error.smtp_error
            if code >= 400:
                break
        return code, reply.decode()


def main() -> None:
    """Fill and free the disk."""
    data = Path(sys.argv[1])
    for command in (
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "disk", str(data)],
        ["ip", "link", "set", "lo", "up"],
    ):
        subprocess.run(command, check=True)
    farm = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "homeport",
            "up",
            "--ephemeral",
            "--data",
            str(data),
            "--services",
            "smtp,epp,finger",
            "--until-eof",
        ],
        stdin=subprocess.PIPE,  # so it ends with this process
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    ready = json.loads(farm.stdout.readline())
    bound = ready["services"]["smtp"]["plain"]
    address, readyz = (bound["host"], bound["port"]), f"{ready['control']}/readyz"
    seen = {"before": send(address, 1000), "ready before": status_of(readyz)[0]}
    filler = data / "filler"
    with filler.open("wb") as file:
        while True:
            try:
                os.write(file.fileno(), bytes(4096))
            except OSError:
                break
    seen["full"] = [send(address, 300_000) for _ in range(3)]
    seen["registry full"] = put_domain(ready["control"], "full.test")
    seen["readyz full"] = wait_until(readyz, 503)
    seen["alive full"] = status_of(f"{ready['control']}/livez")[0]
    filler.unlink()
    wait_until(readyz, 200)
    seen["after"] = send(address, 1000)
    seen["registry after"] = put_domain(ready["control"], "after.test")
    kept = json.loads(status_of(f"{ready['control']}/api/v1/worlds/default/smtp/messages")[1])
    seen["messages"] = [message["size"] > 0 for message in kept["items"]]
    farm.terminate()
    _out, seen["log"] = farm.communicate(timeout=30)
    seen["status"] = farm.returncode
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
