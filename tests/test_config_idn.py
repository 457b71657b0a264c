"""[[registry.idn_table]] and the tables of [[registry.tld]]: read, or refused with key and reason."""

import pytest

from homeport.config.reading import load
from homeport.config.values import ConfigError

LGR = '<lgr xmlns="urn:ietf:params:xml:ns:lgr-1.0"><data><range first-cp="0061" last-cp="007A"/></data></lgr>'
TLD = '[[registry.tld]]\nname = "test"\n'


@pytest.fixture
def read(tmp_path):
    """Load a configuration; FILE in it is a file with a ruleset."""

    def run(text, content=LGR):
        file, table = tmp_path / "homeport.toml", tmp_path / "own.xml"
        file.write_text(text.replace("FILE", str(table)))
        table.write_text(content)
        return load(file)

    return run


def test_a_table_comes_from_a_file_or_stands_in_the_configuration(read):
    for key in ('file = "FILE"', f"lgr = '''{LGR}'''"):
        contents = read(f'[[registry.idn_table]]\nname = "own"\n{key}\n{TLD}idn.tables = ["own"]\n').contents.registry
        assert [(one.name, one.lgr) for one in contents.idn_tables] == [("own", LGR)]
        assert contents.zones[0].idn.tables == ("own",)


@pytest.mark.parametrize(
    ("text", "content", "parts"),
    [
        ('[[registry.idn_table]]\nname = "own"\nfile = "FILE"\n', "<lgr/>", ("idn_table[0].file", "namespace")),
        ('[[registry.idn_table]]\nname = "own"\nlgr = "<lgr"\n', LGR, ("idn_table[0].lgr", "not well-formed")),
        ('[[registry.idn_table]]\nname = "own"\nfile = "FILE.no"\n', LGR, ("idn_table[0].file", "No such file")),
        ('[[registry.idn_table]]\nname = "own"\nfile = "FILE"\nlgr = "<l/>"\n', LGR, ("leave one out",)),
        (f'{TLD}idn.tables = ["onw"]\n', LGR, ("registry.tld[0].idn.tables", "'onw'", "cyrillic")),
    ],
)
def test_a_wrong_table_is_refused_with_its_place_and_the_reason(read, text, content, parts):
    with pytest.raises(ConfigError) as caught:
        read(text, content)
    assert all(part in str(caught.value.problems) for part in parts), caught.value.problems
