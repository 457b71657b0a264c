"""The examples of docs/epp-extensions.md: what a section configures is sent and answered as it says.

A block of XML has a command, `<!-- answer -->`, and elements that the answer has. The section's first block of TOML
with [epp] is its configuration; the login lists all that the greeting announces.
"""

import re
import tomllib
from copy import deepcopy
from pathlib import Path

import msgspec
import pytest
from lxml import etree
from services.epp.caller import Caller, envelope

from homeport.services.epp.options import EppOptions

PAGE = (Path(__file__).parents[1] / "docs" / "epp-extensions.md").read_text()
SECTIONS = [part.partition("\n") for part in PAGE.split("\n## ")[1:]]
EXAMPLES = [
    pytest.param(text, example, id=f"{title} {number}")
    for title, _, text in SECTIONS
    for number, example in enumerate(re.findall(r"^```xml\n(.*?)^```$", text, re.M | re.S), 1)
]


def canonical(element):
    """Return an element without white space between elements, and with no declaration that it does not need."""
    element.tail = None
    for one in element.iter():
        one.text = (one.text or "").strip() or None
        one.tail = None
    return etree.tostring(element, method="c14n", exclusive=True)


@pytest.mark.parametrize(("text", "example"), EXAMPLES)
def test_an_example_is_answered_as_the_page_says(text, example):
    tables = [tomllib.loads(block) for block in re.findall(r"^```toml\n(.*?)^```$", text, re.M | re.S)]
    options = next((table["epp"] for table in tables if "epp" in table), {})
    converted = msgspec.convert(options, EppOptions)
    chosen = {key: getattr(converted, key) for key in options}
    caller = Caller(foreign=True, **chosen)
    menu = caller.greeting.svc_menu
    assert caller.login(objects=menu.obj_uri, exts=menu.svc_extension.ext_uri).code == 1000
    command, expected = example.split("<!-- answer -->")
    answer = caller.send_xml(envelope(command))
    assert answer.code < 2000, answer.xml
    shown = {canonical(deepcopy(one)) for one in etree.fromstring(answer.xml.encode()).iter()}
    for one in etree.fromstring(f"<all>{expected}</all>"):
        assert canonical(one) in shown, answer.xml
