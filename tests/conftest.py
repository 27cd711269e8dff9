"""Fixtures that every test may use."""

import contextlib
import os
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Machines under test are small and shared: a slow example is no failure.
settings.register_profile("whyrec", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("whyrec")

pytest_plugins = ["databases"]  # fixtures of tests/databases.py

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def shared():
    """Return the folder of a real data set that lies beside the repository, or skip."""

    def folder(name: str) -> Path:
        if not (SHARED / name).is_dir():
            pytest.skip(f"needs the data set {name!r} beside the repository")
        return SHARED / name

    return folder


def require(found: bool, what: str) -> None:
    """Skip where an outside program is missing; fail where WHYREC_REQUIRE_ALL says that it must be there."""
    if not found:
        if os.environ.get("WHYREC_REQUIRE_ALL"):
            pytest.fail(f"{what} is missing, and WHYREC_REQUIRE_ALL is set")
        pytest.skip(f"{what} is not on this machine")


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser():
    require(CHROMIUM is not None, "Chromium")
    require(find_spec("playwright") is not None, "playwright")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        found.close()


@pytest.fixture
def watched(browser):
    """Open pages that fail the test where they log an error or ask another machine."""

    @contextlib.contextmanager
    def open_page(wide=1280, high=860, **options):
        context = browser.new_context(viewport={"width": wide, "height": high}, **options)
        tab = context.new_page()
        asked, errors = [], []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.set_default_timeout(15000)
        yield tab
        context.close()
        foreign = [url for url in asked if not re.match(r"(http|ws)://127\.0\.0\.1[:/]|data:|blob:", url)]
        assert asked and foreign == []
        assert errors == []

    return open_page
