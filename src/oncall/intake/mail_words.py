"""Decodes header values and bodies of mails, in any character set, to text for people. Never raises."""

from __future__ import annotations

import codecs
from email.errors import HeaderParseError
from email.header import decode_header

LONGEST_HEADER = 4_000
"""The most characters of one header that are read."""
LONGEST_BODY = 128 * 1024
"""The most bytes of one body that are read."""
_UNSAFE_CODECS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
"""Python codecs that are not character sets of mails. Some take a time that grows with the square of the length."""
_HIDDEN_TAGS = ("script", "style", "head", "title", "template")
_BLOCK_TAGS = ("p", "div", "br", "tr", "li", "blockquote", "h1", "h2", "h3", "h4", "pre", "table")


def header_text(raw: str) -> str:
    """Decode a header's value to text. Bytes outside RFC 2047 words are read as UTF-8 or Windows-1252.

    raw: the value as `email` returns it from bytes, with surrogates for bytes outside ASCII.
    """
    value = raw[:LONGEST_HEADER]
    if not value.isascii():
        value = decoded(value.encode("ascii", "surrogateescape") if _is_escaped(value) else value.encode(), None)
    try:
        parts = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    return "".join(part if isinstance(part, str) else decoded(part, charset) for part, charset in parts)


def decoded(raw: bytes, charset: str | None) -> str:
    """Decode bytes to text.

    If the character set is unknown or wrong, they are read as UTF-8, or else as Windows-1252.
    """
    for name in (charset, "utf-8"):
        if name is not None and _is_charset(name):
            try:
                return raw.decode(name)
            except (UnicodeError, ValueError, LookupError):
                continue
    return raw.decode("cp1252", "replace")


def html_text(html: str) -> str:
    """Return the text that an HTML mail shows to its reader, one line for each block."""
    # Few mails need it, and its import would slow each start.
    from bs4 import BeautifulSoup
    from bs4.element import NavigableString, Tag

    # The tag around it tells the library that this is a document and not the name of a file.
    soup = BeautifulSoup(f"<div>{html[:LONGEST_BODY]}</div>", "html.parser")
    words: list[str] = []
    for element in soup.descendants:
        if isinstance(element, Tag):
            words.append("\n" if element.name in _BLOCK_TAGS else "")
        elif type(element) is NavigableString and element.parent is not None:
            # Comments and the like are other types.
            before = element.previous_sibling
            words.append("\n" if isinstance(before, Tag) and before.name in _BLOCK_TAGS else "")
            words.append("" if element.parent.name in _HIDDEN_TAGS else str(element))
    text = "".join(words)
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _is_escaped(value: str) -> bool:
    return all(letter < "\x80" or "\udc80" <= letter <= "\udcff" for letter in value)


def _is_charset(name: str) -> bool:
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return found.name.replace("-", "_") not in _UNSAFE_CODECS
