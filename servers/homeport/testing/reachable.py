"""Where a farm's services are reached, as seen from here."""

from typing import Any

from homeport.protocol.addresses import ANYWHERE


def reachable(ready: dict[str, Any], url: str = "", host: str = "") -> dict[str, Any]:
    """A ready object as this machine needs it: of what is bound to every address, one that answers here.

    url, host: of the control API, as it is reached; the farm is on this machine if they are not given.
    """
    for listeners in ready["services"].values():
        for bound in listeners.values():
            bound["host"] = (host if bound["host"] in ANYWHERE else "") or ANYWHERE.get(bound["host"], bound["host"])
    if not url:
        url = ready["control"]
        for anywhere, here in (("//0.0.0.0:", "//127.0.0.1:"), ("//[::]:", "//[::1]:")):
            url = url.replace(anywhere, here)
    return ready | {"control": url}
