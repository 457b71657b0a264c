"""`GET /metrics`."""

from homeport.control.farm import Farm
from homeport.control.operation import Operation, Request

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
"""The text format that every Prometheus reads."""


def metrics(farm: Farm, _request: Request) -> bytes:
    # Imported at the first scrape: most farms are never scraped.
    from homeport.control.prometheus import scrape

    return scrape(farm)


OPERATIONS = (
    Operation(
        method="GET",
        path="/metrics",
        summary="Counters of the farm, as Prometheus reads them",
        description="The farm's counters.",
        handler=metrics,
        answer=str,
        media_type=PROMETHEUS,
    ),
)
