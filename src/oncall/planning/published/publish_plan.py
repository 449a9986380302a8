"""Publishes a plan: checks it against its roster and the shifts around it, then makes it the schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from oncall.errors import Refused
from oncall.paging.ports.records import NewVersion
from oncall.planning.published.policy_dates import policy_begins
from oncall.planning.published.schedule_version import AppendedVersion, Author, ScheduleTransaction, append_version
from oncall.planning.sources.context_sources import NamedPlan
from oncall.planning.sources.known_absences import with_absences
from oncall.planning.sources.service_record import published_seats_of
from oncall.rosters.roster import Roster
from oncall.rotation.check.checker import check_plan
from oncall.rotation.check.violation import Violation
from oncall.rotation.problem.context import seats_on_other_teams
from oncall.schedule.gaps import Gap, gaps_between
from oncall.schedule.plan import Plan
from oncall.schedule.schedule import Schedule
from oncall.schedule.version_document import PUBLISH, publication_document
from oncall.support.wording import in_names


@dataclass(frozen=True, slots=True)
class PublishablePlan:
    """A plan that was checked: it keeps the rules of its roster, together with the shifts around it."""

    plan: Plan
    roster: Roster


def check_for_publication(named: NamedPlan, roster: Roster, published: Schedule | None) -> PublishablePlan:
    """Return the plan, ready to publish, if the independent checker finds no broken rule.

    published: the schedule in force, whose shifts around the plan are checked too; None if there is none.
    Raises Refused with every broken rule, and FileFaults for another team's plan that cannot be read.
    """
    violations = broken_by_plan(named, roster, published)
    if violations:
        begins = f"{named.name} does not keep the rules of {roster.source}; nothing was published"
        found = [f"  {violation}" for violation in violations]
        on_page = [violation_in_names(violation, roster) for violation in violations]
        raise Refused("\n".join([begins, *found]), on_page="\n".join([begins, *on_page]))
    return PublishablePlan(named.plan, roster)


def violation_in_names(violation: Violation, roster: Roster) -> str:
    """Return a broken rule for a web page: its key in the roster file, and its sentence with the engineers' names."""
    names = {each.id: each.name for each in roster.engineers}
    return in_names(str(violation), violation.people, lambda person: names.get(person, person))


def broken_by_plan(named: NamedPlan, roster: Roster, published: Schedule | None) -> list[Violation]:
    """Return every rule that a plan breaks, alone or together with the published shifts around it.

    Raises Refused if the plan and the roster are of different teams.
    """
    plan = named.plan
    if plan.team != roster.team:
        raise Refused(f"{named.name} is a plan of {plan.team}, and {roster.source} is the roster of {roster.team}")
    around, elsewhere = published_seats_of(roster, published), seats_on_other_teams(roster)
    return list(check_plan(plan, with_absences(roster, published), history=around, elsewhere=elsewhere))


@dataclass(frozen=True, slots=True)
class PublicationTerms:
    """How a plan is published.

    policy_from: the date on which its policy comes into force. None: the first date that the plan may change if it is
    in the future, else the time of publication. The policy of the very first publication comes into force at once.
    expected: the newest version that the author has seen, so that a change made meanwhile is refused; None to accept
    any.
    """

    policy_from: date | None = None
    expected: int | None = None


def publish_plan(
    tx: ScheduleTransaction, sound: PublishablePlan, author: Author, terms: PublicationTerms | None = None
) -> AppendedVersion:
    """Make a plan the schedule, and store the texts of its roster and its policy with it.

    Raises Refused if the database has another team's schedule or if the date of the policy is over, and ScheduleMoved
    if the schedule has changed since the version `terms.expected`.
    """
    terms = terms or PublicationTerms()
    roster = sound.roster

    tx.lock_schedule()
    document = publication_document(sound.plan, roster)
    begins = policy_begins(tx.schedule(), sound.plan, roster, terms.policy_from, author.at)
    if begins is not None:
        document["policy_from"] = begins.timestamp()
    version = NewVersion(author.at, PUBLISH, author.by, author.reason.strip(), document, sources_of(roster))
    return append_version(
        tx, version, partial(refuse_other_schedule, roster), policy=roster.policy, expected=terms.expected
    )


def refuse_other_schedule(roster: Roster, schedule: Schedule) -> None:
    """Raise Refused if the published schedule is another team's than the roster's."""
    if schedule.latest is not None and schedule.latest.team != roster.team:
        raise Refused(
            f"this database holds the schedule of {schedule.latest.team}, and the plan is of {roster.team}; "
            "use one database for each team (ONCALL_DATABASE_URL)",
            on_page=f"this service holds the schedule of {schedule.latest.team}, and the plan is of {roster.team}; "
            "upload a plan of this team",
        )


def gaps_from(schedule: Schedule, now: datetime) -> list[Gap]:
    """Return the gaps from `now` (aware UTC) to the end of the published schedule."""
    if not schedule.publications:
        return []
    end = max(publication.span.end for publication in schedule.publications)
    start = max(now, min(publication.span.start for publication in schedule.publications))
    return list(gaps_between(schedule, start, end)) if start < end else []


def first_free_date(schedule: Schedule, now: datetime) -> date:
    """Return the first date after all published plans, in the policy's zone; today if that is later."""
    ends = [publication.span.end for publication in schedule.publications]
    return max([now, *ends]).astimezone(schedule.calendar.zone).date()


def sources_of(roster: Roster) -> dict[str, str]:
    """Return the texts of the roster, the policy and its files, which are stored with a publication, by name."""
    policy = roster.policy
    sources = {
        "roster": roster.text,
        "policy": policy.text,
        "policy_source": policy.source,
        "policy_zone": policy.zone.key,
    }
    if policy.customers_file is not None:
        sources["customers"] = policy.customers_text
    if policy.status_file is not None:
        sources["status"] = policy.status_text
    return sources
