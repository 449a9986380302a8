"""Spells a text for SMS and counts its length: in GSM-7 if that loses no letter, else in UCS-2.

A segment has room for 160 characters of GSM-7 or 70 UTF-16 units of UCS-2; each part of a longer text, for 153 or 67.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

SEGMENT = 160
"""Characters of one GSM-7 segment. No character in a result of `plain` counts twice."""

LONGEST_UNICODE = 2 * 67
"""Most UTF-16 units in a page that needs UCS-2: a message in two parts."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
"""Characters that count as two in GSM-7."""

_SPELT = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "…": "...", "•": "-", "→": "->", "←": "<-",
    "€": "EUR", "[": "(", "]": ")", "{": "(", "}": ")", "|": "/", "\\": "/", "~": "-", "^": "'", "`": "'",
    "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
    "ı": "i", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D", "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T", "ŋ": "ng", "Ŋ": "Ng",
    "ʻ": "'", "ʼ": "'", "ʹ": "'", "ʾ": "'", "ʿ": "'",
    "ə": "e", "Ə": "E", "µ": "u", "μ": "u", "×": "x", "÷": "/", "⁄": "/", "№": "No",
}  # fmt: skip

_GSM = _BASIC | _EXTENDED
_AS_IT_IS = frozenset(map(chr, range(ord(" "), ord("}") + 1))) - _SPELT.keys()
"""The letters that `plain` keeps unchanged."""
_JOINERS = "\u200c\u200d"
"""Zero-width characters that belong to letters and emoji; all other invisible ones are dropped."""
_REGIONAL = range(0x1F1E6, 0x1F200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_TAGS = range(0xE0020, 0xE0080)
_VIRAMA = 9
"""The combining class of the sign that joins two consonants of an Indic script."""


def plain(text: str) -> str:
    """Return `text` on one line in printable ASCII that GSM-7 has: without accents and emoji, with straight quotes.

    A run of letters without such a form becomes one `?`.
    """
    if _AS_IT_IS.issuperset(text):
        return " ".join(text.split())
    letters = [""]
    for letter in text:
        spelt = _SPELT.get(letter)
        if spelt is None:
            spelt = letter if " " <= letter <= "}" else _nearest(letter, letters[-1])
        if spelt:
            letters.append(spelt)
    return " ".join("".join(letters).split())


def _nearest(letter: str, before: str) -> str:
    parts = unicodedata.normalize("NFKD", letter)
    if bare := "".join(_SPELT.get(part, part if " " <= part <= "}" else "") for part in parts):
        return bare
    category = unicodedata.category(letter)
    if category in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    if category[0] in "LN":
        return "" if before == "?" else "?"
    return ""


def readable(text: str) -> str:
    """Return `text` on one line in its own letters, without control characters and invisible characters."""
    kept = (_visible(letter) for letter in unicodedata.normalize("NFKC", text))
    return " ".join("".join(kept).split())


def _visible(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    is_hidden = category[0] == "C" and letter not in _JOINERS and ord(letter) not in _FLAG_TAGS
    return "" if is_hidden else letter


def loses_letters(text: str) -> bool:
    """Return True if `plain` would replace a letter of `text` with `?`, or leave nothing of the text."""
    if text.isascii():
        return False
    return any(_nearest(letter, "") == "?" for letter in text if letter not in _SPELT and not letter.isascii()) or (
        not plain(text) and bool(readable(text))
    )


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding for one message. limit: the greatest length of the message, in GSM-7 characters or UTF-16 units."""

    limit: int
    is_unicode: bool

    def with_parts(self, parts: int) -> Encoding:
        """Return this encoding for a message of `parts` segments. A message in UCS-2 has at least two."""
        if self.is_unicode:
            return replace(self, limit=max(parts, 2) * 67)
        return replace(self, limit=SEGMENT if parts == 1 else parts * 153)

    def spell(self, text: str) -> str:
        """Return `text` on one line, in letters that this encoding has."""
        return readable(text) if self.is_unicode else plain(text)

    def width(self, text: str) -> int:
        """Return the length of `text` in this encoding: GSM-7 characters, or UTF-16 units for UCS-2."""
        return len(text.encode("utf-16-le", "surrogatepass")) // 2 if self.is_unicode else units(text)

    def cut(self, text: str, length: int) -> str:
        """Return `text` in at most `length` units of this encoding. Two dots mark that the text is cut.

        No letter with its marks and no emoji is cut in two.
        """
        if self.width(text) <= length:
            return text
        kept, used = "", 0
        for cluster in clusters(text):
            used += self.width(cluster)
            if used > length - 2:
                break
            kept += cluster
        return kept.rstrip() + ".."[: max(length, 0)]


GSM_7 = Encoding(SEGMENT, is_unicode=False)
UCS_2 = Encoding(LONGEST_UNICODE, is_unicode=True)


def encoding_for(texts: Iterable[str | None], *, unicode: bool) -> Encoding:
    """Return the encoding for these texts: UCS-2 if `unicode` allows it and GSM-7 would lose letters, else GSM-7."""
    return UCS_2 if unicode and any(text is not None and loses_letters(text) for text in texts) else GSM_7


def is_gsm(text: str) -> bool:
    """Return True if GSM-7 has every character of `text`."""
    return _GSM.issuperset(text)


def units(text: str) -> int:
    """Return the length of `text` as an SMS: in GSM-7 characters if GSM-7 has them all, else in UTF-16 units."""
    return len(text) if _BASIC.issuperset(text) else sum(_sizes(text))


@lru_cache(maxsize=1024)  # The rate limits ask about the latest texts again and again.
def segments(text: str) -> int:
    """Return how many segments `text` needs. A character that counts as two is never split between segments."""
    alone, each = (SEGMENT, 153) if is_gsm(text) else (70, 67)
    sizes = _sizes(text)
    if sum(sizes) <= alone:
        return 1
    parts, used = 1, 0
    for size in sizes:
        if used + size > each:
            parts, used = parts + 1, 0
        used += size
    return parts


def _sizes(text: str) -> list[int]:
    if _BASIC.issuperset(text):
        return [1] * len(text)
    if is_gsm(text):
        return [2 if letter in _EXTENDED else 1 for letter in text]
    return [2 if ord(letter) > 0xFFFF else 1 for letter in text]


def fitted(text: str, parts: int = 1) -> str:
    """Return `text` cut to `parts` segments of GSM-7.

    A text that needs UCS-2 gets `parts` segments of UCS-2, but at least two.
    """
    if is_gsm(text):
        return GSM_7.cut(text, GSM_7.with_parts(parts).limit)
    return UCS_2.cut(text, UCS_2.with_parts(parts).limit)


def clusters(text: str) -> list[str]:
    """Return `text` as a list of what a reader sees as one character: a letter with its marks, a whole emoji."""
    found: list[str] = []
    for letter in text:
        if found and _continues(found[-1], letter):
            found[-1] += letter
        else:
            found.append(letter)
    return found


def _continues(cluster: str, letter: str) -> bool:
    last, code = cluster[-1], ord(letter)
    if unicodedata.category(letter) in ("Mn", "Me", "Mc") or letter in _JOINERS:
        return True
    if code in _SKIN_TONES or code in _FLAG_TAGS or last == "\u200d":
        return True
    if code in _REGIONAL:
        # Two regional letters make one flag.
        return len(cluster) % 2 == 1 and all(ord(one) in _REGIONAL for one in cluster)
    return _joins_hangul(ord(last), code) or (unicodedata.combining(last) == _VIRAMA and letter.isalpha())


def _joins_hangul(last: int, code: int) -> bool:
    """Return True if two parts of a Korean syllable, stored one after the other, belong together."""
    leads, vowels, tails = range(0x1100, 0x1160), range(0x1160, 0x11A8), range(0x11A8, 0x1200)
    syllables = range(0xAC00, 0xD7A4)
    if code in vowels:
        return last in leads or last in vowels or (last in syllables and (last - 0xAC00) % 28 == 0)
    return code in tails and (last in vowels or last in tails or last in syllables)
