"""`oncall reminders`: read and choose reminders and courtesy notices in the local database."""

from __future__ import annotations

import json

from tests.cli.conftest import Oncall


def test_a_choice_is_stored_and_a_part_that_is_not_named_stays(published: Oncall) -> None:
    assert published("reminders", "ana", "--before", "week,hour").code == 0
    ran = published("reminders", "ana", "--quiet")
    assert ran.out == (
        "Reminders of ana, as chosen: 7 days, 1 h before a shift.\nCourtesy notices: none. Pages always come.\n"
    )
    view = json.loads(published("reminders", "ana", "--before", "policy", "--json").out)
    assert (view["reminders"], view["quiet"]) == (None, True)


def test_a_person_on_no_roster_has_no_reminders(published: Oncall) -> None:
    ran = published("reminders", "anna")
    assert (ran.code, ran.err) == (
        1,
        'oncall: nobody on the published rosters has the id "anna"; did you mean "ana"?\n',
    )
