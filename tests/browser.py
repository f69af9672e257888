"""A Chromium for tests: found on the system, cut off from the network, its requests and errors written down."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

NO_BROWSER = "browser tests are skipped: install chromium, or set D2LMINI_CHROMIUM to the path of one"
LOCAL = ("file:", "data:", "blob:")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


def find_browser() -> str | None:
    """Return the path of a Chromium or Chrome, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    named = os.environ.get("D2LMINI_CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, names)), None)


@dataclass
class Browser:
    """An open browser; `foreign` holds the address of each request for anything but a local file."""

    context: object
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)  # console errors and uncaught exceptions of all pages

    def page(self, url: str, *, width: int = 1100, height: int = 900, scheme: str = "light"):
        """Open the url in a tab of this size and colour scheme, and wait until it has loaded."""
        page = self.context.new_page()
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": height})
        page.on("console", lambda said: said.type == "error" and self.errors.append(f"{url}: {said.text}"))
        page.on("pageerror", lambda error: self.errors.append(f"{url}: {error}"))
        page.goto(url)
        return page


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start the system's Chromium with a fresh profile, and stop it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=find_browser(),
            headless=True,
            args=list(FLAGS),
            reduced_motion="reduce",
        )
        browser = Browser(context)
        context.on("request", lambda asked: asked.url.startswith(LOCAL) or browser.foreign.append(asked.url))
        try:
            yield browser
        finally:
            context.close()
