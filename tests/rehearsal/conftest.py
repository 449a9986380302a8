from __future__ import annotations

from tests.cli.conftest import oncall, plan, roster

__all__ = ["oncall", "plan", "roster"]
