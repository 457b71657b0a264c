"""`homeport ote`: the checklist (OT&E) that the registry fills in for a registrar."""

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import click

from homeport.cli.options import NegativeAnswer, WrongUsage, ask_farm, of_a_farm, option, reach
from homeport.cli.output import say, say_json

SIGNS = {"done": "done ", "wrong": "WRONG", "open": "open "}


@click.command(
    help="""\
Show which steps of the operational test (OT&E) a registrar's client has done on a running farm, which it did wrongly
and why, and which are open. Without --registrar, show how far each registrar is.

The exit code is 1 unless every step that is shown is done.
"""
)
@option("--registrar", default="", metavar="ID", help="Show this registrar's steps.")
@option("--section", "sections", multiple=True, metavar="NAME", help="Show these steps only; repeatable.")
@option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write the steps as JUnit's XML, too.")
@option("--json", "as_json", is_flag=True, help="Print the API's answer as one JSON object.")
@option("--clear", is_flag=True, help="Set all steps of the registrar to open.")
@of_a_farm
def ote(
    registrar: str,
    sections: tuple[str, ...],
    junit: Path | None,
    url: str,
    token: str,
    *,
    as_json: bool,
    clear: bool,
) -> None:
    from urllib.parse import quote

    if not registrar and (sections or junit or clear):
        raise WrongUsage("--section, --junit and --clear are about one registrar: name it with --registrar")
    farm = reach(url, token)
    path = f"{farm.base}/registry/ote"
    if not registrar:
        _scores(ask_farm(lambda: farm.get(path)), as_json=as_json)
        return
    path = f"{path}/{quote(registrar, safe='')}"
    if clear:
        ask_farm(lambda: farm.send("DELETE", path))
        return
    sheet = ask_farm(lambda: farm.get(path))
    steps = _chosen(sheet["steps"], sections)
    if junit is not None:
        junit.write_text(junit_of(sheet["registrar"], steps), encoding="utf-8")
    if as_json:
        say_json({**sheet, "steps": steps})
    else:
        _print(steps)
    if any(one["state"] != "done" for one in steps):
        raise NegativeAnswer("")


def _scores(answer: Any, *, as_json: bool) -> None:
    if as_json:
        say_json(answer)
        return
    for one in answer["items"]:
        say(f"{one['registrar']:<16}  {one['done']} of {one['total']} done, {one['wrong']} wrong, {one['open']} open")


def _chosen(steps: list[dict[str, Any]], sections: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the steps of some sections, all if none are named. Raises: WrongUsage."""
    from homeport.config.values import nearest

    known = list(dict.fromkeys(one["section"] for one in steps))
    for section in sections:
        if section not in known:
            raise WrongUsage(f"the checklist has no section {section!r}; {nearest(section, known)}")
    return [one for one in steps if not sections or one["section"] in sections]


def _print(steps: list[dict[str, Any]]) -> None:
    section = ""
    for one in steps:
        if one["section"] != section:
            section = one["section"]
            say(section)
        say(f"  {SIGNS[one['state']]}  {one['title']}" + (f": {one['object']}" if one["object"] else ""))
        if one["state"] == "wrong":
            say(f"         {one['why']}")
            say(f"         clTRID {one['cl_trid'] or '(none)'}, svTRID {one['sv_trid']}; do: {one['how']}")
        elif one["state"] == "open":
            say(f"         do: {one['how']}")
    number = {state: sum(one["state"] == state for one in steps) for state in SIGNS}
    say(f"{number['done']} of {len(steps)} done, {number['wrong']} wrong, {number['open']} open")


def junit_of(registrar: str, steps: list[dict[str, Any]]) -> str:
    """Return the steps as JUnit's XML: wrong ones are failures, open ones are skipped."""
    cases = []
    for one in steps:
        inside = ""
        if one["state"] == "wrong":
            detail = f"{one['object']}\nclTRID {one['cl_trid']}, svTRID {one['sv_trid']}\ndo: {one['how']}"
            inside = f"<failure message={quoteattr(one['why'])}>{escape(detail)}</failure>"
        elif one["state"] == "open":
            inside = f"<skipped message={quoteattr('do: ' + one['how'])}/>"
        name = quoteattr(f"{one['id']}: {one['title']}")
        cases.append(f"\n  <testcase classname={quoteattr('ote.' + one['section'])} name={name}>{inside}</testcase>")
    wrong, waiting = (sum(one["state"] == state for one in steps) for state in ("wrong", "open"))
    counts = f'tests="{len(steps)}" failures="{wrong}" skipped="{waiting}"'
    title = quoteattr(f"OT&E of {registrar}")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name={title} {counts}>{"".join(cases)}\n</testsuite>\n'
