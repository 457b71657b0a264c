"""Addresses at which this machine reaches a farm's services."""

from typing import Any

from homeport.protocol.addresses import ANYWHERE


def reachable(ready: dict[str, Any], url: str = "", host: str = "") -> dict[str, Any]:
    """Return a ready object with wildcard addresses replaced by one that answers here.

    url, host: of the control API, as it was reached; without them the farm is on this machine.
    """
    for listeners in ready["services"].values():
        for bound in listeners.values():
            bound["host"] = (host if bound["host"] in ANYWHERE else "") or ANYWHERE.get(bound["host"], bound["host"])
    if not url:
        url = ready["control"]
        for anywhere, here in (("//0.0.0.0:", "//127.0.0.1:"), ("//[::]:", "//[::1]:")):
            url = url.replace(anywhere, here)
    return ready | {"control": url}
