"""Finds the words that a person wrote in an SMS reply. It leaves out quotations of our texts, and signatures."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_OUR_PAGE = re.compile(
    r"^.*\b(?:1st reply|Next reply|Update) by .{3,30}\. Reply (?:ACK ALL or )?ACK [A-Z0-9]{3,8}", re.MULTILINE
)
"""Matches a copy of one of our pages, from the start of its line."""
_OUR_REFUSAL = re.compile(r"\bNOT acknowledged\b.*$", re.MULTILINE)
"""Matches a copy of an answer of ours that acknowledged nothing. A phone that answers automatically may repeat it."""
_QUOTED_LINE = re.compile(r"^\s*>.*$", re.MULTILINE)
_HISTORY = re.compile(r"^\s*(?:On .{3,80} wrote:|-{2,}\s*Original Message.*)\s*$.*", re.MULTILINE | re.DOTALL | re.I)
_SIGNATURE = re.compile(
    r"^\s*(?:--\s*\n.*\Z|(?:sent from my|gesendet von mein|envoye de mon|enviado desde mi|inviato da|get outlook).*?$)",
    re.MULTILINE | re.DOTALL | re.I,
)
_QUOTATIONS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (r"„.*[“”]|„.*", r"“.*”|“.*", r"«.*»|«.*", r"「.*」|「.*", r"『.*』|『.*", r"\".*\"")
)
"""Match a quotation: from the first opening mark to the last closing one, or to the end of a cut text."""
_REACTION = re.compile(
    r"\b(?:liked|loved|disliked|laughed|emphasi[sz]ed|questioned|reacted|removed"
    r"|gefallt|gefiel|liebt|reagiert|reagierte|markiert|hervorgehoben|entfernt"
    r"|j?aime|aimee|j?adore|reagi|apprecie|supprime|insiste"
    r"|gusto|gusta|gustado|encanto|encanta|encantado|reacciono|reaccionado|elimino|destaco"
    r"|gostou|adorou|reagiu|curtiu|piace|piaciuto|reagito|leuk|gillade|polubiono)\b|いいね|赞了|喜欢",
    re.I,
)
"""Matches the words with which phones describe a reaction, in several languages, without accents."""
_TO = frozenset({"to", "zu", "an", "auf", "a", "ao", "au", "para", "su", "sur"})
_COMMANDS = frozenset({"ack", "pass", "done", "take"})
_LONGEST_COMMAND = 3
"""The most words of a quotation that may still be a command in quotes, such as `"ACK 84G H4C"`."""
_INVISIBLE = ("Cf", "Cc", "Co", "Cn", "Cs")


@dataclass(frozen=True, slots=True)
class Said:
    """The words that a person wrote themselves, in plain letters without accents.

    whole: the words as one string. clauses: one string for each clause. is_reaction: True if the text only quotes ours,
    as the reaction of a phone ("Liked ...") does.
    """

    whole: str
    clauses: tuple[str, ...]
    is_reaction: bool


def said_in(body: str) -> Said:
    """Return the words that the person wrote in `body`, the text of an SMS. Quoted text is left out."""
    own = _SIGNATURE.sub("", _HISTORY.sub("", _QUOTED_LINE.sub("", _folded(body))))
    words = _without_quotation(own)
    kept = "" if words is None else _OUR_REFUSAL.sub("", _OUR_PAGE.sub("", words))
    only_quotes = not kept.strip() and bool(body.strip())
    return Said(kept, tuple(_clauses(kept)), is_reaction=words is None or only_quotes)


def _folded(body: str) -> str:
    """Return the text without accents, invisible characters, and apostrophes inside words. Line breaks stay."""
    kept: list[str] = []
    for letter in unicodedata.normalize("NFKC", body.replace("…", "\ue000")):
        base = unicodedata.normalize("NFKD", letter)[0]
        category = unicodedata.category(letter)
        if letter == "\ue000":
            kept.append("…")
        elif base.isascii() and base.isalpha():
            kept.append(base)
        elif letter in "\n\t" or category not in (*_INVISIBLE, "Mn"):
            kept.append(letter)
    return re.sub(r"(?<=\w)['’‘`´](?=\w)", "", "".join(kept))


def _without_quotation(text: str) -> str | None:
    """Return the text without a quotation that is longer than a command; None if a phone wrote it as a reaction."""
    for pattern in _QUOTATIONS:
        found = pattern.search(text)
        if found is None:
            continue
        outside = f"{text[: found.start()]} {text[found.end() :]}"
        is_long = len(re.findall(r"\w+", found[0])) > _LONGEST_COMMAND or "…" in found[0]
        if _is_reaction(outside, found[0], is_long=is_long):
            return None
        if is_long and re.search(r"\w", outside):
            return outside
    return text


def _is_reaction(outside: str, inside: str, *, is_long: bool) -> bool:
    """Return True if the words around a quotation are those with which a phone describes a reaction.

    outside: the words around it. inside: the quotation. is_long: True if it is too long for a command.
    """
    words = set(re.findall(r"\w+", outside.lower()))
    if words & _COMMANDS:
        return False
    has_emoji = any(unicodedata.category(letter) == "So" for letter in outside)
    if has_emoji and words <= _TO and (words or is_long):
        return True
    quotes_our_page = is_long and bool(words) and re.search(r"\bACK [A-Z0-9]{3,8}\W*$", inside) is not None
    return quotes_our_page or _REACTION.search(outside) is not None


def _clauses(text: str) -> list[str]:
    return [part for part in re.split(r"[,;!?()\n]+|\.+(?=\s|$)", text) if part.strip()]
