"""A client of the control API."""

import http.client
import json
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass
class Reply:
    """An answer of the API."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The decoded JSON body."""
        return json.loads(self.body)


@pytest.fixture
def request_of():
    """Send a request to a running farm: `request_of(farm, "GET", "/livez")`."""

    def send(farm, method, path, headers=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", farm.farm.control.port, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    return send


@pytest.fixture
def get(farm, request_of):
    """Send GET to a farm with every service, and decode the answer."""

    def send(path):
        reply = request_of(farm, "GET", path)
        assert reply.status == 200, reply.body
        return reply.json

    return send


@pytest.fixture
def api(farm, request_of):
    """Send a request to a farm with every service, assert the status, and decode the answer.

    `api("PUT", "/quotes", {...})`. Paths that do not start with `/api` are relative to the default world.
    """

    def send(method, path, body=None, status=200):
        where = path if path.startswith("/api") else f"/api/v1/worlds/default{path}"
        reply = request_of(farm, method, where, body=None if body is None else json.dumps(body).encode())
        assert reply.status == status, reply.body
        return reply.json if reply.body else None

    return send
