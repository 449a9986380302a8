"""Letters that GSM-7 lacks: shown as they are in one or two UCS-2 segments, and cut between whole characters."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doubles.twilio_account import segments as carriers_segments
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import Ticket
from oncall.paging.outgoing.messages import page_text, taken_text
from oncall.paging.outgoing.sms_encoding import UCS_2, clusters, fitted, loses_letters, readable, segments
from oncall.rosters.roster import Roster
from oncall.rosters.roster_file import read_roster
from oncall.support.policy import SmsRules
from oncall.support.policy_file import packaged_policy, packaged_policy_text
from tests.paging.world import ROSTER, SATURDAY_NIGHT, World

POLICY = packaged_policy()
LATIN = replace(POLICY, sms=SmsRules(unicode=False))
JAPANESE = {"customer": "株式会社アクメ", "subject": "サーバーが停止しました"}
FAMILY = "👩‍👩‍👧"
"""Three people, joined by invisible characters: one emoji for its reader."""


def page(customer: str, subject: str) -> str:
    ticket = Ticket("T-1", customer, "standard", "urgent", subject)
    due = SATURDAY_NIGHT + timedelta(hours=1)
    return page_text(ticket, impact="urgent", code="7K2", policy=POLICY, due=due)


def test_a_page_in_japanese_can_be_read(world: World) -> None:
    world.post("G-2", **JAPANESE)
    world.run()
    text = world.expect_page("ana").body
    assert text == (
        "URGENT G-2 株式会社アクメ (STD): サーバーが停止しました. "
        f"1st reply by Sat 04:12 EST. Reply ACK {world.code('G-2')}"
    )
    assert carriers_segments(text) == 2


@pytest.mark.parametrize(
    ("customer", "subject"),
    [
        ("ООО Ромашка", "Серверы не отвечают"),
        ("Ελληνικά ΑΕ", "Ο διακομιστής έπεσε"),
        ("شركة", "الخادم لا يعمل"),
        ("भारत", "सर्वर बंद है"),
        ("Acme", "🔥🔥🔥"),
        ("Acme", "서버가 멈췄어요"),
    ],
)
def test_other_scripts_are_shown_as_they_are(customer: str, subject: str) -> None:
    assert f" {customer} (STD): {subject}. " in page(customer, subject)


@pytest.mark.parametrize(
    ("customer", "subject", "expected"),
    [
        ("Chloé’s “Büro”", "Łódź – naïve", 'URGENT T-1 Chloe\'s "Buro" (STD): Lodz - naive. '),
        ("Nguyễn", "đường dây", "URGENT T-1 Nguyen (STD): duong day. "),
        ("Acme", "10 µs delay, 😀 fire", "URGENT T-1 Acme (STD): 10 us delay, fire. "),
    ],
)
def test_accents_are_taken_off_where_that_keeps_a_page_readable_in_one_segment(
    customer: str, subject: str, expected: str
) -> None:
    text = page(customer, subject)
    assert text.startswith(expected)
    assert segments(text) == 1


def test_a_policy_may_keep_to_one_segment_with_question_marks(world: World) -> None:
    world.publish(policy=packaged_policy_text().replace("unicode: true", "unicode: false"))
    world.post("G-2", **JAPANESE)
    world.run()
    assert world.expect_page("ana").body.startswith("URGENT G-2 ? (STD): ?. 1st reply by")


def test_a_long_text_in_other_letters_is_cut_to_two_segments_and_keeps_its_code(world: World) -> None:
    world.post("G-2", customer="株式会社" * 20, subject="サーバーが停止しました。" * 80)
    world.run()
    text = world.expect_page("ana").body
    assert text.startswith("URGENT G-2 株式会社株式会社")
    assert text.endswith(f".. 1st reply by Sat 04:12 EST. Reply ACK {world.code('G-2')}")
    assert carriers_segments(text) == segments(text) == 2


def test_an_emoji_is_never_cut_in_two() -> None:
    for letters in range(60):
        text = page("Серверы", "x" * letters + FAMILY * 30)
        text.encode("utf-8")
        shown = text.partition(": ")[2].partition("..")[0].strip("x")
        assert shown == FAMILY * (len(shown) // len(FAMILY))


@given(st.text(st.characters(exclude_categories=()), max_size=200), st.integers(min_value=0, max_value=140))
def test_a_text_is_cut_to_its_length_between_whole_characters(text: str, length: int) -> None:
    text = readable(text)
    shown = UCS_2.cut(text, length)
    assert UCS_2.width(shown) <= length
    if shown != text:
        kept = shown.removesuffix("."[: max(length, 0)]).removesuffix(".")
        whole = clusters(text)
        assert any("".join(whole[:number]).rstrip() == kept for number in range(len(whole) + 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e\u0301a", ["e\u0301", "a"]),
        (f"a{FAMILY}b", ["a", FAMILY, "b"]),
        ("👍🏽👍", ["👍🏽", "👍"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("क्षि", ["क्षि"]),
        ("\u1112\u1161\u11ab한", ["\u1112\u1161\u11ab", "한"]),
        ("❤️x", ["❤️", "x"]),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿!", ["🏴󠁧󠁢󠁥󠁮󠁧󠁿", "!"]),
    ],
)
def test_what_a_reader_sees_as_one_character_stays_together(text: str, expected: list[str]) -> None:
    assert clusters(text) == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Ж" * 70, 1),
        ("Ж" * 71, 2),
        ("Ж" * 134, 2),
        ("Ж" * 135, 3),
        # 67 units hold 33 emoji of two units each, not 33 and a half.
        ("🔥" * 35, 1),
        ("🔥" * 66, 2),
        ("🔥" * 67, 3),
        ("é" * 160, 1),
        ("~" * 80, 1),
        ("~" * 81, 2),
        # 153 characters hold 76 that count twice.
        ("~" * 153, 3),
        ("", 1),
    ],
)
def test_segments_are_counted_part_by_part(text: str, count: int) -> None:
    assert segments(text) == count


@pytest.mark.parametrize(
    ("text", "is_lossy"),
    [("", False), ("a?b", False), ("é – ß", False), ("?日", True), ("😀 ok", False), ("😀", True), ("\u200b", False)],
)
def test_a_text_loses_letters_only_where_latin_ones_cannot_stand_for_them(text: str, is_lossy: bool) -> None:
    assert loses_letters(text) == is_lossy


def test_invisible_characters_do_not_reach_a_page() -> None:
    assert readable("日\u202e本\u2066\x07\ud800 \u200b語") == "日本 語"


def test_a_text_of_two_segments_counts_twice_for_the_sender(world: World) -> None:
    limits = "limits: {bundle_for: 0s, sender: {most: 3, within: 60s}, per_phone: {most: 100, within: 60s}}"
    world.publish(policy=with_limits(limits))
    world.post("G-1", **JAPANESE)
    world.run()
    world.expect_page("ana")
    world.post("G-2", impact="high", plan="business-critical", **JAPANESE)
    world.run()
    world.expect_silence()
    assert "all phones together had 3 segments" in world.events("G-2")[-1].why
    world.advance(timedelta(seconds=60))
    world.expect_page("ana", containing="G-2")


def with_limits(limits: str) -> str:
    """The packaged policy with other limits."""
    before, _, rest = packaged_policy_text().partition("limits:\n")
    return f"{before}{limits}\n{rest[rest.index('# How texts are written') :]}"


@pytest.fixture
def named(tmp_path: Path) -> Roster:
    """The worked roster; ben is written in Cyrillic."""
    file = tmp_path / "named.yaml"
    file.write_text(ROSTER.read_text().replace("Ben Okafor", "Борис Окафор"))
    return read_roster(file)


def test_the_names_of_people_are_shown_in_their_letters_too(tmp_path: Path, named: Roster) -> None:
    world = World(tmp_path, roster=named)
    world.publish()
    world.post()
    world.run()
    world.expect_page("ana")
    assert "secondary: Борис Окафор until" in world.sms("ana", "WHO")
    world.act(EventKind.ACKNOWLEDGED, "ben")
    world.expect_page("ana", containing="URGENT T-1 is taken by Борис Окафор. No action needed.")
    world.close()
    assert taken_text("T-1", "urgent", "Борис", LATIN) == "URGENT T-1 is taken by ?. No action needed."


def test_an_answer_in_other_letters_has_two_segments_at_least() -> None:
    assert segments(fitted("Ж" * 500)) == 2
    assert segments(fitted("x" * 500)) == 1
    assert (segments(fitted("x" * 500, 3)), segments(fitted("Ж" * 500, 3))) == (3, 3)
