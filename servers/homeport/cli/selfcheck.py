"""`homeport selfcheck`: checks of a server by the test systems of others."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeport.cli.options import NegativeAnswer, WrongUsage, option
from homeport.cli.output import say

if TYPE_CHECKING:
    from homeport.client.rst.report import Report, Result

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
TARGET = click.Path(dir_okay=False, path_type=Path)


@click.group(help="Check this farm, or another server, with the tests that registries must pass.")
def selfcheck() -> None:
    pass


@selfcheck.command(
    help="""\
Run ICANN's RST 2.0 cases for EPP and print what fails.

Without --parameters a farm is started for the run, with registrars, certificates and names as RST wants them. The
cases and vectors are ICANN's and are not part of Homeport: --vectors names the folder that has them as CSV.
"""
)
@option("--vectors", type=FOLDER, required=True, help="Folder with RST's tables as CSV: cases, error codes, vectors.")
@option("--schemas", type=FOLDER, help="Folder with EPP's official schemas, whose all.xsd imports them.")
@option("--parameters", type=FILE, help="Parameters (TOML) of another server to check; see docs/epp-score.md.")
@option("--tld", default="lab.test", show_default=True, help="Zone of the farm's registry that is checked.")
@option("--case", "cases", multiple=True, metavar="CASE", help="Run this case only, such as epp-14; repeatable.")
@option("--seed", default=0, show_default=True, help="Seed of the names and values that the run makes up.")
@option("--junit", type=TARGET, help="Write the report as JUnit's XML, too.")
@option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def rst(
    vectors: Path,
    schemas: Path | None,
    parameters: Path | None,
    tld: str,
    cases: tuple[str, ...],
    seed: int,
    junit: Path | None,
    *,
    as_json: bool,
) -> None:
    from homeport.client.rst.parameters import ParametersError, load
    from homeport.client.rst.run import CASES
    from homeport.client.rst.schemas import SchemasError, Validator
    from homeport.client.rst.tables import Tables, TablesError
    from homeport.config.values import nearest

    for case in cases:
        if case not in CASES:
            raise WrongUsage(f"RST has no case {case!r}; {nearest(case, CASES)}")
    try:
        tables, validator = Tables(vectors), Validator(schemas)
        given = None if parameters is None else load(parameters)
    except (TablesError, SchemasError, ParametersError) as error:
        raise WrongUsage(str(error)) from None
    progress = _silent if as_json else _print
    report = _run(given, tld, (tables, validator, seed, cases, progress))
    if junit is not None:
        junit.write_text(report.junit(), encoding="utf-8")
    say(report.json().decode() if as_json else report.summary)
    if report.failed:
        raise NegativeAnswer("")


def _run(given: Any, tld: str, how: Any) -> "Report":
    from homeport.client.rst.run import run

    if given is not None:
        return run(given, *how)
    from homeport.client.rst.own_farm import own_farm
    from homeport.testing.errors import FarmError

    try:
        with own_farm(tld=tld) as (_farm, parameters):
            return run(parameters, *how)
    except FarmError as error:
        raise NegativeAnswer(str(error)) from None


def _print(result: "Result") -> None:
    from homeport.client.rst.report import lines

    for line in lines(result):
        say(line)


def _silent(_result: "Result") -> None:
    pass
