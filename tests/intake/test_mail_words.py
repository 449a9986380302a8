"""Header values and bodies of mails become text for people, whatever their character set."""

from __future__ import annotations

import pytest

from oncall.intake.mail_words import decoded, header_text, html_text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?utf-8?q?Caf=C3=A9_geschlossen?=", "Café geschlossen"),
        ("=?iso-8859-1?q?caf=E9?= =?utf-8?b?w6k=?= down", "caféé down"),
        ("=?iso-2022-jp?b?GyRCJUYlOSVIGyhC?=", "テスト"),
        ("=?no-such-charset?q?caf=E9?=", "café"),
        ("=?utf-8?b?!!!?=", ""),
        ("Gr\udcc3\udcbc\udcdfe", "GrÃ¼ße"),
        ("Gr\udcc3\udcbcn", "Grün"),
        ("plain words", "plain words"),
    ],
)
def test_a_header_of_any_charset_becomes_text(raw: str, text: str) -> None:
    assert header_text(raw) == text


@pytest.mark.parametrize("charset", ["idna", "punycode", "unicode_escape", "hex", "undefined", "a\x00b", "", None])
def test_a_charset_that_is_none_is_read_as_utf_8(charset: str | None) -> None:
    assert decoded("grün".encode(), charset) == "grün"


def test_bytes_that_are_not_utf_8_are_read_as_windows_1252() -> None:
    assert decoded(b"caf\xe9 \x80", "utf-8") == "café €"


def test_html_becomes_the_lines_that_a_reader_sees() -> None:
    html = """<html><head><title>t</title><style>p {color: red}</style></head><body><!-- hidden -->
      <p>Hello <b>wor</b>ld</p>tail<p>second<br>third &amp; last</p><script>alert(1)</script></body></html>"""
    assert html_text(html) == "Hello world\ntail\nsecond\nthird & last"


@pytest.mark.parametrize("piece", ["<div>", "<div><b>", "</p>", "<!--", "<![CDATA[", "<a href=", "&#x", "<"])
def test_hostile_html_is_read_in_a_moment(piece: str) -> None:
    html_text(piece * (40_000 // len(piece)))
