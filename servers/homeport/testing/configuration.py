"""Creates a farm on a reactor from a configuration in plain values."""

import os
from typing import Any

from homeport.testing.errors import FarmError


def make_farm(reactor: Any, tree: dict[str, Any]) -> Any:
    """Create a farm with bound sockets; the caller starts it on the reactor's thread. Ports that are not named are
    free, and no state is kept.

    Raises: FarmError with the messages of `homeport check`.
    """
    from homeport.config.certificates import CertificateError
    from homeport.config.reading import Setting, load
    from homeport.config.values import ConfigError
    from homeport.disk.data_folder import DataFolderError
    from homeport.disk.temporary import sweep
    from homeport.farm.supervisor import Farm, FarmSockets
    from homeport.io.net.sockets import CannotListenError, PortTakenError

    sweep()
    sockets = None
    try:
        config = load(settings=[Setting(key, value, "") for key, value in keys(tree)], ephemeral=True)
        sockets = FarmSockets(config)
        return Farm(reactor, config, sockets, os.getpid())
    except (ConfigError, PortTakenError, CannotListenError, CertificateError, DataFolderError) as error:
        for bound in (*sockets.services, sockets.control) if sockets else ():
            bound.close()
        raise FarmError(f"the farm did not start: {error}") from None


def keys(tree: dict[str, Any]) -> list[tuple[tuple[str, ...], Any]]:
    """Return every key of a section with its value, and every table of contents as a whole."""
    found: list[tuple[tuple[str, ...], Any]] = []
    for section, value in tree.items():
        if isinstance(value, dict):
            found += [((section, key), one) for key, one in value.items()]
        else:
            found.append(((section,), value))
    return found
