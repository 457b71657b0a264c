"""A farm in the reactor of the tests.

These tests run under pytest-twisted, in processes of their own: `make test` starts one for Twisted's default reactor
and one for that on asyncio's loop. By hand: `pytest -p pytest_twisted [--reactor=asyncio] tests/in_reactor`.
"""

import pytest_twisted


@pytest_twisted.async_yield_fixture
async def farm():
    """A farm in the running reactor."""
    from in_reactor.verifying import CONFIGURED  # this and the next import the reactor, which pytest-twisted installs
    from twisted.internet import reactor

    import homeport.twisted

    config = {"tls": {"names": [CONFIGURED]}, "farm": {"hosts": ["127.0.0.1", "::1"]}}
    world = await homeport.twisted.start(reactor, config, services=["smtp", "ftp", "epp"])
    yield world
    await world.stop()
