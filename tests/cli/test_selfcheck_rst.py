"""`homeport selfcheck rst`: ICANN's RST 2.0 cases against the farm, which passes, and against farms that are broken.

The tables are ICANN's and are not part of the repository; tests of the command itself use small ones of their own.
"""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from msgspec import structs
from tests.epp_reference import folder

from homeport.cli import homeport
from homeport.client.rst.own_farm import own_farm
from homeport.client.rst.parameters import ParametersError, load
from homeport.client.rst.report import Report
from homeport.client.rst.run import CASES, run
from homeport.client.rst.schemas import Validator
from homeport.client.rst.tables import VECTORS, Tables, TablesError

SEVERITIES = {
    "EPP_GREETING_RECOMMENDED_EXTENSION_MISSING": "WARNING",
    "EPP_MISSING_AAAA_RECORDS": "WARNING",
    "EPP_LOGIN_ERROR": "CRITICAL",
}
ROWS = {
    "epp-11-data": (
        ("name", "createParentFirst", "ip", "addr", "passOrFail", "errorCode"),
        ('{"ns1." & RANDCHARS(9) & "." & $TLD}', "true", "v4", "192.0.2.1", "pass", "EPP_UNEXPECTED_COMMAND_FAILURE"),
        ('{"ns2." & RANDCHARS(9) & "." & $TLD}', "", "", "127.0.0.1", "fail", "EPP_HOST_CREATE_SERVER_ACCEPTS_IT"),
        ("{PREVIOUS}", "", "v4", "192.0.2.2", "fail", "EPP_MADE_UP"),
    ),
}
"""Tables in ICANN's form, where the last row demands what no registry does."""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a folder with tables of our own in ICANN's form."""
    tables = tmp_path / "tables"
    tables.mkdir()
    _write(tables / "cases.csv", ("case", "summary"), *((case, f"the case {case}") for case in CASES))
    _write(tables / "error-codes.csv", ("code", "severity"), *SEVERITIES.items())
    for name in VECTORS:
        _write(tables / f"{name}.csv", *ROWS.get(name, (("passOrFail", "errorCode"),)))
    return tables


def _write(path: Path, *rows: tuple[str, ...]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def icann() -> tuple[Tables, Validator]:
    """Return ICANN's tables and the official schemas; skip without them."""
    return Tables(folder() / "epp-rst-vectors"), Validator(folder() / "epp-schemas")


def codes(report: Report) -> dict[str, set[str]]:
    """Return the codes of the issues of each case that has some."""
    return {one.case: {issue.code for issue in one.issues} for one in report.results if one.issues}


def test_the_farm_passes_every_case_without_a_warning() -> None:
    with own_farm() as (_farm, parameters):
        report = run(parameters, *icann())
    assert codes(report) == {}
    assert report.number("passed") == len(CASES) == 26


def test_a_registry_with_host_attributes_and_without_contacts_passes_what_applies_to_it() -> None:
    with own_farm(tld="example") as (_farm, parameters):
        report = run(parameters, *icann())
    assert codes(report) == {}
    assert {one.case for one in report.results if one.verdict == "skipped"} == {
        *("epp-05", "epp-06", "epp-07", "epp-08", "epp-09", "epp-10", "epp-11", "epp-12", "epp-13", "epp-15"),
        *("epp-23", "epp-24", "epp-25", "epp-26", "epp-27"),
    }


LAB = {"name": "lab.test", "preset": "fast", "data_model": "maximum"}
BROKEN = {
    "a clock that is an hour fast": ({"clock": {"set": "+1h"}}, {}, "epp-02", "EPP_GREETING_SVDATE_INVALID"),
    "no launch phases": ({"epp": {"extensions": ["-launch"]}}, {}, "epp-02", "EPP_GREETING_MISSING_EXTURI"),
    "no changePoll": (
        {"epp": {"extensions": ["-changePoll"]}}, {}, "epp-02", "EPP_GREETING_RECOMMENDED_EXTENSION_MISSING",
    ),
    "a namespace that IANA does not know": (
        {"epp": {"extensions": ["urn:example:berth-1.0"]}}, {}, "epp-02", "EPP_GREETING_UNEXPECTED_EXTURI",
    ),
    "eleven years are allowed": ({}, {"years_max": 11}, "epp-14", "EPP_DOMAIN_CREATE_SERVER_ACCEPTS_INVALID_PERIOD"),
    "renewals beyond ten years": ({}, {"years_max": 99}, "epp-18", "EPP_RENEW_SERVER_ACCEPTS_INVALID_PERIOD"),
    "no renew grace": ({}, {"renew": "0s"}, "epp-18", "EPP_RENEW_INFO_RESPONSE_MISSING_OR_INVALID_RGP_STATUS"),
    "transfers at once": (
        {}, {"transfer_deadline": "0s"}, "epp-20", "EPP_TRANSFER_INFO_RESPONSE_MISSING_OR_INVALID_STATUS_CODE",
    ),
    "no grace after a transfer": (
        {}, {"transfer": "0s"}, "epp-19", "EPP_TRANSFER_INFO_RESPONSE_MISSING_OR_INVALID_RGP_STATUS",
    ),
    "no registrant is needed": (
        {}, {"data_model": "either"}, "epp-14", "EPP_DOMAIN_CREATE_SERVER_ACCEPTS_NO_REGISTRANT_FOR_THICK_REGISTRY",
    ),
    "hosts are attributes": (
        {}, {"hosts": "attributes"}, "epp-16", "EPP_UNEXPECTED_COMMAND_FAILURE",
    ),
}  # fmt: skip
"""Farms by what is wrong: configuration, the zone's policy, the case that must fail, and its code."""


@pytest.mark.parametrize("wrong", BROKEN)
def test_a_farm_with_a_wrong_policy_loses(wrong: str) -> None:
    config, policy, case, code = BROKEN[wrong]
    with own_farm(config) as (farm, parameters):
        zone = f"{farm.path}/registry/zones/lab.test"
        farm.api.send("PUT", zone, {**farm.api.get(zone), **policy})
        report = run(structs.replace(parameters, patience=0.01), *icann(), cases=[case])
    assert report.failed or code == "EPP_GREETING_RECOMMENDED_EXTENSION_MISSING"  # which is a warning
    assert code in codes(report)[case]


FAULTS = {
    "an expired certificate": ({"tls": "expired"}, None, "epp-01", "EPP_TLS_EXPIRED_CERTIFICATE"),
    "another host's certificate": ({"tls": "wrong_host"}, None, "epp-01", "EPP_TLS_CERTIFICATE_HOSTNAME_MISMATCH"),
    "TLS 1.0 and 1.1": ({"tls": "old_version"}, None, "epp-01", "EPP_TLS_FORBIDDEN_PROTOCOL_SUPPORTED"),
    "internal errors": ({"reply": 2400}, "domain:renew", "epp-18", "EPP_GENERIC_COMMAND_ERROR"),
    "XML that is broken": ({"frame": "not-well-formed"}, "domain:info", "epp-14", "EPP_XML_PARSE_ERROR"),
    "no login": ({"reply": 2501}, "login", "epp-03", "EPP_LOGIN_UNEXPECTEDLY_FAILED"),
    "deletions that are refused": (
        {"reply": 2304},
        "host:delete",
        "epp-24",
        "EPP_HOST_DELETE_RESPONSE_NOT_1000_OR_1001",
    ),
}
"""Farms by what they do on purpose: fault, verb, the case that must fail, and its code."""


@pytest.mark.parametrize("wrong", FAULTS)
def test_a_farm_that_misbehaves_loses(wrong: str) -> None:
    kind, verb, case, code = FAULTS[wrong]
    with own_farm() as (farm, parameters):
        farm.epp.fail(verb, times=0, optional=True, **kind)
        report = run(parameters, *icann(), cases=[case])
    assert report.failed
    assert code in codes(report)[case]


def test_registrars_without_certificates_are_no_objection_unless_the_parameters_name_some() -> None:
    with own_farm() as (farm, parameters):
        farm.registry.registrars.change("harbour", certificate="none")
        report = run(parameters, *icann(), cases=["epp-03"])
        assert codes(report) == {"epp-03": {"EPP_LOGIN_UNEXPECTEDLY_SUCCEEDED"}}
        bare = structs.replace(parameters, clid01=structs.replace(parameters.clid01, certificate=""))
        assert not run(bare, *icann(), cases=["epp-03"]).failed


# The command, and what it needs no tables of ICANN's for.


def rst(*words: object) -> tuple[int, str]:
    """Run the command; return its exit code and what it prints."""
    done = CliRunner().invoke(homeport, ["selfcheck", "rst", *map(str, words)])
    return done.exit_code, done.output


def test_the_command_prints_each_case_and_exits_with_1_if_one_fails(small: Path, tmp_path: Path) -> None:
    junit = tmp_path / "rst.xml"
    code, out = rst("--vectors", small, "--case", "epp-04", "--case", "epp-11", "--junit", junit)
    assert code == 1
    assert "epp-04  pass  the case epp-04" in out
    assert "epp-11  FAIL  the case epp-11" in out
    assert "ERROR EPP_MADE_UP: create host ns2." in out
    assert "1 of 2 passed, 1 failed, 0 warnings" in out
    suite = ElementTree.parse(junit).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert "EPP_MADE_UP" in suite[1][0].get("message")


def test_the_command_exits_with_0_if_all_pass_and_prints_json(small: Path) -> None:
    code, out = rst("--vectors", small, "--case", "epp-25", "--json")
    report = json.loads(out)
    assert code == 0
    assert report["failed"] is False
    assert [one["verdict"] for one in report["results"]] == ["passed"]


def test_an_unknown_case_and_a_folder_without_tables_are_explained(small: Path, tmp_path: Path) -> None:
    assert rst("--vectors", small, "--case", "epp-22") == (
        2,
        "homeport: RST has no case 'epp-22'; did you mean 'epp-27'?\n",
    )
    code, out = rst("--vectors", tmp_path)
    assert code == 2
    assert "lacks cases.csv" in out
    assert "rst-test-specs" in out
    with pytest.raises(TablesError):
        Tables(tmp_path)


def test_another_server_is_checked_by_a_file_of_parameters(small: Path, tmp_path: Path) -> None:
    with own_farm() as (_farm, parameters):
        file = tmp_path / "server.toml"
        file.write_text(
            f"""
            host = "localhost"
            port = {parameters.port}
            addresses = ["127.0.0.1"]
            authority = "{parameters.authority}"
            tlds = ["lab.test"]
            registered_names = {json.dumps(parameters.registered_names)}
            [clid01]
            id = "harbour"
            password = "harbour-pass"
            certificate = "{parameters.clid01.certificate}"
            [clid02]
            id = "lighthouse"
            password = "lighthouse-pass"
            certificate = "{parameters.clid02.certificate}"
            """
        )
        code, out = rst("--vectors", small, "--parameters", file, "--case", "epp-03", "--case", "epp-19")
    assert code == 0, out
    assert "2 of 2 passed" in out


def test_the_parameters_on_the_page_are_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "epp-score.md").read_text()
    file = tmp_path / "server.toml"
    file.write_text(page.split("```text\n")[1].split("```")[0])
    parameters = load(file)
    assert parameters.tlds == ("lab.test",)
    assert parameters.authority == str(tmp_path / "ca.pem")
    assert parameters.clid01.certificate == str(tmp_path / "harbour.pem")


def test_parameters_that_are_wrong_are_named(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    with pytest.raises(ParametersError, match="No such file"):
        load(file)
    file.write_text('host = "localhost"\ntlds = ["test"]\nport = 0')
    with pytest.raises(ParametersError, match="port"):
        load(file)


def test_a_server_that_is_not_there_fails_with_rst_s_code(small: Path, tmp_path: Path) -> None:
    with own_farm() as (farm, parameters):
        farm.epp.stop()
        report = run(parameters, Tables(small), Validator(None), cases=["epp-01", "epp-04"])
    assert all("EPP_NO_SERVICE_PORTS_REACHABLE" in found for found in codes(report).values())
    assert len(codes(report)) == 2
