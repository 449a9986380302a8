"""Carries out a requested change: checks that the caller may make it, makes it, and tells the people concerned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from oncall.paging.actions.caller_actions import OFF_ROSTER, NotAllowed
from oncall.paging.actions.engineer_tokens import roster_fault
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.schedule_notices import ScheduleChange, ScheduleNotices, tell_changed
from oncall.planning.posted.posted_change import CoverAsked, OverrideAsked, UndoAsked
from oncall.planning.published.change_rules import absent_now
from oncall.planning.published.change_schedule import ChangeMade, ChangeTerms
from oncall.planning.published.cover_shift import Cover, cover_shift
from oncall.planning.published.override_shift import override_shift
from oncall.planning.published.publish_plan import PublicationTerms, PublishablePlan, publish_plan
from oncall.planning.published.schedule_version import AppendedVersion, Author, ScheduleTransaction
from oncall.planning.published.undo_version import undo_version
from oncall.planning.swaps.ask_to_swap import SwapTransaction
from oncall.planning.swaps.moved_swaps import move_swaps
from oncall.planning.swaps.swap_notes import times_in
from oncall.schedule.absent_on_call import absent_by_entry


class ChangeTransaction(ScheduleTransaction, ScheduleNotices, Protocol):
    """The database queries for changes of the schedule, and for notices to the people concerned."""


class PublishTransaction(ChangeTransaction, SwapTransaction, Protocol):
    """The database queries for publishing a plan, and for swaps, because swaps move with their shifts."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a change, and when it is made.

    by: the author's id or name. is_limited: True for an engineer, who may change only their own shifts. expected: the
    newest version that the caller has seen, so that a change made meanwhile is refused; None to accept any.
    """

    by: str
    context: ActionContext
    is_limited: bool = False
    expected: int | None = None

    def author(self, reason: str) -> Author:
        """Return the author of a new version of the schedule. reason: why it is made."""
        return Author(self.by, self.context.instant, reason)

    def terms(self, *, is_forced: bool) -> ChangeTerms:
        """Return the terms of a change by this actor. is_forced: the change may break rules of the roster."""
        return ChangeTerms(is_forced, self.expected)


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """A change that was made. told: the ids of the engineers who get an SMS about it."""

    made: ChangeMade
    told: tuple[str, ...]


def carry_out_override(tx: ChangeTransaction, asked: OverrideAsked, actor: Actor) -> CarriedOut:
    """Make an override; an engineer may only put themselves on call.

    Raises NotAllowed, and the errors of `override_shift`.
    """
    refuse_others(tx, actor, asked.engineer, "puts {} on call, and no other engineer")
    author, terms = actor.author(asked.reason), actor.terms(is_forced=asked.is_forced)
    made = override_shift(tx, asked.engineer, asked.role, start=asked.start, end=asked.end, author=author, terms=terms)
    return told_of(tx, made, actor)


def carry_out_cover(tx: ChangeTransaction, asked: CoverAsked, actor: Actor) -> CarriedOut:
    """Make a cover. An engineer may only take over shifts themselves, not name another engineer who does.

    Raises NotAllowed, and the errors of `cover_shift`.
    """
    by = asked.by or actor.by
    refuse_others(tx, actor, by, "takes over as {}, and as no other engineer")
    cover = Cover(asked.engineer, by, asked.start, asked.end)
    made = cover_shift(tx, cover, actor.author(asked.reason), actor.terms(is_forced=asked.is_forced))
    return told_of(tx, made, actor)


def carry_out_undo(tx: ChangeTransaction, version: int, asked: UndoAsked, actor: Actor) -> CarriedOut:
    """Undo a version; an engineer may only undo their own versions.

    Raises NotAllowed, and the errors of `undo_version`.
    """
    author = next((note.by for note in tx.schedule().log if note.version == version), None)
    if author is not None:
        refuse_others(tx, actor, author, "takes back the changes of {} alone")
    made = undo_version(tx, version, actor.author(asked.reason), actor.terms(is_forced=asked.is_forced))
    return told_of(tx, made, actor)


@dataclass(frozen=True, slots=True)
class Published:
    """A plan that was published. warnings: for the manager. told: the ids of the engineers who get an SMS."""

    sound: PublishablePlan
    made: AppendedVersion
    warnings: tuple[str, ...]
    told: tuple[str, ...]


def carry_out_publication(
    tx: PublishTransaction, sound: PublishablePlan, reason: str, actor: Actor, *, policy_from: date | None = None
) -> Published:
    """Publish a plan that was checked, and tell the people concerned. Raises the errors of `publish_plan`.

    If the plan changes the hours of a shift that was swapped, the swap is repeated for the new hours in a version of
    its own. policy_from: see `PublicationTerms`.
    """
    author = actor.author(reason)
    made = publish_plan(tx, sound, author, PublicationTerms(policy_from, actor.expected))
    told = tell_of_version(tx, made, actor.context)
    swaps = move_swaps(tx, made, author, times_in(actor.context))
    made = replace(made, after=tx.schedule())
    now = actor.context.now
    absent = [*absent_now(made.after, sound.roster, now), *absent_by_entry(made.after, now)]
    warnings = [*absent, *swaps.sentences]
    return Published(sound, made, tuple(warnings), told)


def told_of(tx: ChangeTransaction, made: ChangeMade, actor: Actor) -> CarriedOut:
    """Queue an SMS to each engineer whose shifts in the next 48 hours a change affects.

    Call it in the transaction of the change.
    """
    return CarriedOut(made, tell_of_version(tx, made.version, actor.context))


def tell_of_version(tx: ScheduleNotices, made: AppendedVersion, context: ActionContext) -> tuple[str, ...]:
    """Queue an SMS to each engineer whose shifts in the next 48 hours a version changes, except its author.

    Returns the ids of these engineers. Queues nothing for the first publication.
    """
    if not made.before.publications:
        return ()
    note = made.after.log[-1]
    return tell_changed(tx, ScheduleChange(note, made.changes()), context)


def refuse_others(tx: ScheduleTransaction, actor: Actor, engineer: str, may: str) -> None:
    """Raise NotAllowed if an actor who is limited to their own shifts acts for another engineer.

    may: what the token allows, for the message, with `{}` for the actor's id.
    """
    if not actor.is_limited:
        return
    if (fault := roster_fault(actor.by, tx.schedule())) is not None:
        raise NotAllowed(f"this token may not change the schedule: {fault}", on_page=OFF_ROSTER)
    if engineer != actor.by:
        name = tx.schedule().name_of(engineer)
        raise NotAllowed(
            f"this token {may.format(actor.by)}; a manager can",
            on_page=f"only {name} or a manager can do this, so nothing was changed",
        )
