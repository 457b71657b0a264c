"""Files: texts in lines up to a dot, all others as they are (RFC 1436 2, 3.8); and who may see what."""

import os
import socket
from pathlib import Path

import pytest

from homeport.protocol.events import Closed, Flushed, LimitReached, Stopping
from homeport.services.gopher.files import OpenFile
from homeport.services.gopher.session import PIECE
from homeport.world.people import Person


def file_events(one):
    return [fields for kind, fields in one.talk.logs if kind == "file"]


def test_a_text_ends_its_lines_in_cr_lf_and_itself_with_a_dot(ask):
    one = ask(b"/files/pub/chanty.txt")
    assert one.talk.sent.startswith(b"Haul on the line, my hearties, haul,\r\nThe octets")
    assert one.talk.sent.endswith(b"by light.\r\n.\r\n")
    assert one.findings == []
    assert one.talk.logs == [
        ("command", {"verb": "file", "argument": "/files/pub/chanty.txt", "code": "found"}),
        ("file", {"what": "retrieve", "path": "/pub/chanty.txt", "octets": 134, "complete": True, "reason": ""}),
    ]


def test_a_text_that_has_cr_lf_already_keeps_it(ask):
    assert b"\r\r\n" not in ask(b"/files/pub/tides.txt").talk.sent


def test_lines_that_begin_with_a_dot_get_another_one(ask, root):
    (root / "dots.txt").write_bytes(b".\n..a\nb.\n.c")
    assert ask(b"/files/dots.txt").talk.sent == b"..\r\n...a\r\nb.\r\n..c\r\n.\r\n"


def test_texts_end_with_the_close_and_are_not_stuffed_by_option(ask, root):
    (root / "dots.txt").write_bytes(b".\n..a\nb")
    assert ask(b"/files/dots.txt", text_end="close").talk.sent == b".\r\n..a\r\nb\r\n"


def test_a_binary_is_sent_as_it_is_up_to_the_close(ask):
    assert ask(b"/files/pub/chart.bin").talk.sent == bytes(range(256)) * 16


@pytest.mark.parametrize("name", ["page.html", "picture.gif"])
def test_what_is_no_text_is_sent_without_a_dot(ask, root, name):
    (root / name).write_bytes(b".\n")
    assert ask(b"/files/" + name.encode()).talk.sent == b".\n"


def test_an_empty_text_is_a_dot_alone(ask):
    assert ask(b"/files/pub/empty").talk.sent == b".\r\n"


def test_a_large_file_is_read_piece_by_piece_as_the_client_takes_it(connect, root):
    content = os.urandom(300_000)
    (root / "large.bin").write_bytes(content)
    one = connect(holding=True)
    one.send(b"/files/large.bin\r\n")
    taken = []
    for _ in range(4):
        before = one.pieces
        one.release()
        taken.append(len(one.talk.sent))
        assert one.pieces == before + 1
    assert taken == [65536, 131072, 196608, 262144]
    one.release()
    assert one.talk.sent == content
    assert one.talk.closed


@pytest.mark.parametrize("name", ["large.txt", "large.bin"])
def test_a_file_that_shrinks_ends_early_and_the_journal_says_so(connect, root, name):
    (root / name).write_bytes(b"line\n" * 40_000)
    one = connect(holding=True)
    one.send(b"/files/%s\r\n" % name.encode())
    one.release()
    (root / name).write_bytes(b"")
    one.release()
    assert one.talk.closed
    assert not one.talk.sent.endswith(b"\r\n.\r\n")
    assert file_events(one)[0]["reason"] == "the file has shrunk meanwhile"


def test_a_file_that_grows_ends_where_it_ended_at_first(connect, root):
    (root / "log.bin").write_bytes(bytes(70_000))
    one = connect(holding=True)
    one.send(b"/files/log.bin\t+\r\n")
    one.release()
    with (root / "log.bin").open("ab") as file:
        file.write(bytes(10_000))
    one.release()
    assert one.talk.sent == b"+70000\r\n" + bytes(70_000)


def descriptors(root):
    return [one for one in Path("/proc/self/fd").iterdir() if leads_into(one, root)]


def leads_into(fd, root):
    try:
        return root in fd.readlink().parents
    except OSError:
        return False


@pytest.mark.linux
@pytest.mark.parametrize("event", [Closed("broken: connection reset"), LimitReached("time"), Stopping()])
def test_a_file_is_closed_when_its_client_has_gone_even_while_it_is_read(connect, root, event):
    (root / "large.bin").write_bytes(bytes(200_000))
    one = connect(holding=True)
    one.send(b"/files/large.bin\r\n")
    one.release()
    assert one.call is not None
    assert len(descriptors(root)) == 1
    one.tell(event)
    one.call.work()  # it was under way
    assert descriptors(root) == []
    assert file_events(one) == [
        {"what": "retrieve", "path": "/large.bin", "octets": 65536, "complete": False, "reason": "the client has left"}
    ]
    assert ("early-close" in one.findings) == isinstance(event, Closed)
    assert one.talk.sent == bytes(65536)  # no error within a file: it would be content


@pytest.mark.linux
def test_a_file_that_is_opened_for_a_client_that_has_gone_is_closed_at_once(connect, root):
    one = connect(holding=True)
    one.send(b"/files/pub/chart.bin\r\n")
    opening = one.call
    one.vanish()
    opening.work()
    assert descriptors(root / "pub") == []


def test_an_open_file_that_was_closed_gives_nothing(root):
    opened = OpenFile()
    opened.close()
    assert opened.read(10) == b""


def test_flushed_without_an_answer_is_nothing(connect):
    one = connect()
    assert one.hear(Flushed()) == b""


# Who may see what: as anonymous over FTP (RFC 1635)


@pytest.mark.parametrize(
    "selector", [b"/files/home/alice", b"/files/home/alice/note.txt", b"/files/HOME/../home/alice", b"/files/home/bob"]
)
def test_homes_are_closed(ask, selector):
    one = ask(selector)
    assert one.talk.sent.startswith(b"3")
    assert b"berth" not in one.talk.sent


def test_a_home_is_refused_with_its_owner_in_the_journal(ask):
    one = ask(b"/files/home/alice/note.txt")
    assert one.talk.sent == b"3permission denied: this is the home of alice\t\tnull.host\t1\r\n.\r\n"
    assert one.talk.logs == [("command", {"verb": "file", "argument": "/files/home/alice/note.txt", "code": "refused"})]


def test_a_home_elsewhere_behind_a_link_is_closed_too(ask, root, world):
    (root / "berth").mkdir()
    (root / "berth" / "note.txt").write_text("hers")
    world.people.put(Person(login="eve", name="Eve", home="/berth"))
    (root / "pub" / "way").symlink_to("../berth")
    for selector in (b"/files/berth/note.txt", b"/files/pub/way/note.txt"):
        assert b"the home of eve" in ask(selector).talk.sent
    assert b"0way" not in ask(b"/files/pub").talk.sent
    assert b"1way" not in ask(b"/files/pub").talk.sent


def test_what_was_uploaded_is_listed_and_not_read(ask, root):
    (root / "incoming" / "new.txt").write_text("secret")
    assert b"new.txt" in ask(b"/files/incoming").talk.sent
    assert b"secret" not in ask(b"/files/incoming/new.txt").talk.sent
    assert b"new.txt" not in ask(b"/search\tsecret").talk.sent


@pytest.mark.parametrize("target", ["/etc", "../../..", "/etc/passwd", "way"])
def test_no_link_leads_out_of_the_tree(ask, root, target):
    (root / "pub" / "way").symlink_to(target)
    assert ask(b"/files/pub/way").talk.sent.startswith(b"3")
    assert ask(b"/files/pub/way/passwd").talk.sent.startswith(b"3")
    assert b"way" not in ask(b"/files/pub").talk.sent


@pytest.mark.parametrize(
    "selector",
    [
        b"/files/../etc/passwd",
        b"/files/..",
        b"/files/pub/../../../etc/passwd",
        b"/files/%2e%2e/etc/passwd",
        b"/files/..%2f..%2fetc%2fpasswd",
        b"/files/\xc0\xae\xc0\xae/etc/passwd",
        b"/files/pub\x00/../x",
        b"/files//etc/passwd",
        b"../../etc/passwd",
        b"/files/....//etc/passwd",
        b"/files/.homeport-aside",
        b"/files/" + b"a" * 300,
        b"/files" + b"/a" * 1000,
    ],
)
@pytest.mark.parametrize("syntax", ["rfc", "lenient", "strict"])
def test_no_selector_leads_out_of_the_tree(ask, selector, syntax):
    sent = ask(selector, syntax=syntax).talk.sent
    assert sent.startswith(b"3")
    assert b"root:" not in sent


@pytest.mark.linux
def test_a_pipe_in_the_tree_does_not_block(ask, root):
    os.mkfifo(root / "pub" / "old" / "pipe")
    assert ask(b"/files/pub/old").talk.closed
    assert ask(b"/files/pub/old/pipe").talk.closed


# With real sockets: flow control


def test_clients_that_do_not_read_hold_up_no_other_and_have_a_piece_each(start_farm, tmp_path):
    (tmp_path / "large.bin").write_bytes(bytes(16 << 20))
    farm = start_farm("gopher", "ftp", ftp={"root": str(tmp_path)})
    slow = [socket.socket() for _ in range(20)]
    try:
        for client in slow:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", farm.port("gopher")))
            client.sendall(b"/files/large.bin\r\n")
        for client in slow:
            assert client.recv(1) == b"\0"
        assert farm.exchange("gopher", b"/files/large.bin\r\n") == bytes(16 << 20)
        listener = next(one for one in farm.farm.hosts["default"].listeners if one.source.service == "gopher")
        unsent = farm.call(lambda: [sum(map(len, one.unsent)) for one in listener.streams.values()])
        assert max(unsent, default=0) <= PIECE
    finally:
        for client in slow:
            client.close()
