"""What `verify --optimal` prints for each stage after the cost."""

from __future__ import annotations

from fractions import Fraction

from oncall.cli.planning.second_opinion_lines import opinion_lines
from oncall.rotation.check.second_opinion import SecondOpinion, StageOpinion
from oncall.rotation.check.second_stages import StageName


def line(name: StageName, value: str, bound: str | None, best: str | None) -> str:
    known = [None if each is None else Fraction(each) for each in (bound, best)]
    stage = StageOpinion(name, Fraction(value), known[0], known[1], 1.25)
    return next(opinion_lines(SecondOpinion(396, 396, 396, 0.2, (), (stage,))))


def test_a_stage_that_is_proven_has_its_measure() -> None:
    assert line(StageName.CLUMPS, "4/3", "4/3", None) == (
        "clumps: HiGHS proves that no plan as fair has smaller clumps "
        "(shifts from the share in four weeks: 1.33; 1.2 s)"
    )


def test_a_better_plan_is_told_with_both_measures() -> None:
    assert line(StageName.REQUESTS, "3", "1", "2") == (
        "requests: HiGHS found a plan as fair that meets the requests better "
        "(weight of the requests: 2 instead of 3; no such plan has less than 1; 1.2 s)"
    )


def test_a_stage_without_a_proof_has_its_bound() -> None:
    assert line(StageName.POINTS, "866", "820", "866") == (
        "points: HiGHS found no better plan, and no proof that there is none "
        "(squared distances from the shares: 866; no such plan has less than 820; 1.2 s)"
    )


def test_a_stage_without_time_says_so() -> None:
    assert line(StageName.TOTALS, "148", None, None) == (
        "totals: the time was up before HiGHS found a bound; give it a longer --time-limit"
    )
