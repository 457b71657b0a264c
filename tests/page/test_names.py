"""Zones of the DNS and their records."""

import pytest
from tests.page.looks import in_looks


def put(traffic, farm, zone, records):
    traffic(farm).ask("PUT", f"/worlds/default/dns/zones/{zone}", {"records": records})


def test_a_zone_is_added_and_gets_records(show, farm, ready, shot):
    page = show(farm, "/names")
    ready(page)
    page.get_by_role("link", name="Add zone").click()
    page.locator("[name=name]").fill("shop.example")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("heading", name="shop.example").wait_for()
    page.locator("[name=name]").fill("www")
    page.locator("[name=data]").fill("127.0.0.9\n127.0.0.8")
    assert "dns/zones/shop.example/records/www/A" in page.locator("hp-command code").inner_text()
    page.get_by_role("button", name="Set", exact=True).click()
    page.get_by_role("row", name="www.shop.example").wait_for()
    assert "127.0.0.9" in page.get_by_role("row", name="www.shop.example").inner_text()
    shot(page)
    page.get_by_role("button", name="Delete A of www.shop.example").click()
    page.get_by_role("row", name="www.shop.example").wait_for(state="detached")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("link", name="shop.example").wait_for(state="detached")


def test_records_that_cannot_be_are_explained_at_the_form(show, farm, traffic, ready):
    put(traffic, farm, "shop.example", "www A 127.0.0.1")
    page = show(farm, "/names/shop.example")
    ready(page)
    page.watch.allowed.append("422")
    page.locator("[name=data]").fill("127.0.0.300")
    page.get_by_role("button", name="Set", exact=True).click()
    page.get_by_role("alert").filter(has_text="no data of type A").wait_for()


def test_records_are_filtered_by_name_and_change_as_the_zone_does(show, farm, traffic, ready):
    put(traffic, farm, "shop.example", "\n".join(f"h{number} A 127.0.0.1" for number in range(700)))
    page = show(farm, "/names/shop.example")
    ready(page)
    page.locator(".note", has_text="500 of 702 shown").wait_for()
    page.get_by_label("Filter names").fill("h699")
    page.keyboard.press("Enter")
    page.get_by_role("row", name="h699.shop.example").wait_for()
    put(traffic, farm, "shop.example", "h699 A 127.0.0.7")
    page.get_by_role("row", name="127.0.0.7").wait_for()


@pytest.mark.parametrize(("address", "size", "dark"), in_looks("/names/shop.example", "/names?new=1", "/names"))
def test_names_are_accessible(show, farm, traffic, ready, axe, overflow, shot, address, size, dark):
    put(traffic, farm, "shop.example", "www A 127.0.0.1\nwww TXT " + '"' + "x" * 200 + '"')
    page = show(farm, address, size=size, dark=dark)
    ready(page)
    assert axe(page) == []
    assert overflow(page) == []
    shot(page, f"{size[0]}")
