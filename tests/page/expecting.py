"""Playwright's assertions that wait. Where the clients are required, so is Playwright: without it, tests fail."""

import os

import pytest

if os.environ.get("HOMEPORT_REQUIRE_INTEROP"):
    from playwright.sync_api import expect as expect
else:
    expect = pytest.importorskip("playwright.sync_api").expect
