"""Makes the models of OR-Tools: every model is made here."""

from __future__ import annotations

from ortools.sat.python import cp_model


class _Model(cp_model.CpModel):
    """A CP-SAT model without OR-Tools' old method names. To add them takes longer than to solve a small model."""

    def _add_pre_pep8_methods(self) -> None:
        """Add no old method names, such as `AddLinearConstraint`; oncall calls none of them."""


def new_model() -> cp_model.CpModel:
    """Return an empty CP-SAT model."""
    return _Model()
