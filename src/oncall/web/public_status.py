"""The public status page: rendered in a thread, kept for two seconds, and the same for every reader."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.errors import NotFound, Refused
from oncall.status.status_pages import asset, badge_svg, feed, incident_html, status_html
from oncall.status.status_record import StatusRecord, read_status
from oncall.status.statuspage_json import documents
from oncall.web.problem_documents import ProblemDocument
from oncall.web.services import Services

HTML, SVG = "text/html; charset=utf-8", "image/svg+xml"
KEPT_FOR = timedelta(seconds=2)
"""How long a rendered page is given again. Readers may keep it for further MAX_AGE seconds."""
MAX_AGE = 8
MOST_KEPT = 500
"""The most pages that are kept at a time: each incident has a page of its own."""


@dataclass(frozen=True, slots=True)
class PublicFile:
    """One file of the page as it is sent."""

    body: bytes
    media: str
    etag: str


@dataclass(frozen=True, slots=True)
class _Kept:
    file: PublicFile
    until: datetime


class PublicStatus:
    """The files of the public page. Times are real; the page itself follows policy time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._kept: dict[str, _Kept] = {}
        self._lock = asyncio.Lock()

    def forget(self) -> None:
        """Render every page anew, because the status has changed."""
        self._kept.clear()

    async def file(self, path: str) -> PublicFile:
        """Return the file at a path below `/status`, empty for the page itself. Raises ProblemDocument 404."""
        found = self._fresh(path)
        if found is not None:
            return found
        async with self._lock:
            # Another reader may have rendered it while this one waited.
            return self._fresh(path) or await self._render(path)

    def _fresh(self, path: str) -> PublicFile | None:
        kept = self._kept.get(path)
        return kept.file if kept is not None and self._services.clock.real_now() < kept.until else None

    async def _render(self, path: str) -> PublicFile:
        now = self._services.clock.now().replace(microsecond=0)
        try:
            record = await self._services.engine.read(lambda tx: read_status(tx, now))
        except Refused:
            raise ProblemDocument(404, "no status page is published") from None
        try:
            ways = (self._services.can_mail, self._services.can_text)
            file = await asyncio.to_thread(_file, record, path, *ways)
        except NotFound as missing:
            raise ProblemDocument(404, str(missing)) from missing
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[path] = _Kept(file, self._services.clock.real_now() + KEPT_FOR)
        return file


def static_file(name: str) -> PublicFile:
    """Return a file of the page that never changes while the service runs."""
    media = "text/css; charset=utf-8" if name.endswith(".css") else "text/javascript; charset=utf-8"
    return _public(asset(name), media)


def _file(record: StatusRecord, path: str, may_subscribe: bool, may_text: bool) -> PublicFile:
    kind, _, rest = path.partition("/")
    makers: dict[str, Callable[[], PublicFile]] = {
        "": lambda: _public(
            status_html(record, "/status/", may_subscribe=may_subscribe, may_text=may_text).encode(), HTML
        ),
        "embed.svg": lambda: _public(badge_svg(record).encode(), SVG),
        "feed.atom": lambda: _public(feed(record, "atom").encode(), "application/atom+xml; charset=utf-8"),
        "feed.rss": lambda: _public(feed(record, "rss").encode(), "application/rss+xml; charset=utf-8"),
        "incidents": lambda: _public(incident_html(record, rest, "/status/").encode(), HTML),
        "components": lambda: _component_feed(record, rest),
        "api": lambda: _document(record, rest),
    }
    return makers[kind]()


def _component_feed(record: StatusRecord, component: str) -> PublicFile:
    known = {each.id for each in record.page.public} | set(record.retired)
    if component not in known:
        raise NotFound("there is no such component on the status page")
    return _public(feed(record, "atom", component).encode(), "application/atom+xml; charset=utf-8")


def _document(record: StatusRecord, name: str) -> PublicFile:
    found = documents(record).get(name)
    if found is None:
        raise NotFound("there is no such document; begin with /status/api/v2/summary.json")
    return _public(json.dumps(found, ensure_ascii=False).encode(), "application/json")


def _public(body: bytes, media: str) -> PublicFile:
    return PublicFile(body, media, f'"{hashlib.sha256(body).hexdigest()[:20]}"')
