"""Run RST's cases, each on connections of its own."""

import time
from collections.abc import Callable, Mapping, Sequence
from random import Random

from homeport.client.rst import (
    connectivity,
    contacts,
    delegation,
    domain_updates,
    domains,
    hosts,
    transfers,
)
from homeport.client.rst.course import Aborted, Course, Skipped
from homeport.client.rst.link import LinkError, UnparsableError
from homeport.client.rst.parameters import Parameters
from homeport.client.rst.report import Report, Result
from homeport.client.rst.schemas import Validator
from homeport.client.rst.tables import Tables

CASES: Mapping[str, Callable[[Course], None]] = {
    "epp-01": connectivity.connectivity,
    "epp-02": connectivity.greeting,
    "epp-03": connectivity.authentication,
    "epp-04": domains.check,
    "epp-05": hosts.check,
    "epp-06": contacts.check,
    "epp-07": contacts.create,
    "epp-08": contacts.access,
    "epp-09": contacts.update,
    "epp-10": contacts.delete,
    "epp-11": hosts.create,
    "epp-12": hosts.access,
    "epp-13": hosts.update,
    "epp-14": domains.create,
    "epp-15": domains.integrity,
    "epp-16": domain_updates.update,
    "epp-17": connectivity.consistency,
    "epp-18": domains.renew,
    "epp-19": transfers.approved,
    "epp-20": transfers.rejected,
    "epp-21": domains.delete,
    "epp-23": hosts.rename,
    "epp-24": hosts.delete,
    "epp-25": delegation.subordinate,
    "epp-26": delegation.wide_glue,
    "epp-27": delegation.glueless,
}
"""The cases in RST's order; epp-22 is not in RST 2.0."""


def run(
    parameters: Parameters,
    tables: Tables,
    validator: Validator,
    seed: int = 0,
    cases: Sequence[str] = (),
    progress: Callable[[Result], None] = lambda _result: None,
) -> Report:
    """Run cases, all if none are named. seed: of all random names and values. progress: gets each result."""
    results = []
    for case in cases or tuple(CASES):
        course = Course(case, parameters, tables, Random(f"{seed} {case}"), validator)  # noqa: S311 - test data
        result = _result(course, tables.summaries.get(case, ""))
        progress(result)
        results.append(result)
    return Report(host=parameters.host, port=parameters.port, results=tuple(results))


def _result(course: Course, summary: str) -> Result:
    begun, skipped = time.monotonic(), ""
    try:
        CASES[course.case](course)
    except Skipped as reason:
        skipped = str(reason)
    except Aborted:
        pass
    except (LinkError, UnparsableError) as error:
        course.issue("EPP_TLS_CONNECTION_ERROR", str(error))
    finally:
        course.close()
    return Result(
        case=course.case,
        summary=summary,
        skipped=skipped,
        issues=tuple(course.issues),
        commands=course.commands,
        seconds=round(time.monotonic() - begun, 3),
    )
