"""A farm in the caller's reactor: the global one, of every kind, in child processes."""

import subprocess

import pytest

PROGRAM = """
import gc, os, smtplib, sys
{install}
from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.threads import deferToThread
import homeport.twisted
from homeport.testing import FarmError, FarmGone, TimedOut

def post(address):
    with smtplib.SMTP(*address, local_hostname="client.test") as client:
        client.sendmail("app@client.test", ["bob@example.org"], "Subject: Welcome\\n\\nhi\\n")

async def scenario():
    world = await homeport.twisted.start(reactor, {{"finger": {{"syntax": "strict"}}}}, services=["smtp", "finger"])
    assert world.services == ["finger", "smtp"]
    world.smtp.fail("RCPT", 451)                     # what need not wait is called as anywhere
    waiting = world.defer(world.smtp.wait_for, to="bob@example.org")
    try:
        await deferToThread(post, world.smtp.address)
    except smtplib.SMTPRecipientsRefused:
        await deferToThread(post, world.smtp.address)
    message = await waiting
    assert (message.subject, message.text) == ("Welcome", "hi\\n")
    assert [one.id for one in world.findings("must")] == ["smtp.missing-date", "smtp.missing-from"]
    assert world.people["alice"].name == "Alice Liddell"
    assert world.clock.advance("P1Y")
    assert "PRIVATE KEY" not in world.ca_pem
    other = world.world(services=["echo"])
    assert other.echo.port
    await world.defer(other.close)
    try:
        world.smtp.wait_for(to="carol@example.org")
    except FarmError as error:
        assert "await world.defer" in str(error), error
    else:
        raise AssertionError("the reactor waited for itself")
    try:
        await world.defer(world.smtp.wait_for, to="carol@example.org", timeout=0.1)
    except TimedOut:
        pass
    await world.stop()
    await world.stop()
    try:
        await world.defer(world.findings)
    except FarmGone:
        pass

async def main():
    await scenario()
    await Deferred.fromCoroutine(scenario())         # and once more, in the same reactor
    try:
        await homeport.twisted.start(reactor, {{"echo": {{"prot": 1}}}})
    except FarmError as error:
        assert "did you mean 'port'?" in str(error)
    print("done", type(reactor).__name__)

def begin():
    running = ensureDeferred(main())
    running.addErrback(lambda failure: failure.printTraceback())
    running.addBoth(lambda _result: reactor.stop())

reactor.callWhenRunning(begin)
reactor.run()
"""
REACTORS = {
    "EPollReactor": "",
    "SelectReactor": "from twisted.internet import selectreactor; selectreactor.install()",
    "AsyncioSelectorReactor": "from twisted.internet import asyncioreactor; asyncioreactor.install()",
}


@pytest.mark.parametrize("name", REACTORS)
def test_a_farm_runs_in_the_callers_reactor(python, name):
    command, options = python
    program = PROGRAM.format(install=REACTORS[name])
    done = subprocess.run([*command, "-c", program], capture_output=True, text=True, timeout=60, **options)
    assert (done.stdout, done.stderr) == (f"done {name}\n", "")


def test_a_thread_stands_beside_a_global_reactor(python):
    command, options = python
    program = (
        "from twisted.internet import reactor\n"
        "from twisted.internet.threads import deferToThread\n"
        "from homeport import Farm\n"
        "farm = Farm(['smtp']).start()\n"
        "def told(findings):\n"
        "    print(findings)\n"
        "    reactor.stop()\n"
        "reactor.callWhenRunning(lambda: deferToThread(farm.findings).addCallback(told))\n"
        "reactor.run()\n"
        "print(farm.smtp.messages)\n"
        "farm.stop()\n"
    )
    done = subprocess.run([*command, "-c", program], capture_output=True, text=True, timeout=60, **options)
    assert (done.stdout, done.stderr) == ("[]\n[]\n", "")
