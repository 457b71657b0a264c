"""Canned elements in EPP's answers, over the API."""

ANSWERS = "/epp/answers"
XML = "<x:infData xmlns:x='urn:example:x'>{object}</x:infData>"


def test_elements_are_set_listed_and_deleted(api):
    assert api("GET", ANSWERS)["items"] == []
    made = api("PUT", f"{ANSWERS}/domain:info", {"xml": XML})
    assert made == {"command": "domain:info", "xml": XML, "configured": False}
    assert api("GET", ANSWERS)["items"] == [made]
    api("DELETE", f"{ANSWERS}/domain:info", status=204)
    assert api("GET", ANSWERS)["items"] == []
    assert "answer" in api("DELETE", f"{ANSWERS}/domain:info", status=404)["detail"]


def test_a_reset_deletes_them(api):
    api("PUT", f"{ANSWERS}/domain:info", {"xml": XML})
    api("POST", "/reset", {})
    assert api("GET", ANSWERS)["items"] == []


def test_elements_that_cannot_be_sent_are_refused(api):
    assert "did you mean 'domain:info'?" in api("PUT", f"{ANSWERS}/domain:inof", {"xml": XML}, status=400)["detail"]
    refused = api("PUT", f"{ANSWERS}/domain:info", {"xml": "<a>"}, status=400)
    assert refused["detail"].startswith("xml: not well-formed XML")
    assert "has no namespace" in api("PUT", f"{ANSWERS}/domain:info", {"xml": "<a/>"}, status=400)["detail"]
    assert api("GET", ANSWERS)["items"] == []


def test_a_command_with_a_colon_in_the_path_may_be_escaped(api):
    assert api("PUT", f"{ANSWERS}/foreign%3Acreate", {"xml": XML})["command"] == "foreign:create"
