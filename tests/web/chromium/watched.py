"""Tabs of Chromium that keep every message and error of their pages, and can search a page for faults."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, Route, expect

from tests.web.browser import Browser as Visitor
from tests.web.chromium.busy_service import JOE, portal_link
from tests.web.service import Service

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MILLISECONDS = 30_000
NEW_YORK = "America/New_York"
UNDECIDED = {"nonBmp", "shortTextContent", "pseudoContent", "imgNode"}
"""What axe may leave undecided about contrast: signs such as ✓ beside words, and the words in our pictures."""
_AXE = "() => axe.run(document, {resultTypes: ['violations', 'incomplete']})"
_WIDE = """() => [...document.querySelectorAll('body *')].filter((each) => {
    const box = each.getBoundingClientRect();
    return box.width && box.right > innerWidth + 1 && !each.closest('.scroll, .wide, .skip, .trap');
}).map((each) => each.outerHTML.slice(0, 120))"""
_SMALL = """() => [...document.querySelectorAll('a, button, input, select, textarea, summary')].filter((each) => {
    const boxes = [each, each.closest('label') ?? each].map((part) => part.getBoundingClientRect());
    const isLarge = boxes.some((box) => box.width >= 24 && box.height >= 24);
    const isInText = each.tagName === 'A' && getComputedStyle(each).display === 'inline';
    return boxes[0].width && !isLarge && !isInText && !each.closest('.skip, .trap');
}).map((each) => each.outerHTML.slice(0, 120))"""


def start_chromium(playwright: Playwright) -> Browser:
    """Return Debian's Chromium, running without a window."""
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    return playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))


@dataclass
class Tab:
    """A tab of a visitor. said: every console message, page error and report about the content security policy."""

    page: Page
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MILLISECONDS)
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))

    def open(self, path: str, status: int = 200) -> Page:
        """Load a page, which must be answered with this status."""
        answer = self.page.goto(path, wait_until="load")
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        return self.page

    def axe_faults(self) -> list[str]:
        """Return what axe finds and what it cannot decide, a line each. The strict content security policy stays on."""
        self.page.evaluate(_axe_source())
        found: dict[str, list[dict[str, Any]]] = self.page.evaluate(_AXE)
        nodes = [(rule["id"], node) for rule in [*found["violations"], *found["incomplete"]] for node in rule["nodes"]]
        return [f"{rule}: {node['html'][:150]}: {_reasons(node)}" for rule, node in nodes if not _may_stay(node)]

    def too_wide(self) -> list[str]:
        """Return the elements that reach beyond the window, except in a part that scrolls by itself."""
        found: list[str] = self.page.evaluate(_WIDE)
        return found

    def small_targets(self) -> list[str]:
        """Return the links outside of sentences, buttons and fields that are smaller than 24 by 24 pixels."""
        found: list[str] = self.page.evaluate(_SMALL)
        return found


def _reasons(node: dict[str, Any]) -> str:
    checks = [*node["any"], *node["all"], *node["none"]]
    return "; ".join(f"{check['message']} {_key(check)}" for check in checks)


def _may_stay(node: dict[str, Any]) -> bool:
    checks = [*node["any"], *node["all"], *node["none"]]
    return bool(checks) and all(_key(check) in UNDECIDED for check in checks)


def _key(check: dict[str, Any]) -> str:
    data = check.get("data")
    return str(data.get("messageKey")) if isinstance(data, dict) else ""


@cache
def _axe_source() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@dataclass
class Visits:
    """Opens the pages of a service in one browser. It fails a test whose pages said anything.

    address: where the service is, if not at its own address. sessions: the cookies of each person.
    """

    browser: Browser
    service: Service
    sessions: dict[str, list[Any]] = field(default_factory=dict)
    address: str = ""

    def __post_init__(self) -> None:
        self.address = self.address or self.service.address

    @contextmanager
    def tab(
        self,
        person: str | None = None,
        *,
        has_scripts: bool = True,
        zone: str = NEW_YORK,
        width: int = 1400,
        may_say: Sequence[str] = (),
    ) -> Iterator[Tab]:
        """Open a tab in a context of its own. person: who is signed in. may_say: parts of expected messages."""
        context = self.browser.new_context(
            base_url=self.address,
            java_script_enabled=has_scripts,
            timezone_id=zone,
            locale="en-US",
            viewport={"width": width, "height": 900},
        )
        context.route(lambda url: not url.startswith(self.address), _refuse)
        try:
            if person is not None:
                context.add_cookies([each | {"url": self.address} for each in self.session(person)])
            tab = Tab(context.new_page())
            yield tab
            unexpected = [words for words in tab.said if not any(part in words for part in may_say)]
            assert unexpected == []
        finally:
            context.close()

    def session(self, person: str) -> list[Any]:
        """Return the cookie of a person's session, which all of their tabs share."""
        if person not in self.sessions:
            with Visitor(self.service) as visitor:
                if person == JOE:
                    visitor.fill(portal_link(self.service), "/portal/link")
                else:
                    visitor.sign_in(person)
                cookies = dict(visitor.http.cookies)
            self.sessions[person] = [{"name": name, "value": value} for name, value in cookies.items()]
        return self.sessions[person]


def _refuse(route: Route) -> None:
    raise AssertionError(f"a page asked another site: {route.request.url}")
