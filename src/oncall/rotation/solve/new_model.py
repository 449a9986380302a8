"""The one way to make a model of OR-Tools."""

from __future__ import annotations

from ortools.sat.python import cp_model


class _Model(cp_model.CpModel):
    """A CP-SAT model without OR-Tools' old method names: adding those takes longer than solving a small model."""

    def _add_pre_pep8_methods(self) -> None:
        """Add no old method names, such as `AddLinearConstraint`; oncall calls none of them."""


def new_model() -> cp_model.CpModel:
    """Return an empty model."""
    return _Model()
