"""Changes the schedule for commands: in the database of this machine, or through a server (`ONCALL_SERVER`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from oncall.cli.backends.server import open_server
from oncall.cli.terminal.named_author import check_author
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.cli.backends.remote_backend import RemoteBackend
    from oncall.planning.posted.carry_out import Actor
    from oncall.planning.published.publish_plan import PublishablePlan
    from oncall.planning.sources.context_sources import NamedPlan
    from oncall.planning.views.diff_view import DryRunView
    from oncall.planning.views.version_views import ChangeView, PublicationView
    from oncall.rosters.roster import Roster
    from oncall.store.sql_store import SqlStore
    from oncall.wiring import Settings

Body = Mapping[str, object]
_PUBLICATIONS = "/v1/schedule/publications"


class ScheduleChanges(Protocol):
    """Changes the schedule, in a local database or on a server. A `body` has the fields of the API."""

    def zone(self) -> ZoneInfo:
        """Return the policy's zone."""

    def now(self) -> datetime:
        """Return policy time, aware UTC."""

    def override(self, body: Body) -> ChangeView:
        """Put an engineer on call for a span of time."""

    def cover(self, body: Body) -> ChangeView:
        """Take over from an engineer."""

    def undo(self, version: int, body: Body) -> ChangeView:
        """Take back a version of the schedule. version: its number."""

    def publish(self, plan: CheckedPlan, terms: PublishTerms) -> PublicationView:
        """Publish a plan as the schedule."""

    def difference(self, plan: CheckedPlan, terms: PublishTerms) -> DryRunView:
        """Return what would change if a plan were published. Changes nothing."""


@dataclass(frozen=True, slots=True)
class CheckedPlan:
    """A plan file and its roster, both read without faults. path: the plan file."""

    path: Path
    named: NamedPlan
    roster: Roster


@dataclass(frozen=True, slots=True)
class PublishTerms:
    """How a plan is published. policy_from: the date from which its policy is in force; None: the default."""

    reason: str
    policy_from: date | None = None


@contextmanager
def open_schedule(settings: Settings, by: str | None, people: Collection[str] = ()) -> Iterator[ScheduleChanges]:
    """Open the server that the settings name, or else the local database. Closes it at the end.

    by: the author of a change in the local database; None: the engineer or the user at this terminal. people: as for
    `check_author`. With a server, raises Refused for any author, because the token names the author. Raises NotFound
    for an author on no roster.
    """
    from oncall import wiring

    server = open_server(settings)
    if server is not None:
        if by is not None:
            raise Refused("--by: on a server the author is the token's; leave --by out, or log in as that person")
        yield RemoteSchedule(server)
        return
    with wiring.make_store(settings) as store:
        if by is not None:
            check_author(by, store.read(lambda tx: tx.schedule()), people)
        yield LocalSchedule(store, settings, by or settings.engineer or wiring.current_user())


class RemoteSchedule:
    """Changes the schedule on a server."""

    def __init__(self, server: RemoteBackend) -> None:
        self._server = server

    def zone(self) -> ZoneInfo:
        return self._server.zone()

    def now(self) -> datetime:
        return self._server.now()

    def override(self, body: Body) -> ChangeView:
        answer: ChangeView = self._server.post("/v1/schedule/overrides", body)
        return answer

    def cover(self, body: Body) -> ChangeView:
        answer: ChangeView = self._server.post("/v1/schedule/covers", body)
        return answer

    def undo(self, version: int, body: Body) -> ChangeView:
        answer: ChangeView = self._server.post(f"/v1/schedule/versions/{version}/undo", body)
        return answer

    def publish(self, plan: CheckedPlan, terms: PublishTerms) -> PublicationView:
        answer: PublicationView = self._server.post(_PUBLICATIONS, self._body(plan, terms))
        return answer

    def difference(self, plan: CheckedPlan, terms: PublishTerms) -> DryRunView:
        answer: DryRunView = self._server.post(_PUBLICATIONS, {**self._body(plan, terms), "dry_run": True})
        return answer

    def _body(self, plan: CheckedPlan, terms: PublishTerms) -> Body:
        """Check the plan with local files, and return the body to post.

        The server checks the plan again with its schedule.
        """
        from oncall.planning.posted.posted_publication import posted_publication
        from oncall.planning.published.publish_plan import check_for_publication
        from oncall.schedule.plan_file import MOST_MIB
        from oncall.text_files import read_text

        check_for_publication(plan.named, plan.roster, None)
        text = read_text(plan.path, most_mib=MOST_MIB)
        return posted_publication(plan.path, text, plan.roster, reason=terms.reason, policy_from=terms.policy_from)


class LocalSchedule:
    """Changes the schedule in the database of this machine. The pager that uses this database sends the notices."""

    def __init__(self, store: SqlStore, settings: Settings, by: str) -> None:
        self._store, self._settings, self._by = store, settings, by

    def zone(self) -> ZoneInfo:
        return self._store.read(lambda tx: tx.schedule().calendar.zone)

    def now(self) -> datetime:
        return self._actor().context.now

    def override(self, body: Body) -> ChangeView:
        from oncall.planning.posted.carry_out import carry_out_override
        from oncall.planning.posted.posted_change import override_from
        from oncall.planning.views.version_views import change_view

        asked, actor = override_from(body), self._actor()
        done = self._store.write(lambda tx: carry_out_override(tx, asked, actor))
        return change_view(done, actor.context.now)

    def cover(self, body: Body) -> ChangeView:
        from oncall.planning.posted.carry_out import carry_out_cover
        from oncall.planning.posted.posted_change import cover_from
        from oncall.planning.views.version_views import change_view

        asked, actor = cover_from(body), self._actor()
        done = self._store.write(lambda tx: carry_out_cover(tx, asked, actor))
        return change_view(done, actor.context.now)

    def undo(self, version: int, body: Body) -> ChangeView:
        from oncall.planning.posted.carry_out import carry_out_undo
        from oncall.planning.posted.posted_change import undo_from
        from oncall.planning.views.version_views import change_view

        asked, actor = undo_from(body), self._actor()
        done = self._store.write(lambda tx: carry_out_undo(tx, version, asked, actor))
        return change_view(done, actor.context.now)

    def difference(self, plan: CheckedPlan, terms: PublishTerms) -> DryRunView:
        from oncall.planning.published.schedule_diff import would_change
        from oncall.planning.views.diff_view import dry_run_view

        (sound, _), now = self._checked(plan), self.now()
        return dry_run_view(
            self._store.read(lambda tx: would_change(tx, plan.named, sound.roster, now, terms.policy_from)), now
        )

    def _checked(self, plan: CheckedPlan) -> tuple[PublishablePlan, int]:
        """Check the plan with the shifts around it.

        Returns the checked plan, and the version of the schedule on which the check is based.
        """
        from oncall.planning.published.publish_plan import check_for_publication

        schedule = self._store.read(lambda tx: tx.schedule())
        return check_for_publication(plan.named, plan.roster, schedule), schedule.newest

    def publish(self, plan: CheckedPlan, terms: PublishTerms) -> PublicationView:
        from oncall.planning.posted.carry_out import carry_out_publication
        from oncall.planning.views.version_views import publication_view

        sound, seen = self._checked(plan)
        actor = replace(self._actor(), expected=seen)
        done = self._store.write(
            lambda tx: carry_out_publication(tx, sound, terms.reason, actor, policy_from=terms.policy_from)
        )
        return publication_view(done, actor.context.now)

    def _actor(self) -> Actor:
        from oncall import wiring
        from oncall.paging.outgoing.new_attempts import ActionContext, whole_second
        from oncall.planning.posted.carry_out import Actor

        clock = wiring.make_clock(self._settings)
        now = clock.now()
        context = ActionContext(self._by, whole_second(now), clock.real_now(), exact_now=now)
        return Actor(self._by, context)
