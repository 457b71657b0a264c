"""LIST, NLST, MLSD, MLST, STAT of a path."""

import pytest
from services.ftp.conftest import make_ftp_world


def listed(one, command: str) -> list[str]:
    """The lines of a listing."""
    answer = one.get(command)
    assert answer.endswith("226 closing data connection; transfer complete"), answer
    assert one.downloaded == b"" or one.downloaded.endswith(b"\r\n")
    return one.downloaded.decode("utf-8", "surrogateescape").split("\r\n")[:-1]


@pytest.mark.requirement("FTP-4.1.2.13-24", "FTP-4.1.2.7-2")
def test_list_is_text_in_every_type(client):
    one = client().log_in()
    for kind in ("I", "A"):
        one.say(f"TYPE {kind}")
        assert listed(one, "LIST /pub") == [
            "-rw-r--r--    1 ftp      ftp                 8 Jul  2  1988 a.txt",
            "-rw-r--r--    1 ftp      ftp               256 Jul  2  1988 b.bin",
        ]
    assert one.get("LIST nope").startswith("550")


@pytest.mark.requirement("FTP-4.1.2.13-25", "FTP-4.1.2.7-1")
def test_nlst_names_can_be_retrieved(client):
    one = client().log_in()
    one.tree.files["pub", "two words"] = b"x"
    names = listed(one, "NLST /pub")
    assert names == ["/pub/a.txt", "/pub/b.bin", "/pub/two words"]
    one.say("CWD /pub")
    assert listed(one, "NLST") == ["a.txt", "b.bin", "two words"]
    for name in (*names, *listed(one, "NLST")):
        assert "226" in one.get(f"RETR {name}")
    assert listed(one, "NLST a.txt") == ["a.txt"]
    assert listed(one, "NLST /incoming") == []


@pytest.mark.requirement("FTP-4.1.2.7-3", "FTP-959_3.1.1.2-1")
def test_a_listing_in_type_e_is_ebcdic(client):
    one = client().log_in()
    one.say("TYPE E")
    one.get("NLST")
    assert one.downloaded.decode("cp037").startswith("note.txt")


def test_patterns_and_hidden_files(client):
    one = client().log_in()
    one.say("CWD /pub")
    assert listed(one, "NLST *.txt") == ["a.txt"]
    assert listed(one, "NLST /pub/?.b*") == ["/pub/b.bin"]
    assert listed(one, "NLST *.nope") == []
    assert listed(one, "NLST -a") == [".hidden", "a.txt", "b.bin"]
    assert listed(one, "NLST .*") == [".hidden"]
    assert one.findings.count("list-options") == 1
    assert one.get(f"LIST {'?' * 256}").startswith("501")
    assert len(listed(one, "LIST -la /pub")) == 3


def test_list_has_other_formats_and_syst_says_so(client):
    one = client(listing="msdos").log_in()
    assert listed(one, "LIST") == ["07-02-88  12:00AM                    5 note.txt"]
    assert one.say("SYST") == "215 Windows_NT"
    assert listed(client(listing="eplf").log_in(), "LIST")[0].endswith("\tnote.txt")


def test_mlsd_and_mlst_show_facts(client):
    one = client().log_in()
    lines = listed(one, "MLSD /pub")
    assert [line.split("; ", 1)[1] for line in lines] == [".", "..", ".hidden", "a.txt", "b.bin"]
    assert lines[0].startswith("type=cdir;modify=19880702000000;perm=celdfmp;")
    assert lines[3].startswith("type=file;size=8;modify=19880702000000;perm=adfrw;unique=")
    first, line, last = one.say("MLST /pub/a.txt").split("\r\n")
    assert (first[:4], last[:4]) == ("250-", "250 ")
    assert line.startswith(" type=file;")
    assert line.endswith("; /pub/a.txt")
    assert one.say("OPTS MLST size;type;nope;") == "200 MLST OPTS type;size;"
    assert " type=file;size=8; /pub/a.txt" in one.say("MLST /pub/a.txt")
    assert "MLST type*;size*;modify;perm;" in one.say("FEAT")
    assert one.get("MLSD /pub/a.txt").startswith("501")
    assert one.say("MLST nope").startswith("550")
    assert len(listed(one, "MLSD /")) == 5  # itself and what is in it; the root has nothing above it


@pytest.mark.requirement("FTP-4.1.2.13-26")
def test_stat_of_a_path_lists_it_in_the_reply(client):
    one = client().log_in()
    lines = one.say("STAT /pub").split("\r\n")
    assert lines[0] == "212-status of /pub"
    assert lines[-1] == "212 end of status"
    assert lines[1].endswith(" a.txt")
    assert one.say("STAT note.txt").startswith("213-")
    assert one.say("STAT nope").startswith("550")
    assert client().say("STAT /pub").startswith("530")


def test_ten_thousand_entries(client):
    one = client(make_ftp_world(blocks=True)).log_in()
    for number in range(10_000):
        one.tree.files["home", "alice", f"f{number:05}"] = b""
    assert len(listed(one, "LIST")) == 10_001
