"""Reads the files that a manager uploads for a plan draft: a plan, a roster, and the files that the roster needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.file_values import Slot
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.planning.posted.posted_publication import plan_from_text, policy_from_texts, posted_publication
from oncall.planning.sources.context_sources import NamedPlan, refuse_other_team, refuse_unknown_engineers
from oncall.rosters.roster import Roster
from oncall.rosters.roster_file import roster_with_policy
from oncall.support.policy import Policy
from oncall.support.policy_file import packaged_policy

BESIDE_A_ROSTER = ("policy", "customers", "status")
"""The form fields of the files that a roster needs: its policy, and the files that the policy names."""
FIELDS = ("plan", "roster", *BESIDE_A_ROSTER)
"""The form fields of all files."""
NO_ROSTER = "upload a roster: the published one cannot be read, or nothing is published yet"


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One uploaded file. name: the file name without its folder. text: the content."""

    name: str
    text: str


Files = Mapping[str, UploadedFile]
"""Uploaded files, by the name of their form field."""


def uploaded_publication(files: Files, in_force: Roster | None) -> dict[str, object]:
    """Return the publication that the uploaded files make, in the form of the API. in_force: the published roster.

    Raises FieldFaults for a file that is missing or that no other file names, FileFaults for files with faults, and
    Refused for a plan that names engineers who are not on the roster.
    """
    plan = files.get("plan")
    if plan is None or not plan.name.lower().endswith((".csv", ".json")):
        words = "choose the plan, a .csv or .json file"
        raise FieldFaults([FieldFault("plan", f"{words} that `oncall generate` wrote", words)])
    roster = uploaded_roster(files, in_force)
    uploaded = files["plan"]
    named = NamedPlan(uploaded.name, plan_from_text(uploaded.name, uploaded.text, roster))
    refuse_other_team(named, roster)
    refuse_unknown_engineers(named, roster)
    return publication_of(roster, uploaded)


def publication_of(roster: Roster, plan: UploadedFile) -> dict[str, object]:
    """Return the publication of a plan and its roster, in the form of the API."""
    return posted_publication(Path(plan.name), plan.text, roster, reason="a draft", policy_from=None)


def uploaded_roster(files: Files, in_force: Roster | None) -> Roster:
    """Return the uploaded roster with its policy, or the published roster if none is uploaded.

    Raises the errors of `uploaded_publication`.
    """
    uploaded = files.get("roster")
    if uploaded is not None:
        return _read(uploaded, files)
    if lost := [name for name in BESIDE_A_ROSTER if name in files]:
        raise FieldFaults([FieldFault(name, "upload the roster that needs this file, too") for name in lost])
    if in_force is None:
        raise Refused(NO_ROSTER)
    return in_force


def _read(uploaded: UploadedFile, files: Files) -> Roster:
    texts = {name: files[name].text if name in files else None for name in BESIDE_A_ROSTER}
    policy_name = files["policy"].name if "policy" in files else None

    def policy_of(named: Slot[str | None], zone: Slot[ZoneInfo]) -> Policy:
        if named.value is None:
            return packaged_policy(zone.value)
        if policy_name is None:
            raise named.place.refuse("upload this file, too; or delete this line for the packaged policy")
        return policy_from_texts(texts, policy_name)

    roster = roster_with_policy(uploaded.text, uploaded.name, policy_of)
    _refuse_unused(files, roster)
    # Plans of other teams are no part of an upload. `oncall publish` reads them beside the roster.
    return replace(roster, busy=())


def _refuse_unused(files: Files, roster: Roster) -> None:
    """Raise FieldFaults for each uploaded file that no other file names, because it would have no effect."""
    policy = roster.policy
    is_named = "policy" in files and policy.source == files["policy"].name
    named = {
        "policy": policy.source if is_named else None,
        "customers": policy.customers_file,
        "status": policy.status_file,
    }
    words = {
        "policy": f"{roster.source} names no policy; add the line `policy: {{}}` to it",
        "customers": "the policy names no customers file; add the line `customers: {}` to it",
        "status": "the policy names no status file; add the line `status: {}` to it",
    }
    faults = [
        FieldFault(name, words[name].format(files[name].name))
        for name in BESIDE_A_ROSTER
        if name in files and named[name] is None
    ]
    if faults:
        raise FieldFaults(faults)
