"""The public status page: rendered in a thread, cached for some seconds, and the same for every reader.

A cached file is rendered again in the background before it is too old, so that no reader waits. Once a second, and only
while there are readers, one query checks whether the status page's log has a new event. Files that are rendered soon
after each other share one reading of the log, so that a path that does not exist costs only a look-up.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property

from oncall.errors import NotFound, Refused, StoreError
from oncall.paging.ports.store import Transaction
from oncall.status.status_history import History, history_of
from oncall.status.status_pages import asset, badge_svg, feed, history_html, incident_html, status_html
from oncall.status.status_record import StatusRecord, read_status
from oncall.status.statuspage_json import DOCUMENTS, documents
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.services.services import Services

HTML, SVG = "text/html; charset=utf-8", "image/svg+xml"
KEPT_FOR = timedelta(seconds=5)
"""How long a rendered file is served while the log has no new event.

Browsers may cache it for MAX_AGE more seconds.
"""
RENEWED_AFTER = KEPT_FOR - timedelta(seconds=2)
"""If a file of this age or more is read, it is rendered again in the background."""
LOG_CHECKED_EVERY = timedelta(seconds=1)
"""The least time (real) between two checks whether the log has a new event."""
MAX_AGE = 4
MOST_KEPT = 500
"""The most files in the cache: each incident has a file of its own."""
LEAST_PACKED = 500
"""Files of fewer bytes are not compressed: the added headers would cost more than is saved."""


@dataclass(frozen=True, slots=True)
class PublicFile:
    """One file of the status page, as it is sent. etag: names its content, whether it is sent compressed or not.

    packed: the body compressed with gzip; None if the body is too small.
    """

    body: bytes
    media: str
    etag: str
    packed: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Kept:
    file: PublicFile
    rendered_at: datetime


@dataclass(frozen=True)
class _Reading:
    """The status page as one reading of the log gave it. began_at: when the reading began (real time)."""

    record: StatusRecord
    began_at: datetime

    @cached_property
    def history(self) -> History:
        """All months with entries."""
        return history_of(self.record)


class PublicStatus:
    """Renders and caches the files of the public status page.

    Its content follows policy time.

    The age of a cached file counts in real time, from the reading of the log.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._kept: dict[str, _Kept] = {}
        self._reading: _Reading | None = None
        self._lock = asyncio.Lock()
        self._last_event: tuple[int, int] | None = None
        self._checked_at: datetime | None = None
        self._beside: dict[str, asyncio.Task[None]] = {}

    def forget(self) -> None:
        """Empty the cache, because the status has changed. Every file is then rendered again."""
        self._kept.clear()
        self._reading = None

    async def record(self) -> StatusRecord:
        """Return the status page as it was some seconds ago at most. Raises ProblemDocument 404 if there is none."""
        async with self._lock:
            return (await self._read()).record

    async def file(self, path: str) -> PublicFile:
        """Return the file at a path below `/status/`; an empty path is the status page itself.

        Raises ProblemDocument 404.
        """
        found = self.kept_file(path)
        if found is not None:
            return found
        async with self._lock:
            # Another reader may have rendered it while this one waited.
            return self.kept_file(path) or await self._render(path)

    async def is_published(self) -> bool:
        """Return True if a status page is published and can be read; False also if the database is away."""
        try:
            await self.file("")
        except (ProblemDocument, StoreError):
            return False
        return True

    def kept_file(self, path: str) -> PublicFile | None:
        """Return a file from the cache; None if it is not there or too old, so that it must be rendered first.

        Starts to render the file again in the background if it will soon be too old.
        """
        kept = self._kept.get(path)
        if kept is None:
            return None
        now = self._services.clock.real_now()
        if now - kept.rendered_at >= KEPT_FOR or self._checked_at is None or now - self._checked_at >= KEPT_FOR:
            return None
        if now - self._checked_at >= LOG_CHECKED_EVERY:
            self._start("check", self._check_log)
        if now - kept.rendered_at >= RENEWED_AFTER:
            self._start(path, lambda: self._renew(path))
        return kept.file

    async def stop(self) -> None:
        """Wait until the work in the background has ended."""
        await asyncio.gather(*self._beside.values())

    def _start(self, name: str, work: Callable[[], Coroutine[object, object, None]]) -> None:
        """Start work in the background. Does nothing if work of this name is still running."""
        if name not in self._beside:
            task = self._beside[name] = asyncio.get_running_loop().create_task(work())
            task.add_done_callback(lambda _: self._beside.pop(name, None))

    async def _check_log(self) -> None:
        """Empty the cache if the log has a new event. While the database is away, readers get the cached files."""
        with suppress(StoreError):
            checked_at = self._services.clock.real_now()
            last = await self._services.engine.read(_last_event)
            if last != self._last_event:
                self.forget()
            self._last_event, self._checked_at = last, checked_at

    async def _renew(self, path: str) -> None:
        with suppress(StoreError, ProblemDocument):
            await self._render(path)

    async def _render(self, path: str) -> PublicFile:
        reading = await self._read()
        try:
            ways = (self._services.can_mail, self._services.can_text, self._services.check_hook is not None)
            file = await asyncio.to_thread(_file, reading, path, *ways)
        except NotFound as missing:
            raise ProblemDocument(404, str(missing)) from missing
        if self._reading is reading:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[path] = _Kept(file, reading.began_at)
        return file

    async def _read(self) -> _Reading:
        """Return the last reading of the log if nothing has changed since and it is recent, else a new one."""
        began, now = self._services.clock.real_now(), self._services.clock.now().replace(microsecond=0)
        if self._reading is not None and self._checked_at is not None and began - self._checked_at >= LOG_CHECKED_EVERY:
            await self._check_log()
        if self._reading is not None and began - self._reading.began_at < RENEWED_AFTER:
            return self._reading
        try:
            last, record = await self._services.engine.read(lambda tx: (_last_event(tx), read_status(tx, now)))
        except Refused:
            raise ProblemDocument(404, "no status page is published") from None
        if last != self._last_event:
            self.forget()
        self._last_event, self._checked_at, self._reading = last, began, _Reading(record, began)
        return self._reading


def _last_event(tx: Transaction) -> tuple[int, int]:
    """Return the newest number of the status page's log, and the newest version of the schedule.

    A new version counts, because a publication may bring a new status file.
    """
    return tx.last_status_event(), tx.schedule().newest


@cache
def static_file(name: str) -> PublicFile:
    """Return a style sheet or script of the status page, which never changes while the service runs."""
    media = "text/css; charset=utf-8" if name.endswith(".css") else "text/javascript; charset=utf-8"
    return _public(asset(name), media)


def _file(reading: _Reading, path: str, may_subscribe: bool, may_text: bool, may_post: bool) -> PublicFile:
    record, (kind, _, rest) = reading.record, path.partition("/")
    makers: dict[str, Callable[[], PublicFile]] = {
        "": lambda: _public(
            status_html(record, "/status/", may_subscribe=may_subscribe, may_text=may_text, may_post=may_post).encode(),
            HTML,
        ),
        "embed.svg": lambda: _public(badge_svg(record).encode(), SVG),
        "feed.atom": lambda: _public(feed(record, "atom").encode(), "application/atom+xml; charset=utf-8"),
        "feed.rss": lambda: _public(feed(record, "rss").encode(), "application/rss+xml; charset=utf-8"),
        "incidents": lambda: _public(incident_html(record, rest, "/status/").encode(), HTML),
        "history": lambda: _public(history_html(record, rest, "/status/", reading.history).encode(), HTML),
        "components": lambda: _component_feed(record, rest),
        "api": lambda: _document(record, rest.removeprefix("v2/")),
    }
    return makers[kind]()


def _component_feed(record: StatusRecord, path: str) -> PublicFile:
    """Return the feed of one component. path: like `portal/feed.atom`. Raises NotFound for a path of no feed."""
    component, _, name = path.partition("/")
    form = name.removeprefix("feed.")
    if component not in record.shown or form not in ("atom", "rss"):
        raise NotFound("there is no such component on the status page")
    return _public(feed(record, form, component).encode(), f"application/{form}+xml; charset=utf-8")


def _document(record: StatusRecord, name: str) -> PublicFile:
    if name not in DOCUMENTS:
        raise NotFound("there is no such document; begin with /status/api/v2/summary.json")
    found = documents(record)[name]
    return _public(json.dumps(found, ensure_ascii=False).encode(), "application/json")


def _public(body: bytes, media: str) -> PublicFile:
    packed = gzip.compress(body, 6, mtime=0) if len(body) >= LEAST_PACKED else None
    return PublicFile(body, media, f'"{hashlib.sha256(body).hexdigest()[:20]}"', packed)
