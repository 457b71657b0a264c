"""The baseline of start-up: a Twisted process that listens on twelve free ports and does nothing else."""

import json

from twisted.internet import epollreactor

epollreactor.install()

from twisted.internet import protocol, reactor  # noqa: E402 - after install, as Twisted wants it

factory = protocol.Factory.forProtocol(protocol.Protocol)
factory.noisy = False
for _ in range(12):
    reactor.listenTCP(0, factory, interface="127.0.0.1")
reactor.callWhenRunning(lambda: print(json.dumps({"event": "ready"}), flush=True))
reactor.run()
