"""Access rights apply to the file that is reached: after renames, through links, in any spelling."""

import ftplib
import io

import pytest

from homeport.disk.file_tree import FolderTree
from homeport.world.homes import Homes
from homeport.world.people import People, Person


@pytest.fixture
def root(tmp_path):
    """A folder to serve: bob has a secret, /pub is public, and links lead from there into his home."""
    for folder in ("home/alice", "home/bob", "pub/open", "incoming", "srv/zed"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "home/bob/secret").write_bytes(b"his\n")
    (tmp_path / "srv/zed/secret").write_bytes(b"hers\n")
    (tmp_path / "incoming/upload").write_bytes(b"upload\n")
    (tmp_path / "pub/bob").symlink_to("../home/bob")
    (tmp_path / "pub/secret").symlink_to("../home/bob/secret")
    (tmp_path / "pub/homes").symlink_to("../home")
    (tmp_path / "pub/in").symlink_to("../incoming")
    (tmp_path / "pub/dangling").symlink_to("../home/bob/new")
    return tmp_path


@pytest.fixture
def farm(start_farm, root):
    """Start a farm with that folder, in which zed has a home outside /home."""
    farm = start_farm("ftp", ftp={"passive_ports": "0", "root": str(root)})
    give_home(farm, "zed", "/srv/zed")
    return farm


def give_home(farm, login, home):
    person = Person(login=login, name=login, home=home, password=f"{login}-pass")
    farm.call(lambda: farm.world.people.put(person))


@pytest.fixture
def log_in(farm):
    """Log in by ftplib: `log_in("alice")`."""
    clients = []

    def connect(login):
        client = ftplib.FTP()
        client.connect("127.0.0.1", farm.port("ftp"), timeout=10)
        client.login(login, "me@client.example" if login == "anonymous" else f"{login}-pass")
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()


def tree(root):
    """Return all names and contents."""
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else path.is_symlink()
        for path in sorted(root.rglob("*"))
        if ".homeport" not in str(path)
    }


def refused(client, command):
    """Assert that a command, or the transfer that it begins, is refused with 550."""
    if command.split()[0] in {"RETR", "STOR", "APPE", "STOU", "LIST", "NLST", "MLSD"}:
        with pytest.raises(ftplib.error_perm, match=r"^550"):
            client.transfercmd(command)
    else:
        with pytest.raises(ftplib.error_perm, match=r"^550"):
            client.sendcmd(command)


@pytest.mark.parametrize(
    ("source", "target"),
    [("/home", "/public"), ("/srv", "/public"), ("/home", "/pub/x"), ("/pub/homes/../home", "/public"),
     ("/incoming", "/pub/now"), ("/srv/zed", "/zed"), ("/home/bob", "/zed")],
)  # fmt: skip
def test_no_directory_is_renamed_with_the_home_of_another_or_the_upload_folder_below_it(log_in, root, source, target):
    alice, before = log_in("alice"), tree(root)
    refused(alice, f"RNFR {source}")
    with pytest.raises(ftplib.error_perm, match=r"^503"):
        alice.sendcmd(f"RNTO {target}")
    assert tree(root) == before


@pytest.mark.parametrize("target", ["/home", "/srv", "/home/bob", "/incoming", "/srv/zed", "/pub/homes/bob/x"])
def test_nothing_is_renamed_onto_a_directory_with_the_home_of_another_below_it(log_in, root, target):
    alice, before = log_in("alice"), tree(root)
    assert alice.sendcmd("RNFR /pub/open").startswith("350")
    refused(alice, f"RNTO {target}")
    assert tree(root) == before


def test_no_home_is_planted_before_it_exists(log_in, root):
    (root / "srv/zed/secret").unlink()
    (root / "srv/zed").rmdir()
    (root / "srv").rmdir()
    alice = log_in("alice")
    alice.mkd("/pub/open/zed")
    alice.sendcmd("RNFR /pub/open")
    refused(alice, "RNTO /srv")
    alice.mkd("/srv")
    refused(alice, "MKD /srv/zed")


def test_a_home_that_is_given_between_rnfr_and_rnto_is_respected(farm, log_in, root):
    alice, before = log_in("alice"), tree(root)
    alice.sendcmd("RNFR /pub/open")
    give_home(farm, "yan", "/pub/open/yan")
    refused(alice, "RNTO /pub/closed")
    assert tree(root) == before


@pytest.mark.parametrize(
    "command",
    ["CWD /pub/bob", "LIST /pub/bob", "NLST /pub/bob", "MLSD /pub/bob", "MLST /pub/bob", "STAT /pub/bob",
     "RETR /pub/secret", "RETR /pub/bob/secret", "RETR /pub/homes/bob/secret", "SIZE /pub/secret",
     "MDTM /pub/bob/secret", "HASH /pub/secret", "XCRC /pub/secret", "MFMT 20200101000000 /pub/secret",
     "SITE CHMOD 666 /pub/secret", "SITE UTIME 20200101000000 /pub/secret", "STOR /pub/secret", "APPE /pub/secret",
     "STOR /pub/dangling", "STOR /pub/bob/x", "STOU /pub/bob/x", "MKD /pub/bob/x", "RMD /pub/homes/bob",
     "DELE /pub/bob/secret", "RNFR /pub/bob/secret", "RNFR /pub/homes/bob"],
)  # fmt: skip
def test_links_into_the_home_of_another_lead_nowhere(log_in, root, command):
    before = tree(root)
    alice = log_in("alice")
    alice.sendcmd("TYPE I")
    refused(alice, command)
    assert tree(root) == before


def test_links_into_the_own_home_are_followed(log_in):
    bob = log_in("bob")
    assert bob.cwd("/pub/bob").startswith("250")
    got = io.BytesIO()
    bob.retrbinary("RETR secret", got.write)
    assert got.getvalue() == b"his\n"


def test_links_out_of_the_upload_folder_open_nothing_to_anonymous(log_in, root):
    guest = log_in("anonymous")
    refused(guest, "RETR /pub/in/upload")
    refused(guest, "RETR /pub/secret")
    refused(guest, "STOR /pub/new")
    (root / "incoming/out").symlink_to("../pub")
    refused(guest, "STOR /incoming/out/new")
    assert guest.storbinary("STOR /incoming/new", io.BytesIO(b"x")).startswith("226")


def test_a_renamed_link_opens_nothing(log_in):
    alice = log_in("alice")
    alice.rename("/pub/bob", "/pub/open/bob")
    refused(alice, "LIST /pub/open/bob")


def test_a_home_may_be_renamed_into_by_its_owner_only(log_in):
    alice = log_in("alice")
    alice.rename("/pub/open", "/home/alice/open")
    with pytest.raises(ftplib.error_perm, match=r"^550"):
        log_in("bob").rename("/home/alice/open", "/pub/open")
    alice.rename("/home/alice/open", "/pub/open")


def test_anonymous_never_replaces_a_file_that_came_first(log_in, root):
    first, second = log_in("anonymous"), log_in("anonymous")
    slow, quick = first.transfercmd("STOR /incoming/name"), second.transfercmd("STOR /incoming/name")
    quick.sendall(b"quick")
    quick.close()
    assert second.voidresp().startswith("226")
    slow.sendall(b"slow")
    slow.close()
    with pytest.raises(ftplib.error_perm, match=r"550 .*exists"):
        first.voidresp()
    assert (root / "incoming/name").read_bytes() == b"quick"


# Homes behind links.


@pytest.fixture
def behind_links(farm, root):
    """Move homes to folders that links lead to: bob's, zed's (by a link above it), and the upload folder."""
    (root / "data").mkdir()
    (root / "home/bob").rename(root / "data/bob")
    (root / "home/bob").symlink_to("../data/bob")
    (root / "srv").rename(root / "data/people")
    (root / "srv").symlink_to("data/people")
    (root / "incoming").rename(root / "data/incoming")
    (root / "incoming").symlink_to("data/incoming")


BEHIND_LINKS = [
    "CWD /data/bob", "MLSD /data/bob", "RETR /data/bob/secret", "STOR /data/bob/new", "DELE /data/bob/secret",
    "RNFR /data/bob/secret", "RNFR /data/bob", "RNFR /data", "RNFR /data/people", "RETR /data/people/zed/secret",
    "LIST /DATA/People/zed", "MKD /data/people/zed/x", "RNFR /home/bob", "RNFR /srv", "RETR /pub/bob/secret",
    "RNFR /data/incoming",
]  # fmt: skip


@pytest.mark.parametrize("command", BEHIND_LINKS)
@pytest.mark.usefixtures("behind_links")
def test_the_folder_that_a_home_links_to_is_a_home_by_every_path(log_in, root, command):
    before = tree(root)
    alice = log_in("alice")
    alice.sendcmd("TYPE I")
    refused(alice, command)
    assert tree(root) == before


@pytest.mark.usefixtures("behind_links")
@pytest.mark.parametrize(("login", "folder"), [("bob", "/data/bob"), ("bob", "/home/bob"), ("zed", "/data/people/zed")])
def test_the_owner_of_a_home_behind_a_link_enters_it_by_every_path(log_in, login, folder):
    owner, got = log_in(login), io.BytesIO()
    owner.retrbinary(f"RETR {folder}/secret", got.write)
    assert got.getvalue() in {b"his\n", b"hers\n"}


@pytest.mark.usefixtures("behind_links")
def test_an_upload_folder_behind_a_link_can_be_stored_into_and_not_read(log_in, root):
    guest = log_in("anonymous")
    assert guest.storbinary("STOR /incoming/new", io.BytesIO(b"x")).startswith("226")
    assert (root / "data/incoming/new").read_bytes() == b"x"
    refused(guest, "RETR /data/incoming/upload")
    refused(guest, "RETR /incoming/upload")


def test_all_homes_may_lie_behind_one_link(log_in, root):
    (root / "home").rename(root / "people")
    (root / "home").symlink_to("people")
    alice = log_in("alice")
    for command in ("RETR /people/bob/secret", "CWD /people/bob", "RNFR /people", "RNFR /people/bob", "RNFR /home"):
        refused(alice, command)
    assert alice.cwd("/people/alice").startswith("250")


def test_a_home_that_is_given_during_a_session_is_followed_through_links(farm, log_in, root):
    (root / "data/yan").mkdir(parents=True)
    (root / "pub/yan").symlink_to("../data/yan")
    alice = log_in("alice")
    alice.cwd("/data/yan")
    give_home(farm, "yan", "/pub/yan")
    refused(alice, "MKD /data/yan/x")
    refused(alice, "RNFR /data")


def test_a_link_that_is_made_later_is_followed_from_the_next_login_on(log_in, root):
    log_in("alice")
    (root / "home/bob").rename(root / "pub/open/bob")
    (root / "home/bob").symlink_to("../pub/open/bob")
    refused(log_in("alice"), "RETR /pub/open/bob/secret")


def test_a_home_that_links_to_the_home_of_another_is_shared(log_in, root):
    (root / "home/carol").symlink_to("bob")
    assert log_in("bob").cwd("/home/bob").startswith("250")
    refused(log_in("alice"), "CWD /home/bob")


class CountingTree(FolderTree):
    """A tree that counts the entries that it has looked up and listed."""

    looks = 0

    def guarded(self, guard):
        view = super().guarded(guard)
        view.owner = self
        return view

    def entry(self, path, *, follow=True):
        getattr(self, "owner", self).looks += 1
        return super().entry(path, follow=follow)

    def entries(self, path):
        for one in super().entries(path):
            self.looks += 1
            yield one


def test_a_login_lists_the_homes_once_while_they_are_unchanged(tmp_path):
    for number in range(500):
        (tmp_path / f"home/p{number}").mkdir(parents=True)
    files = CountingTree(str(tmp_path))
    index = Homes(People(Person(login=f"p{number}", name="P") for number in range(500)), lambda: files)
    index.follow_links()
    assert files.looks >= 500
    files.looks = 0
    for _ in range(10):
        index.follow_links()
    assert files.looks == 20
    files.close()


# The index of homes.


def homes(*people):
    return Homes(People(Person(login=login, name=login, home=home) for login, home in people))


@pytest.mark.parametrize("name", ["bob", "BOB", "Bob"])
@pytest.mark.parametrize("parent", ["home", "HOME", "Home"])
def test_a_home_is_one_in_any_case(parent, name):
    index = homes(("bob", ""), ("alice", ""))
    assert index.owners((parent, name, "x")) == {"bob"}
    assert index.other_below((parent,), "alice") == "bob"


def test_a_home_is_one_in_any_normalization():
    index = homes(("zoe", "/srv/zo\u00eb"))
    assert index.owners(("srv", "zoe\u0308", "x")) == {"zoe"}
    assert index.owners(("SRV", "ZOE\u0308")) == {"zoe"}


def test_the_innermost_home_counts():
    index = homes(("alice", ""), ("zed", "/home/alice/zed"))
    assert index.owners(("home", "alice", "x")) == {"alice"}
    assert index.owners(("home", "alice", "zed", "x")) == {"zed"}
    assert index.other_below(("home", "alice"), "alice") == "zed"


def test_a_shared_home_has_several_owners():
    index = homes(("alice", "/srv/both"), ("bob", "/srv/both"))
    assert index.owners(("srv", "both")) == {"alice", "bob"}


def test_the_own_home_may_move():
    index = homes(("alice", ""), ("zed", "/srv/a/zed"))
    assert not index.other_below(("home",), "alice")
    assert not index.other_below(("srv", "a"), "zed")
    assert index.other_below((), "zed") == "alice"
    assert not index.other_below(("pub",), "zed")


def test_the_index_follows_the_people():
    people = People([Person(login="alice", name="Alice")])
    index = Homes(people)
    assert not index.owners(("srv", "zed"))
    people.put(Person(login="zed", name="Zed", home="/srv/zed"))
    assert index.owners(("srv", "zed")) == {"zed"}
    people.remove("zed")
    assert not index.owners(("srv", "zed"))
