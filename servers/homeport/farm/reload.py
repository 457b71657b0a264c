"""Applies a new configuration to a running farm: every key that needs no restart, or none if it is invalid.

Only the world `default` follows; others keep the configuration they were created with. The steps that can fail come
first: reading, then binding the sockets of new services and new ports.
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
"""Reasons for which a reload is refused."""


def reload_farm(farm: "Farm") -> Reloaded:
    """Read a farm's configuration again, apply it, and log the result.

    Raises: FarmRefused, ConfigError; nothing has changed then.
    """
    try:
        reloaded = _reload(farm)
    except NOT_RELOADED as error:
        for line in str(error).splitlines():
            log.error("not reloaded: %s", line)  # noqa: TRY400 - not an internal error, so no traceback
        raise
    fields = {"event": "reloaded", "applied": reloaded.applied, "needs_restart": reloaded.needs_restart}
    log.log(logging.WARNING if reloaded.needs_restart else logging.INFO, "reloaded: %s", reloaded, extra=fields)
    return reloaded


def _reload(farm: "Farm") -> Reloaded:
    if farm.load is None:
        raise FarmRefused(
            "this farm was not started by `homeport up`, so it has no configuration to reload: restart it"
        )
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
    """Bind sockets for the listeners that are new or whose port has changed.

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
    """Set the DSCP of listeners that stay; accepted connections inherit it."""
    wanted = {one.name: one for one in wanted_sockets(changes.config)}
    for listener in host.listeners:
        bound = listener.bound
        new = wanted.get(bound.wanted.name)
        if new is not None and new.dscp != bound.wanted.dscp:
            bound.wanted = new
            for made in bound.sockets:
                tune(made, new)
