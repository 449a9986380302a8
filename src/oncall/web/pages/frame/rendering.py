"""Renders web pages: the templates, the headers of every web page, and the static files with hashed names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi.responses import HTMLResponse, Response

from oncall.web.pages.frame.page_words import FILTERS

if TYPE_CHECKING:
    from jinja2 import Environment

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""The headers of every web page. RequestGuard adds those of every answer."""
ASSETS = {
    "pages.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "live.js": "text/javascript; charset=utf-8",
}
"""The static files, with their media types."""


def page(template: str, *, status: int = 200, **values: object) -> Response:
    """Return an answer with the HTML of a template. values: what the template needs; all text is escaped."""
    return HTMLResponse(render(template, **values), status, HEADERS)


def render(template: str, **values: object) -> str:
    """Return the HTML of a template as text. values: what the template needs; all text is escaped."""
    return _templates().get_template(template).render(**values)


def to(path: str) -> Response:
    """Return a redirect to a path of this service. The browser follows it with GET."""
    return Response(status_code=303, headers={**HEADERS, "Location": path})


def asset(hashed: str) -> Response | None:
    """Return an answer with a static file; None if no file has this hashed name. Browsers may cache it for ever."""
    name = next((name for name in ASSETS if asset_name(name) == hashed), None)
    if name is None:
        return None
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Content-Security-Policy": POLICY}
    return Response(_content(name), media_type=ASSETS[name], headers=headers)


@cache
def asset_name(name: str) -> str:
    """Return the name of a static file with the hash of its content: `pages.0123456789ab.css`."""
    stem, _, suffix = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(_content(name)).hexdigest()[:12]}.{suffix}"


@cache
def _content(name: str) -> bytes:
    return files("oncall.web.pages").joinpath("templates", name).read_bytes()


@cache
def _templates() -> Environment:
    # Imported here, because the API needs no templates.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("oncall.web.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(FILTERS)
    found.globals |= {"asset": lambda name: f"/assets/{asset_name(name)}"}
    return found
