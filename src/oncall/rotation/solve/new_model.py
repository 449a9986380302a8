"""The one way to make a model of OR-Tools."""

from __future__ import annotations

from ortools.sat.python import cp_model


class _Model(cp_model.CpModel):
    """A model without the old names of its methods: to make them takes longer than to fill and solve a small model."""

    def _add_pre_pep8_methods(self) -> None:
        """Add no method such as `AddLinearConstraint`, which nothing here calls."""


def new_model() -> cp_model.CpModel:
    """Return an empty model."""
    return _Model()
