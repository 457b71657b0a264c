"""A farm takes another configuration over while it serves: all of it that needs no restart, or nothing if it is wrong.

Only the world `default` follows; others keep what they were made with. Whatever can fail comes first: reading, then
binding the sockets of new services and new ports.
"""

import logging
from typing import TYPE_CHECKING

from homeport.config.changes import Changes, Reloaded, plan
from homeport.config.values import ConfigError
from homeport.control.farm import FarmRefused
from homeport.farm.host import WorldHost, wanted_sockets
from homeport.io.net.sockets import Bound, CannotListenError, PortTakenError, bind_all, tune
from homeport.world.world import DEFAULT_WORLD

if TYPE_CHECKING:
    from homeport.farm.supervisor import Farm

log = logging.getLogger("homeport")

NOT_RELOADED = (FarmRefused, ConfigError)
"""Why a farm goes on as it was."""


def reload_farm(farm: "Farm") -> Reloaded:
    """Read the configuration of a farm again and take it over; what came of it is logged too.

    Raises: FarmRefused, ConfigError; nothing has changed then.
    """
    try:
        reloaded = _reload(farm)
    except NOT_RELOADED as error:
        for line in str(error).splitlines():
            log.error("not reloaded: %s", line)  # noqa: TRY400 - no fault of ours, so no traceback
        raise
    fields = {"event": "reloaded", "applied": reloaded.applied, "needs_restart": reloaded.needs_restart}
    log.log(logging.WARNING if reloaded.needs_restart else logging.INFO, "reloaded: %s", reloaded, extra=fields)
    return reloaded


def _reload(farm: "Farm") -> Reloaded:
    if farm.load is None:
        raise FarmRefused("this farm was not started by `homeport up`, so there is nothing to read again: restart it")
    host = farm.hosts.get(DEFAULT_WORLD)
    if host is None:
        raise FarmRefused("the farm is stopping")
    old = farm.config
    changes = plan(old, farm.load())
    if not changes.reloaded.applied:
        return changes.reloaded
    bound = _bind(changes, host)
    _set_dscp(changes, host)
    host.world.journal.configure(changes.config.journal)
    host.configure(changes.config, bound)
    host.world.replace(changes.parts, changes.config.contents)
    farm.configure(changes.config)
    return changes.reloaded


def _bind(changes: Changes, host: WorldHost) -> list[Bound]:
    """Sockets for the listeners that are new or whose port has changed.

    Raises: FarmRefused.
    """
    config = changes.config
    there = {listener.bound.wanted.name: listener.bound.wanted for listener in host.listeners}
    wanted = [one for one in wanted_sockets(config) if (known := there.get(one.name)) is None or known.port != one.port]
    if not wanted:
        return []
    try:
        return bind_all(wanted, config.farm.hosts, reuse_port=config.farm.reuse_port)[0]
    except (PortTakenError, CannotListenError) as error:
        raise FarmRefused(str(error)) from None


def _set_dscp(changes: Changes, host: WorldHost) -> None:
    """Mark the traffic of listeners that stay where they are as it is wanted now; accepted connections inherit it."""
    wanted = {one.name: one for one in wanted_sockets(changes.config)}
    for listener in host.listeners:
        bound = listener.bound
        new = wanted.get(bound.wanted.name)
        if new is not None and new.dscp != bound.wanted.dscp:
            bound.wanted = new
            for made in bound.sockets:
                tune(made, new)
