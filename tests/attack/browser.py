"""Runs next to a farm on its default ports: serves the attacker's page to a real Chromium, and prints the outcome."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

CONTROL = "http://127.0.0.1:18000/api/v1/worlds/default"
CHROMIUM = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
)


def read(path: str) -> dict:
    """Ask the control API."""
    with urlopen(f"{CONTROL}{path}") as answer:
        return json.load(answer)


def main() -> None:
    """Let the page attack every port; arguments: the browser, a folder for its profile."""
    ready = read("")
    ports = [
        (service, bound["port"])
        for service, listeners in ready["services"].items()
        for name, bound in listeners.items()
        if name != "udp"
    ]
    ports.append(("control", 18000))
    done = threading.Event()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (
                json.dumps(ports)
                if self.path == "/ports"
                else Path(__file__).with_name("browser_page.html").read_text()
            )
            self.answer(body)

        def do_POST(self) -> None:
            self.answer("")
            done.set()

        def answer(self, body: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json" if self.path == "/ports" else "text/html")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_arguments: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 18123), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser, profile = sys.argv[1:]
    process = subprocess.Popen(
        [browser, *CHROMIUM, f"--user-data-dir={profile}", "http://127.0.0.1:18123/"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    reached = done.wait(120)
    process.kill()
    process.wait()
    with urlopen(f"{CONTROL}/smtp/messages") as answer:
        messages = json.load(answer)["items"]
    print(
        json.dumps(
            {
                "done": reached,
                "messages": messages,
                "findings": read("/findings")["items"],
                "connections": read("/connections?limit=10000")["items"],
                "commands": read("/events?type=command&limit=10000")["items"],
                "files": read("/ftp/files/home/alice/")["items"],
                "worlds": json.load(urlopen("http://127.0.0.1:18000/api/v1/worlds"))["total"],
                "ready": urlopen("http://127.0.0.1:18000/readyz").status,
            }
        )
    )


if __name__ == "__main__":
    main()
