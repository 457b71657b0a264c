"""Files: the tree, folders, previews, uploads, and what can be done with a file."""

import base64
from urllib.request import Request, urlopen

import pytest
from nightly import by_night
from tests.page.looks import in_looks
from tests.page.traffic import DOT


def test_a_folder_says_who_wrote_its_files(show, farm, traffic, ready, shot):
    traffic(farm).upload("report.txt", b"High water 04:12\r\n")
    page = show(farm, "/files/home/alice/")
    ready(page)
    row = page.get_by_role("row", name="report.txt")
    assert "18 B" in row.inner_text()
    row.get_by_role("link", name="c1").click()
    page.wait_for_url("**/connections/c1?at=*")
    page.go_back()
    ready(page)
    shot(page)


def test_an_upload_by_ftp_appears_without_reload(show, farm, traffic, ready):
    page = show(farm, "/files/home/alice/")
    ready(page)
    traffic(farm).upload("late.txt", b"x")
    page.get_by_role("link", name="late.txt", exact=True).wait_for()


def test_several_files_are_uploaded_at_once(show, farm, traffic, ready, shot):
    page = show(farm, "/files/incoming/")
    ready(page)
    assert f":{farm.port('ftp', 'tcp')}//incoming/" in page.locator("main .cmd").inner_text()
    given = [{"name": f"{n}.bin", "mimeType": "", "buffer": bytes(range(256)) * 2048} for n in "abcd"]
    page.get_by_label("Files to upload").set_input_files(given)
    page.get_by_text("4 files uploaded.").wait_for()
    page.locator("table").get_by_role("link", name="d.bin").wait_for()
    assert len(traffic(farm).ask("GET", "/worlds/default/ftp/files/incoming/")["items"]) == 4
    assert "API" in page.get_by_role("row", name="a.bin").inner_text()
    shot(page)


def test_a_file_whose_name_is_no_utf_8_is_shown_and_deleted(show, farm, traffic, ready):
    for name in ("gr%FC%DFe.txt", "gr%5Cxfc%5Cxdfe.txt"):
        url = f"http://127.0.0.1:{farm.farm.control.port}/api/v1/worlds/default/ftp/files/incoming/{name}"
        urlopen(Request(url, name.encode(), {"Content-Type": "application/octet-stream"}, method="PUT")).close()
    page = show(farm, "/files/incoming/")
    ready(page)
    page.locator('a[href*="%fc"]').click()
    page.get_by_text("gr%FC%DFe.txt").wait_for()
    page.reload()
    page.get_by_text("gr%FC%DFe.txt").wait_for()
    page.locator('tr:has(a[href*="%fc"])').get_by_role("button").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Delete").last.click()
    page.locator('tr a[href*="%fc"]').wait_for(state="hidden")
    left = traffic(farm).ask("GET", "/worlds/default/ftp/files/incoming/")["items"]
    assert [one["name"] for one in left] == ["gr\\xfc\\xdfe.txt"]


@by_night
def test_a_file_over_the_limit_is_refused_in_its_row(show, farm, ready):
    page = show(farm, "/files/incoming/")
    ready(page)
    big = {"name": "big.bin", "mimeType": "", "buffer": bytes((10 << 20) + 1)}
    page.get_by_label("Files to upload").set_input_files([big])
    page.locator(".uploads .problem", has_text="upload it by FTP").wait_for()


@pytest.mark.parametrize(
    ("name", "content", "seen"),
    [
        ("a.txt", b"<b>ahoy</b>\n", "<b>ahoy</b>"),
        ("b.bin", bytes(range(256)), "000010"),
        ("c.png", base64.b64decode(DOT), "Picture"),
        ("d.txt", b"", "The file is empty."),
    ],
    ids=["text", "binary", "picture", "empty"],
)
def test_a_file_is_previewed_as_what_it_is(show, farm, traffic, ready, shot, name, content, seen):
    traffic(farm).ask("PUT", f"/worlds/default/ftp/files/incoming/{name}", content)
    page = show(farm, f"/files/incoming/{name}?preview")
    ready(page)
    page.locator(".preview", has_text=seen).wait_for()
    if name == "c.png":
        page.wait_for_function("() => document.querySelector('.picture img')?.naturalWidth === 1")
    shot(page, name)


def test_files_are_renamed_and_deleted_and_folders_made(show, farm, traffic, ready):
    page = show(farm, "/files/home/alice/")
    ready(page)
    page.get_by_role("button", name="New folder").click()
    page.get_by_label("Name, in /home/alice").fill("charts")
    page.get_by_role("button", name="Make it").click()
    page.locator("table").get_by_role("link", name="charts").wait_for()
    page.get_by_role("button", name="Actions for note.txt").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_label("New name").fill("charts/old.txt")
    page.get_by_role("button", name="Rename").click()
    page.get_by_text("note.txt is now /home/alice/charts/old.txt").wait_for()
    page.locator("table").get_by_role("link", name="charts").click()
    page.get_by_role("button", name="Actions for old.txt").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("This folder is empty").wait_for()
    assert [one["name"] for one in traffic(farm).ask("GET", "/worlds/default/ftp/files/home/alice/")["items"]] == [
        "charts"
    ]


def test_transfers_say_which_connection_did_what(show, farm, traffic, ready, shot):
    clients = traffic(farm)
    clients.upload("report.txt", b"High water 04:12\r\n")
    page = show(farm, "/files/home/alice/")
    ready(page)
    page.locator(".transfers li", has_text="stored /home/alice/report.txt").get_by_text("18 B").wait_for()
    clients.plan(service="ftp", match={"verb": "RETR"}, do={"limit": {"bytes": 5, "reset": True}})
    with pytest.raises(AssertionError):
        clients.download("report.txt")
    cut = page.locator(".transfers li", has_text="retrieved /home/alice/report.txt")
    cut.get_by_text("cut off").wait_for()
    shot(page)
    clients.ask("POST", "/worlds/default/ftp/files/home/alice/report.txt", {"to": "home/alice/old.txt"})
    page.locator(".transfers li", has_text="renamed /home/alice/report.txt to /home/alice/old.txt").wait_for()
    cut.get_by_role("link", name="c2").click()
    page.get_by_role("heading", name="Connection c2").wait_for()


def test_a_file_is_downloaded(show, farm, ready):
    page = show(farm, "/files/pub/chanty.txt?preview")
    ready(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "chanty.txt"


def test_worlds_have_files_of_their_own(show, farm, traffic, ready):
    traffic(farm).ask("POST", "/worlds", {"name": "other", "services": ["ftp"]})
    traffic(farm).ask("PUT", "/worlds/other/ftp/files/pub/mine.txt", b"x")
    page = show(farm, "/w/other/files/pub")
    ready(page)
    page.get_by_role("link", name="mine.txt", exact=True).wait_for()
    other = show(farm, "/files/pub")
    ready(other)
    assert other.get_by_role("link", name="mine.txt").count() == 0


@pytest.mark.parametrize(
    ("address", "size", "dark"), in_looks("/files", "/files/pub/tides.txt?preview", "/files/pub/chart.bin?preview=hex")
)
def test_files_are_accessible(show, farm, ready, axe, overflow, size, dark, address):
    page = show(farm, address, size=size, dark=dark)
    ready(page)
    assert axe(page) == []
    assert overflow(page) == []


def drop(page, *paths):
    """Drop files and folders of this machine on the page, as a pointer does."""
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 700, "y": 400, "data": data})


def test_dropped_folders_are_uploaded_with_all_that_is_in_them(show, farm, traffic, ready, shot, tmp_path):
    tree = tmp_path / "charts"
    (tree / "north" / "deep").mkdir(parents=True)
    (tree / "nothing here").mkdir()
    (tree / "north" / "deep" / "a b.txt").write_text("ahoy")
    for number in range(120):  # the browser lists a folder in parts of a hundred
        (tree / f"{number}.txt").write_text(str(number))
    (tmp_path / "alone.txt").write_text("x")
    page = show(farm, "/files/incoming/")
    ready(page)
    drop(page, tree, tmp_path / "alone.txt")
    page.get_by_text("122 files uploaded.").wait_for()
    page.locator("table").get_by_role("link", name="charts").click()
    page.locator("table").get_by_role("link", name="nothing here").wait_for()
    shot(page)
    ask = traffic(farm).ask
    listed = ask("GET", "/worlds/default/ftp/files/incoming/?recursive=true&limit=1000")["items"]
    found = {one["path"]: one["kind"] for one in listed}
    assert len(found) == 4 + 122  # folders and files
    assert found["charts/north/deep/a b.txt"] == "file"
    assert found["charts/nothing here"] == "directory"
    assert found["alone.txt"] == "file"


@by_night
def test_of_a_tree_that_is_too_large_the_first_files_are_uploaded_and_that_is_said(show, farm, ready, tmp_path):
    tree = tmp_path / "many"
    tree.mkdir()
    for number in range(1001):
        (tree / f"{number}.txt").touch()
    page = show(farm, "/files/incoming/")
    ready(page)
    drop(page, tree)
    page.get_by_text("the first 1,000 files are sent").wait_for()
    page.get_by_text("1,000 files uploaded.").wait_for(timeout=60_000)


def test_a_folder_is_chosen_with_the_button(show, farm, traffic, ready, tmp_path):
    (tmp_path / "charts" / "south").mkdir(parents=True)
    (tmp_path / "charts" / "south" / "x.txt").write_text("x")
    page = show(farm, "/files/incoming/")
    ready(page)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload folder").click()
    chooser.value.set_files(tmp_path / "charts")
    page.get_by_text("1 file uploaded.").wait_for()
    assert traffic(farm).ask("GET", "/worlds/default/ftp/files/incoming/charts/south/")["items"][0]["name"] == "x.txt"


def test_a_previewed_file_that_is_deleted_leaves_the_list(show, farm, traffic, ready):
    for name, content in (("old.txt", b"Anchor.\r\n"), ("new.txt", b"Sail.\r\n")):
        traffic(farm).ask("PUT", f"/worlds/default/ftp/files/incoming/{name}", content)
    page = show(farm, "/files/incoming/old.txt?preview=auto")
    ready(page)
    page.get_by_text("Anchor.").wait_for()
    page.get_by_role("button", name="Actions for old.txt").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("row", name="old.txt").wait_for(state="detached")
    page.get_by_text("Anchor.").wait_for(state="detached")
    page.get_by_role("row", name="new.txt").wait_for()


def test_a_previewed_file_that_a_client_deletes_leaves_the_list_and_the_preview(show, farm, traffic, ready):
    traffic(farm).ask("PUT", "/worlds/default/ftp/files/incoming/old.txt", b"Anchor.\r\n")
    page = show(farm, "/files/incoming/old.txt?preview=auto")
    ready(page)
    page.get_by_text("Anchor.").wait_for()
    traffic(farm).ask("DELETE", "/worlds/default/ftp/files/incoming/old.txt")
    page.get_by_role("row", name="old.txt").wait_for(state="detached")
    page.get_by_text("Anchor.").wait_for(state="detached")


def test_a_previewed_file_that_is_renamed_is_previewed_by_its_new_name(show, farm, traffic, ready):
    traffic(farm).ask("PUT", "/worlds/default/ftp/files/incoming/old.txt", b"Anchor.\r\n")
    page = show(farm, "/files/incoming/old.txt?preview=auto")
    ready(page)
    page.get_by_role("button", name="Actions for old.txt").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_label("New name").fill("new.txt")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("row", name="new.txt").wait_for()
    page.locator(".preview header", has_text="new.txt").wait_for()
    page.get_by_text("Anchor.").wait_for()
