"""The shapes of which charts consist, as SVG text. Every name in them is escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

WIDTH = 720
FAINT = "#cbd2d9"
SHADES = ("#b3261e", "#e08a1e", "#2f6db0", "#9db8d3", "#6b4fa0", "#7b8794")
"""The colours of impacts in the policy's order, the most urgent first. They repeat if there are more impacts."""


def drawing(parts: Sequence[Markup], height: float, title: str) -> Markup:
    """Return a whole chart with these parts, `WIDTH` wide. title: describes it to people who cannot see it."""
    start = Markup('<svg viewBox="0 0 {} {:.0f}" role="img" aria-label="{}"><title>{}</title>')
    return start.format(WIDTH, max(height, 1), title, title) + Markup("").join(parts) + Markup("</svg>")


def text_at(x: float, y: float, words: str, *, anchor: str = "start") -> Markup:
    """Return a text at a point. anchor: which part of the text is at `x`: `start`, `middle` or `end`."""
    found = Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>')
    return found.format(x, y, anchor, words)


def bar(x: float, y: float, width: float, height: float, colour: str) -> Markup:
    """Return a filled rectangle; nothing if it has no area."""
    if width <= 0 or height <= 0 or not math.isfinite(width + height):
        return Markup("")
    found = Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"/>')
    return found.format(x, y, width, height, colour)


def line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1, dashes: str = "none") -> Markup:
    """Return a line between two points."""
    found = Markup(
        '<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}" stroke-width="{}" stroke-dasharray="{}"/>'
    )
    return found.format(x1, y1, x2, y2, colour, width, dashes)


def dot(x: float, y: float, colour: str, words: str) -> Markup:
    """Return a dot. words: shown when the pointer is on it."""
    found = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="4.5" fill="{}"><title>{}</title></circle>')
    return found.format(x, y, colour, words)
