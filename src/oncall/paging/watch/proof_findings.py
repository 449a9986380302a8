"""Findings of `oncall doctor` about phones that are not proven."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from oncall.paging.outgoing.phone_proofs import unproven
from oncall.paging.watch.doctor_inputs import Facts, Stored
from oncall.paging.watch.finding import Finding, fine, warns

AHEAD = timedelta(days=14)
MOST_NAMED = 5


def unproven_phones(facts: Facts, stored: Stored) -> Iterator[Finding]:
    """Yield a warning that names the engineers whose phone is not proven, or a finding that all is well.

    Only engineers with a shift within two weeks count. Yields nothing if the policy does not ask for proofs.
    """
    if stored.policy is None or not stored.policy.reminders.prove_phones:
        return
    shifts = stored.schedule.assignments(facts.now, facts.now + AHEAD)
    count = len({each.engineer for each in shifts if each.engineer in stored.schedule.people})
    found = [each.person.id for each in unproven(stored.proofs, stored.schedule, facts.now, AHEAD)]
    if not found:
        yield fine("phone proofs", "every engineer with a shift in the next 14 days has proven their phone.")
        return
    names = ", ".join(found[:MOST_NAMED]) + (f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else "")
    yield warns(
        "phone proofs",
        f"{len(found)} of {count} engineers with a shift in the next 14 days have not proven their phone: {names}; "
        "have them text READY to the pager's number.",
    )
