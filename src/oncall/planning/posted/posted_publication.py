"""Reads a publication that a caller posts: the texts of a plan, its roster and its policy. API and terminal use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from oncall.paging.actions.action_checks import LONGEST_WHY
from oncall.paging.actions.field_faults import FieldFault, FieldFaults, shown
from oncall.planning.posted.posted_change import PostedFields
from oncall.planning.published.publish_plan import sources_of
from oncall.planning.sources.context_sources import NamedPlan
from oncall.rosters.roster import Roster
from oncall.rosters.roster_file import roster_from_text
from oncall.schedule.plan import Plan
from oncall.schedule.plan_csv import plan_of_csv
from oncall.schedule.plan_json import plan_of_json
from oncall.support.policy import Policy
from oncall.support.policy_file import packaged_policy, policy_from_text, with_customers
from oncall.support.status_file import status_page_from_text
from oncall.support.zones import zone_named

_BESIDE = ("customers", "status")
"""The fields for the files that a policy may name."""
LONGEST_TEXT = 2 * 1024 * 1024
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class PublicationAsked:
    """A requested publication. policy_from: see `PublicationTerms`. is_dry_run: only return what would change."""

    named: NamedPlan
    roster: Roster
    reason: str
    policy_from: date | None = None
    is_dry_run: bool = False


def posted_publication(
    plan: Path, text: str, roster: Roster, *, reason: str, policy_from: date | None
) -> dict[str, object]:
    """Return the JSON body that publishes this plan with its roster. text: the content of the plan file."""
    sources = sources_of(roster)
    body: dict[str, object] = {
        "plan": text,
        "plan_name": plan.name,
        "roster": sources["roster"],
        "roster_name": Path(roster.source).name,
        "policy": sources["policy"],
        "policy_name": Path(sources["policy_source"]).name,
        "policy_zone": sources["policy_zone"],
        "reason": reason,
    }
    body |= {name: sources[name] for name in _BESIDE if name in sources}
    if policy_from is not None:
        body["policy_from"] = policy_from.isoformat()
    return body


def roster_of_publication(document: object) -> Roster:
    """Read the roster of a publication whose plan does not exist yet. Raises the errors of `publication_from`."""
    fields = PostedFields(document, "publication")
    texts, names = _texts(fields, ("roster", "policy", *_BESIDE)), _names(fields)
    fields.refuse_faults()
    return _roster(texts, names)


def publication_from(document: object) -> PublicationAsked:
    """Read a publication from a posted document.

    The plans of other teams that the roster names are not read, because the caller has checked them. Raises FieldFaults
    with every field that cannot be used, and FileFaults for a plan, a roster or a policy with faults.
    """
    fields = PostedFields(document, "publication")
    texts, names = _texts(fields, ("plan", "roster", "policy", *_BESIDE)), _names(fields)
    for name in ("plan", "plan_name", "roster"):
        if document_lacks(document, name):
            fields.fault(name, "missing")
    plan_name = names["plan_name"]
    if plan_name is not None and Path(plan_name).suffix.lower() not in (".csv", ".json"):
        fields.fault("plan_name", f"{shown(plan_name)} is not a plan file; it ends in .csv or .json")
    zone_name = names["policy_zone"]
    if zone_name is not None and zone_named(zone_name) is None:
        fields.fault("policy_zone", f'{shown(zone_name)} is not a zone of the zone database; write "America/New_York"')
    reason, policy_from = fields.text("reason", LONGEST_WHY) or "published", fields.day("policy_from")
    is_dry_run = fields.switch("dry_run")
    fields.refuse_faults()
    roster = _roster(texts, names)
    plan = plan_from_text(plan_name or "", texts["plan"] or "", roster)
    return PublicationAsked(NamedPlan(plan_name or "", plan), roster, reason, policy_from, is_dry_run)


def _texts(fields: PostedFields, wanted: Sequence[str]) -> dict[str, str | None]:
    return {name: fields.text(name, LONGEST_TEXT) for name in wanted}


def _names(fields: PostedFields) -> dict[str, str | None]:
    wanted = ("plan_name", "roster_name", "policy_name", "policy_zone")
    return {name: fields.text(name, LONGEST_NAME) for name in wanted}


def document_lacks(document: object, field: str) -> bool:
    """Return True if a posted document is an object without this field."""
    return isinstance(document, Mapping) and document.get(field) is None


def _roster(texts: Mapping[str, str | None], names: Mapping[str, str | None]) -> Roster:
    source = names["roster_name"] or "roster.yaml"
    zone = zone_named(names["policy_zone"]) if names["policy_zone"] is not None else None
    policy = packaged_policy(zone)
    if texts["policy"] is not None:
        policy = policy_from_texts(texts, names["policy_name"] or "policy.yaml", zone)
    roster = roster_from_text(texts["roster"] or "", source, policy)
    return replace(roster, busy=())


def policy_from_texts(texts: Mapping[str, str | None], source: str, zone: ZoneInfo | None = None) -> Policy:
    """Read the policy in the text `policy`, with the `customers` and the `status` file that it names.

    texts: by name. source: the policy's name in messages. zone: see `policy_from_text`. Raises FieldFaults for a text
    that is missing, and FileFaults for a text with faults.
    """
    policy = policy_from_text(texts["policy"] or "", source, zone)
    missing = [
        FieldFault(
            name,
            f"missing: {source} names the file {file}; send its content",
            f"{source} names the file {file}; choose it, too",
        )
        for name, file in (("customers", policy.customers_file), ("status", policy.status_file))
        if file is not None and texts[name] is None
    ]
    if missing:
        raise FieldFaults(missing)
    if policy.customers_file is not None:
        policy = with_customers(policy, texts["customers"] or "", policy.customers_file)
    if policy.status_file is not None:
        status = texts["status"] or ""
        status_page_from_text(status, policy.status_file, policy.zone)
        policy = replace(policy, status_text=status)
    return policy


def plan_from_text(name: str, text: str, roster: Roster) -> Plan:
    """Read a plan from its text. The suffix of `name` says whether it is JSON or CSV. Raises FileFaults."""
    if Path(name).suffix.lower() == ".json":
        return plan_of_json(text, name)
    return plan_of_csv(text, name, team=roster.team, zone=roster.policy.zone)
