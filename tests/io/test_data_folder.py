"""The folder of --data: its format is stated, older ones are brought up to date, newer ones left alone."""

import pytest

from homeport.disk import data_folder
from homeport.disk.data_folder import DataFolderError, open_data


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_new_folder_is_made_and_states_its_format(tmp_path):
    open_data(tmp_path / "new" / "data")
    assert contents(tmp_path / "new" / "data") == {"format": "1\n"}


def test_a_folder_from_before_formats_were_stated_is_taken_over_as_it_is(tmp_path):
    (tmp_path / "kept").write_text("mail")
    open_data(tmp_path)
    assert contents(tmp_path) == {"kept": "mail", "format": "1\n"}


@pytest.mark.parametrize(("text", "words"), [("2\n", "newer Homeport"), ("one\n", "no number"), ("", "no number")])
def test_what_is_newer_or_unreadable_is_refused_with_what_to_do_and_left_alone(tmp_path, text, words):
    (tmp_path / "format").write_text(text)
    with pytest.raises(DataFolderError, match=f"{words}.*name another --data"):
        open_data(tmp_path)
    assert contents(tmp_path) == {"format": text}


def test_an_older_folder_is_upgraded_step_by_step_and_goes_on_where_it_was_cut_off(tmp_path, monkeypatch):
    done = []

    def second(folder):
        done.append(2)
        if done.count(2) == 1:
            raise OSError(28, "No space left on device", str(folder))

    monkeypatch.setattr(data_folder, "FORMAT", 3)
    monkeypatch.setattr(data_folder, "UPGRADES", {1: lambda _folder: done.append(1), 2: second})
    (tmp_path / "format").write_text("1\n")
    with pytest.raises(DataFolderError, match="No space left"):
        open_data(tmp_path)
    assert contents(tmp_path) == {"format": "2\n"}
    open_data(tmp_path)
    assert done == [1, 2, 2]
    assert contents(tmp_path) == {"format": "3\n"}
