"""Prints the commands of `oncall --help` in groups. Tickets come first, because engineers need them at night."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.core import TyperGroup

if TYPE_CHECKING:
    # Typer has its own copy of click's classes, and exports no names for them.
    from typer._click import Context, HelpFormatter

GROUPS = {
    "Tickets": [
        "tickets",
        "ack",
        "take",
        "pass",
        "reply",
        "update",
        "wait",
        "customer-replied",
        "impact",
        "resolve",
        "reopen",
        "merge",
        "page",
        "explain",
        "triage",
    ],
    "Schedule": [
        "who",
        "tonight",
        "next",
        "shifts",
        "schedule",
        "calendar",
        "handoff",
        "reminders",
        "history",
        "diff",
        "publish",
        "override",
        "cover",
        "swap",
        "swaps",
        "accept",
        "decline",
        "withdraw",
        "away",
        "undo",
    ],
    "Planning": ["check", "generate", "plan", "import", "verify", "fairness", "why", "whatif", "ledger"],
    "Reports": ["report", "simulate"],
    "Service": [
        "login",
        "logout",
        "whoami",
        "serve",
        "worker",
        "status",
        "monitor",
        "doctor",
        "drill",
        "policy",
        "token",
        "login-link",
        "portal-link",
        "webhooks",
        "intake",
        "heartbeat",
        "migrate",
        "backup",
        "completion",
    ],
}
OTHERS = "Other commands"


class GroupedCommands(TyperGroup):
    """The commands of `oncall`, listed under the headings of GROUPS, in the order of GROUPS."""

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write a section for each heading. The columns of all sections have the same width."""
        grouped = {name for names in GROUPS.values() for name in names}
        others = [name for name in self.commands if name not in grouped]
        longest = max(map(len, self.commands))
        for heading, names in {**GROUPS, OTHERS: others}.items():
            rows = [
                (name.ljust(longest), self.commands[name].get_short_help_str(formatter.width - longest - 6))
                for name in names
                if name in self.commands
            ]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)
