"""`homeport ldif`: print the directory, and add to it."""

import pytest
from services.ldap.asker import BASE
from tests.cli.test_world_objects import run, say  # noqa: F401 - fixtures

LAMP = f"dn: cn=lamp,{BASE}\nobjectClass: device\ncn: lamp\n"


def test_a_file_is_added_and_printed(say, tmp_path):  # noqa: F811 - the fixture
    path = tmp_path / "lamp.ldif"
    path.write_text(LAMP)
    assert say("ldif", "--add", str(path)) == f"{path}: 1 added\n"
    assert "cn: lamp" in say("ldif", "--base", f"cn=lamp,{BASE}")
    path.write_text("version: 1\n")
    assert say("ldif", "--add", str(path)) == f"{path}: no records\n"


def test_standard_input_is_added(say):  # noqa: F811 - the fixture
    assert say("ldif", "--add", "-", given=LAMP) == "-: 1 added\n"


@pytest.mark.parametrize(
    ("content", "code", "error"),
    [
        (None, 2, "missing.ldif: No such file"),
        ("cn: x\n", 2, "line 1: a record begins with dn:; nothing was changed"),
        (LAMP + "\n" + LAMP, 1, "the records before it were carried out: 1 added"),
    ],
)
def test_what_cannot_be_added_is_explained(run, tmp_path, content, code, error):  # noqa: F811 - the fixture
    path = tmp_path / "missing.ldif"
    if content is not None:
        path.write_text(content)
    found, out, err = run("ldif", "--add", str(path))
    assert (found, out, error in err) == (code, "", True), err
