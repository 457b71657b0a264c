"""A farm that is started for a run: registrars with client certificates, and a third one that has names already."""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from homeport.client.rst.certificates import write_certificate
from homeport.client.rst.parameters import Credentials, Parameters
from homeport.testing.api import segment
from homeport.testing.farm import Farm

REGISTRARS = ("harbour", "lighthouse")
THIRD = "pilot"
HOSTS = ("127.0.0.1", "::1")


@contextmanager
def own_farm(config: dict[str, Any] | None = None, tld: str = "lab.test") -> Iterator[tuple[Farm, Parameters]]:
    """Start a farm and yield it with the parameters of a run against it. config: as of `Farm`."""
    with (
        tempfile.TemporaryDirectory(prefix="homeport-rst-") as folder,
        Farm(services=["epp"], config=served_on(config or {})) as farm,
    ):
        yield farm, prepared(farm, Path(folder), tld)


def served_on(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration with the addresses that this machine has."""
    return {**config, "farm": {"hosts": [one for one in HOSTS if _has(one)], **config.get("farm", {})}}


def _has(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family) as trial:
            trial.bind((address, 0))
    except OSError:
        return False
    return True


def policy_of(farm: Farm, tld: str) -> dict[str, Any]:
    """Return the policy of a zone, as the API shows it. Raises: Refused if there is none."""
    found: dict[str, Any] = farm.api.get(f"{farm.path}/registry/zones/{segment(tld)}")
    return found


def prepared(farm: Farm, folder: Path, tld: str) -> Parameters:
    """Give the registrars of a farm certificates, and the third one a name. Return the parameters of a run."""
    registry = farm.registry
    logins = []
    for name in REGISTRARS:
        file = folder / f"{name}.pem"
        pin = write_certificate(file, name)
        registry.registrars.change(name, certificate="pinned", pins=[pin])
        password = f"{name}-pass"
        logins.append(Credentials(id=name, password=password, certificate=str(file)))
    reserved = f"rst-registered.{tld}"
    registry.domains.put(reserved, roid="DRST-HOMEPORT", registrar=THIRD, created="-P1M", expires="+P1Y")
    policy = policy_of(farm, tld)
    if policy["data_model"] == "either":  # RST knows registries with contacts, and registries without
        farm.api.send("PUT", f"{farm.path}/registry/zones/{segment(tld)}", {**policy, "data_model": "maximum"})
    return Parameters(
        host="localhost",
        port=farm.epp.port,
        addresses=tuple(one for one in HOSTS if _has(one)),
        authority=farm.ca_file,
        tlds=(tld,),
        clid01=logins[0],
        clid02=logins[1],
        registered_names=(reserved,),
        host_model=policy["hosts"],
        data_model="minimum" if policy["data_model"] == "minimum" else "maximum",
        secdns="keyData" if policy["dnssec"] == "key" else "dsData",
        repositories=("HOMEPORT",),
    )
