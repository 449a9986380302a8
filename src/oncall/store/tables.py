"""The tables of the database. The migrations create the same tables, and a test compares them. Change both together."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    func,
    literal_column,
)

from oncall.store.columns import JsonText, UtcDateTime
from oncall.store.heartbeat_table import heartbeats as heartbeats
from oncall.store.plan_draft_table import plan_drafts as plan_drafts
from oncall.store.relay_tables import relay_cursor as relay_cursor
from oncall.store.relay_tables import relay_messages as relay_messages
from oncall.store.schedule_tables import calendar_links as calendar_links
from oncall.store.schedule_tables import handoff_notes as handoff_notes
from oncall.store.schedule_tables import notice_choices as notice_choices
from oncall.store.schedule_tables import phone_proofs as phone_proofs
from oncall.store.sign_in_tables import login_links as login_links
from oncall.store.sign_in_tables import page_sessions as page_sessions
from oncall.store.sign_in_tables import provider_handshakes as provider_handshakes
from oncall.store.status_table import monitor_looks as monitor_looks
from oncall.store.status_table import status_events as status_events
from oncall.store.subscriber_tables import notice_cursor as notice_cursor
from oncall.store.subscriber_tables import stopped_texts as stopped_texts
from oncall.store.subscriber_tables import subscribers as subscribers
from oncall.store.subscriber_tables import subscription_asks as subscription_asks
from oncall.store.swap_table import swap_requests as swap_requests
from oncall.store.table_metadata import metadata as metadata
from oncall.store.ticket_link_table import ticket_links as ticket_links

schedule_versions = Table(
    "schedule_versions",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("document", JsonText, nullable=False),
    Column("sources", JsonText, nullable=False),
    Column("undoes", Integer),
)
Index("schedule_versions_undoes", schedule_versions.c.undoes, unique=True)

tickets = Table(
    "tickets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("customer", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("posted_impact", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("url", Text),
    Column("opened_at", UtcDateTime),
    Column("contact", Text),
    Column("answer", JsonText, nullable=False),
    Column("code", Text, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("status", Text, nullable=False),
    Column("impact", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("hold_until", UtcDateTime),
    Column("due_at", UtcDateTime),
    Column("first_reply_due", UtcDateTime),
    Column("owner", Text),
)

# A literal and not a parameter: the planner uses the partial indexes below only for a matching literal.
unresolved = tickets.c.status != literal_column("'resolved'")

# The pager's main query: holds only the tickets that have something due.
Index(
    "tickets_due",
    tickets.c.due_at,
    sqlite_where=tickets.c.due_at.is_not(None),
    postgresql_where=tickets.c.due_at.is_not(None),
)
Index("tickets_code", tickets.c.code, unique=True, sqlite_where=unresolved, postgresql_where=unresolved)
Index("tickets_code_length", func.length(tickets.c.code), sqlite_where=unresolved, postgresql_where=unresolved)
Index("tickets_unresolved", tickets.c.received_at, tickets.c.id, sqlite_where=unresolved, postgresql_where=unresolved)
Index("tickets_received", tickets.c.received_at, tickets.c.id)
Index("tickets_customer", tickets.c.customer, tickets.c.received_at, tickets.c.id)

events = Table(
    "events",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
    Column("ticket", Text, ForeignKey("tickets.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("details", JsonText, nullable=False),
    Column("id", Text),
)

Index("events_ticket", events.c.ticket, events.c.seq)
Index(
    "events_sender_id",
    events.c.ticket,
    events.c.id,
    unique=True,
    sqlite_where=events.c.id.is_not(None),
    postgresql_where=events.c.id.is_not(None),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("ticket", Text, ForeignKey("tickets.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("to", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
    Column("step", Integer),
    Column("round", Integer),
    Column("deadline", UtcDateTime),
    Column("provider_id", Text),
    Column("error", Text),
    Column("error_code", Integer),
    Column("tries", Integer, nullable=False),
    Column("retry_at", UtcDateTime),
    Column("lease_until", UtcDateTime),
    # When `claim_attempts` may claim the attempt: one index finds all due attempts. Null if nothing is left to do.
    Column("claimable_at", UtcDateTime),
    Column("goes_alone", Boolean),
    Column("bundle", Text),
    Column("sent_text", Text),
    Column("sent_at", UtcDateTime),
    Column("caller", Text),
    Column("summary", Boolean),
)

# Literals, for the same reason as above.
waiting = attempts.c.status.in_([literal_column("'queued'"), literal_column("'retrying'")])

Index(
    "attempts_claimable",
    attempts.c.claimable_at,
    sqlite_where=attempts.c.claimable_at.is_not(None),
    postgresql_where=attempts.c.claimable_at.is_not(None),
)
Index("attempts_ticket", attempts.c.ticket, attempts.c.written_at)
Index(
    "attempts_provider_id",
    attempts.c.provider_id,
    attempts.c.written_at,
    sqlite_where=attempts.c.provider_id.is_not(None),
    postgresql_where=attempts.c.provider_id.is_not(None),
)
Index("attempts_to", attempts.c.to, attempts.c.sent_at)
Index("attempts_waiting", attempts.c.to, sqlite_where=waiting, postgresql_where=waiting)
Index(
    "attempts_bundle",
    attempts.c.bundle,
    sqlite_where=attempts.c.bundle.is_not(None),
    postgresql_where=attempts.c.bundle.is_not(None),
)
Index(
    "attempts_sent",
    attempts.c.sent_at,
    sqlite_where=attempts.c.sent_at.is_not(None),
    postgresql_where=attempts.c.sent_at.is_not(None),
)
Index("attempts_written", attempts.c.written_at)
Index(
    "attempts_caller",
    attempts.c.caller,
    attempts.c.at,
    sqlite_where=attempts.c.caller.is_not(None),
    postgresql_where=attempts.c.caller.is_not(None),
)

inbound = Table(
    "inbound",
    metadata,
    Column("provider_id", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("unhelpful", Boolean),
)

was_answered = inbound.c.answer != literal_column("''")

Index("inbound_answered", inbound.c.at, sqlite_where=was_answered, postgresql_where=was_answered)
Index(
    "inbound_unhelpful",
    inbound.c.by,
    inbound.c.at,
    sqlite_where=inbound.c.unhelpful.is_not(None),
    postgresql_where=inbound.c.unhelpful.is_not(None),
)

tokens = Table(
    "tokens",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("may_acknowledge", Boolean),
    Column("expires_at", UtcDateTime),
    Column("scopes", Text),
    Column("last_used_at", UtcDateTime),
    Column("old_digest", Text),
    Column("old_ends_at", UtcDateTime),
)

Index(
    "tokens_old_digest",
    tokens.c.old_digest,
    unique=True,
    sqlite_where=tokens.c.old_digest.is_not(None),
    postgresql_where=tokens.c.old_digest.is_not(None),
)

reachability = Table(
    "reachability",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
    Column("person", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("why", Text, nullable=False),
    Column("phone", Text, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("about", Text, nullable=False, unique=True),
    Column("to", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("tries", Integer, nullable=False),
    Column("provider_id", Text),
    Column("error", Text),
    Column("sent_at", UtcDateTime),
)

Index(
    "alerts_sent",
    alerts.c.sent_at,
    sqlite_where=alerts.c.sent_at.is_not(None),
    postgresql_where=alerts.c.sent_at.is_not(None),
)
Index(
    "alerts_sent_to",
    alerts.c.to,
    alerts.c.sent_at,
    sqlite_where=alerts.c.sent_at.is_not(None),
    postgresql_where=alerts.c.sent_at.is_not(None),
)
Index(
    "alerts_due",
    alerts.c.due_at,
    sqlite_where=alerts.c.due_at.is_not(None),
    postgresql_where=alerts.c.due_at.is_not(None),
)
Index("alerts_written", alerts.c.written_at)

pagers = Table(
    "pagers",
    metadata,
    Column("worker", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("channel", Text, nullable=False),
)

refusals = Table(
    "refusals",
    metadata,
    Column("worker", Text, primary_key=True),
    Column("hour", UtcDateTime, primary_key=True),
    Column("caller", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("status", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("accepted_at", UtcDateTime),
)

Index("refusals_hour", refusals.c.hour)

sender_keys = Table(
    "sender_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("caller", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("ticket", Text),
    Column("opened", Integer, nullable=False),
    Column("impact", Text),
    Column("has_ended", Boolean, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("said_at", UtcDateTime),
)

_is_mail = sender_keys.c.sender == literal_column("'mail'")

Index("sender_keys_changed", sender_keys.c.changed_at)
Index("sender_keys_mail", sender_keys.c.ticket, sqlite_where=_is_mail, postgresql_where=_is_mail)

intake_log = Table(
    "intake_log",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("caller", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("outcome", JsonText, nullable=False),
    Column("tickets", JsonText, nullable=False),
    Column("body", Text),
    Column("is_cut", Boolean, nullable=False),
    Column("headers", JsonText, nullable=False),
)

has_failed = intake_log.c.status == literal_column("'failed'")

Index("intake_log_at", intake_log.c.at)
Index("intake_log_failed", intake_log.c.at, sqlite_where=has_failed, postgresql_where=has_failed)
