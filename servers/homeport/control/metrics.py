"""`GET /metrics`."""

from functools import partial
from importlib import import_module

from homeport.control.farm import Farm
from homeport.control.operation import Operation, Request
from homeport.control.slices import Body, OffReactor

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
"""Media type of Prometheus's text format, which every version of it reads."""


def metrics(farm: Farm, _request: Request) -> OffReactor:
    # Imported at the first scrape, because most farms are never scraped.
    work = partial(import_module, "homeport.control.prometheus")
    return OffReactor(farm, work, lambda module: Body(farm, module.scrape_pieces(farm)))


OPERATIONS = (
    Operation(
        method="GET",
        path="/metrics",
        summary="Get the farm's metrics for Prometheus",
        description="Return the counters of the farm and of all its worlds in Prometheus's text format.",
        handler=metrics,
        answer=str,
        media_type=PROMETHEUS,
    ),
)
