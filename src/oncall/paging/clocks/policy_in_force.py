"""The policy in force: the latest published one, with its date, author and source texts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypedDict

from oncall.paging.ports.schedule_store import PolicySources
from oncall.support.json_types import IsoTime
from oncall.support.policy import Policy
from oncall.support.policy_file import packaged_policy, policy_from_sources
from oncall.support.policy_table import policy_view
from oncall.support.policy_view_types import PolicyView


class InForceView(TypedDict):
    """The publication from which the policy in force comes."""

    version: Annotated[int, "Number of the schedule version; 0 for the packaged policy."]
    since: Annotated[IsoTime | None, "Null for the packaged policy, which holds until one is published."]
    by: Annotated[str | None, "Who published it."]
    reason: str | None
    file: Annotated[str, "Name of the policy's file."]


class PolicyInForceView(PolicyView):
    """The policy in force, and the published texts from which it was read."""

    in_force: InForceView
    sources: Annotated[dict[str, str], "The published texts by name; empty for the packaged policy."]


_TEXTS = ("policy", "policy_source", "policy_zone", "customers")
"""The names of the published texts from which a policy is read. The roster is not one of them: it has phone numbers."""


def published_policy_view(tx: PolicySources, at: datetime) -> PolicyInForceView:
    """Return the policy that holds at `at` (aware UTC) as JSON, with targets in seconds.

    in_force: the schedule version that brought the policy, its date, author and file. For the policy that comes with
    the program, which holds until one is published, `version` is 0 and `since` is None. sources: the texts for
    `policy_of_view`.
    """
    policy, found = tx.policy_at(at), tx.schedule().in_force(at)
    sources = tx.publication_sources(found.version) if found is not None else {}
    return {
        **policy_view(policy),
        "in_force": {
            "version": found.version if found is not None else 0,
            "since": found.holds_from.astimezone(policy.zone).isoformat() if found is not None else None,
            "by": found.by if found is not None else None,
            "reason": found.reason if found is not None else None,
            "file": policy.source,
        },
        "sources": {name: sources[name] for name in _TEXTS if name in sources},
    }


def policy_of_view(view: PolicyInForceView) -> Policy:
    """Rebuild the policy from the JSON of `published_policy_view`. The JSON may come from another machine."""
    return policy_from_sources(view["sources"]) if view["sources"] else packaged_policy()
