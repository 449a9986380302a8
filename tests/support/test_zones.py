"""Time zone names: a place names a zone, and other names are refused with the place that was probably meant."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest

from oncall.errors import FileFaults
from oncall.support.policy_file import packaged_policy_text, policy_from_text, published_policy
from oncall.support.zones import country_of, why_no_place

ETC = "all year, because the sign of an Etc zone is reversed; write a place, like"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("EST", '"EST" is not a place: its clock stays at UTC-5 all year; write "America/New_York"'),
        ("MST", '"MST" is not a place: its clock stays at UTC-7 all year; write "America/Denver"'),
        ("HST", '"HST" is not a place: its clock stays at UTC-10 all year; write "Pacific/Honolulu"'),
        ("est", '"est" is not a place: its clock stays at UTC-5 all year; write "America/New_York"'),
        ("GMT", '"GMT" is not a place: its clock stays at UTC all year; write "Europe/London" or "UTC"'),
        ("UTC+0", '"UTC+0" is not a place: its clock stays at UTC all year; write "Europe/London" or "UTC"'),
        ("EST5EDT", '"EST5EDT" is an abbreviation and not a place; write "America/New_York"'),
        ("ET", '"ET" is an abbreviation and not a place; write "America/New_York"'),
        ("PST", '"PST" is an abbreviation and not a place; write "America/Los_Angeles"'),
        ("PT", '"PT" is an abbreviation and not a place; write "America/Los_Angeles"'),
        ("IST", '"IST" is an abbreviation and not a place; write "Asia/Kolkata"'),
        ("CET", '"CET" is an abbreviation and not a place; write "Europe/Berlin"'),
        ("US Eastern", '"US Eastern" is an abbreviation and not a place; write "America/New_York"'),
        ("Eastern Time", '"Eastern Time" is an abbreviation and not a place; write "America/New_York"'),
        (
            "GMT-5",
            '"GMT-5" is an offset and not a place (and Etc/GMT-5 means UTC+5: the sign of an Etc zone is reversed); '
            'write a place, like "America/New_York"',
        ),
        ("Etc/GMT-5", f'"Etc/GMT-5" stays at UTC+5 {ETC} "Asia/Karachi" (UTC+5) or "America/New_York" (UTC-5)'),
        ("+05:30", '"+05:30" is an offset and not a place; write a place, like "Asia/Kolkata"'),
        ("UTC+05:45", '"UTC+05:45" is an offset and not a place; write a place, like "Asia/Kathmandu"'),
        ("Zulu", '"Zulu" is another name of UTC; write "UTC"'),
        ("right/Asia/Tokyo", '"right/Asia/Tokyo" is a copy of a zone; write "Asia/Tokyo"'),
        ("Factory", '"Factory" is not an IANA time zone; write one like "America/New_York"'),
    ],
)
def test_a_name_that_is_no_place_is_refused_with_the_place_that_it_means(name: str, why: str) -> None:
    assert why_no_place(name) == why


@pytest.mark.parametrize("name", ["UTC", "Etc/UTC", "America/New_York", "US/Eastern", "Asia/Kolkata", "Japan"])
def test_places_and_utc_are_accepted(name: str) -> None:
    assert why_no_place(name) is None


def test_every_zone_that_is_accepted_is_a_place_or_utc() -> None:
    accepted = [name for name in available_timezones() if why_no_place(name) is None]
    assert not [name for name in accepted if name.startswith("Etc/") and name != "Etc/UTC"]
    assert len(accepted) > 400


def test_the_place_behind_each_fixed_offset_has_that_offset_in_winter() -> None:
    winter = datetime.fromisoformat("2027-01-15T12:00")
    for name in ("EST", "MST", "HST"):
        why = why_no_place(name)
        assert why is not None
        place = ZoneInfo(why.rpartition("write ")[2].strip('"'))
        assert winter.replace(tzinfo=place).utcoffset() == winter.replace(tzinfo=ZoneInfo(name)).utcoffset()


def test_a_policys_time_zone_is_a_place() -> None:
    text = packaged_policy_text().replace("timezone: America/New_York", "timezone: EST")
    with pytest.raises(FileFaults) as refusal:
        policy_from_text(text, "p.yaml")
    assert str(refusal.value) == (
        'p.yaml:10:11: timezone: "EST" is not a place: its clock stays at UTC-5 all year; write "America/New_York"'
    )


def test_a_policy_that_was_published_with_such_a_zone_stays_readable() -> None:
    text = packaged_policy_text().replace("timezone: America/New_York", "timezone: EST")
    assert published_policy(text, "p.yaml", ZoneInfo("EST")).zone == ZoneInfo("EST")


def test_the_country_of_a_place_is_known() -> None:
    assert [country_of(ZoneInfo(name)) for name in ("Europe/London", "America/Chicago", "UTC")] == ["GB", "US", None]
