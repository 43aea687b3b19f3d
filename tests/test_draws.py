"""Draws depend on names, never on order; sizes start where nothing can hide."""

import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from nnverify.draws import generator, normals, rationals, signs, sizes


def test_generator_depends_on_every_name() -> None:
    draws = [generator(*names).random() for names in [(0, "X", 1), (0, "X", 2), (0, "W", 1), (1, "X", 1)]]
    assert len(set(draws)) == 4


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_generator_is_the_same_in_every_process(hash_seed: str) -> None:
    """Python salts the hashes of strings anew in each process: they must not enter."""
    code = "from nnverify.draws import generator; print(generator(7, 'layer', 3).integers(10**6))"
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert int(run.stdout) == generator(7, "layer", 3).integers(10**6)


def test_first_sizes_are_pairwise_distinct_and_not_one() -> None:
    drawn = list(sizes(["m", "n", "p"], 0, generator(0)).values())
    assert len(set(drawn)) == 3
    assert 1 not in drawn


@pytest.mark.parametrize("axis", range(3))
def test_every_axis_is_one_once(axis: int) -> None:
    names = ["m", "n", "p"]
    drawn = sizes(names, axis + 1, generator(0))
    assert [name for name in names if drawn[name] == 1] == [names[axis]]


def test_all_axes_are_one_once() -> None:
    assert sizes(["m", "n"], 3, generator(0)) == {"m": 1, "n": 1}


def test_many_axes_stay_distinct() -> None:
    drawn = sizes([f"n{i}" for i in range(9)], 0, generator(0))
    assert len(set(drawn.values())) == 9


def test_rationals_have_both_signs_and_fractions() -> None:
    drawn = rationals((40,), generator(0))
    assert all(isinstance(value, Fraction) for value in drawn)
    assert min(drawn) < 0 < max(drawn)
    assert any(value.denominator > 1 for value in drawn)


def test_whole_rationals_are_whole() -> None:
    assert all(value.denominator == 1 for value in rationals((40,), generator(0), whole=True))


def test_signs_keep_away_from_zero() -> None:
    """An upstream that is nearly zero hides what it multiplies."""
    drawn = signs((500,), generator(0), 0.5)
    assert np.all((np.abs(drawn) >= 0.5) & (np.abs(drawn) < 1))
    assert 0.7 < np.mean(np.abs(drawn)) < 0.8
    assert 200 < np.count_nonzero(drawn > 0) < 300


def test_normals_are_a_scalar_for_no_axes() -> None:
    assert np.shape(normals((), generator(0))) == ()
