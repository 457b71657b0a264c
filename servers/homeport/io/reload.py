"""A farm takes another configuration over while it serves: all of it that needs no restart, or nothing if it is wrong.

Only the world `default` follows; others keep what they were made with. Whatever can fail comes first: reading, then
binding the sockets of new services and new ports.
"""

import logging
from typing import TYPE_CHECKING

from homeport.config_changes import Changes, NotReloadable, Reloaded, plan
from homeport.config_values import ConfigError
from homeport.io.host import WorldHost, wanted_sockets
from homeport.io.sockets import Bound, CannotListenError, PortTakenError, bind_all, tune
from homeport.io.supervisor import DEFAULT_WORLD

if TYPE_CHECKING:
    from homeport.io.supervisor import Farm

log = logging.getLogger("homeport")

NOT_RELOADED = (NotReloadable, ConfigError)
"""Why a farm goes on as it was."""


def reload_farm(farm: "Farm") -> Reloaded:
    """Read the configuration of a farm again and take it over; what came of it is logged too.

    Raises: NotReloadable, ConfigError; nothing has changed then.
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
        raise NotReloadable("this farm was not started by `homeport up`, so there is nothing to read again: restart it")
    host = farm.hosts.get(DEFAULT_WORLD)
    if host is None:
        raise NotReloadable(
            f"the world {DEFAULT_WORLD!r} was closed, and only it follows the configuration: restart the farm"
        )
    old = farm.config
    changes = plan(old, farm.load())
    if not changes.reloaded.applied:
        return changes.reloaded
    bound = _bind(changes, host)
    _set_dscp(changes, host)
    host.world.journal.configure(changes.config.journal)
    host.configure(changes.config, bound)
    for part in changes.parts:
        host.world.replace(part, changes.config.contents)
    farm.configure(changes.config)
    return changes.reloaded


def _bind(changes: Changes, host: WorldHost) -> list[Bound]:
    """Sockets for the listeners that are new or whose port has changed.

    Raises: NotReloadable.
    """
    config = changes.config
    there = {listener.bound.wanted.name: listener.bound.wanted for listener in host.listeners}
    wanted = [one for one in wanted_sockets(config) if (known := there.get(one.name)) is None or known.port != one.port]
    if not wanted:
        return []
    try:
        return bind_all(wanted, config.farm.hosts, reuse_port=config.farm.reuse_port)[0]
    except (PortTakenError, CannotListenError) as error:
        raise NotReloadable(str(error)) from None


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
