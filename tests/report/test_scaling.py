"""Exponents are those of the times, and a speed-up is a quotient of two of them."""

from __future__ import annotations

import pytest

from nnverify.report.scaling import Point, amount, exponents, points, rows, seconds, sentences, sweeps

SIZES = [(8, 4), (16, 4), (32, 4), (8, 8), (8, 16)]


def _points(form: str, power_m: float, power_n: float) -> list[Point]:
    return [
        Point("dense", form, "float64", (("m", m), ("n", n)), *[1e-6 * m**power_m * n**power_n] * 2, m * n)
        for m, n in SIZES
    ]


@pytest.mark.parametrize("powers", [(1.0, 2.0), (0.0, 0.5), (2.0, -1.0)])
def test_exponents_are_found(powers: tuple[float, float]) -> None:
    assert exponents(_points("index", *powers)) == pytest.approx(dict(zip("mn", powers, strict=True)), abs=1e-12)


def test_a_size_that_never_varies_has_no_exponent() -> None:
    own = [one for one in _points("index", 1, 2) if dict(one.sizes)["n"] == 4]
    assert list(exponents(own)) == ["m"]


def test_sizes_that_vary_together_have_no_exponents() -> None:
    """m and n doubled together: no power of either can be told from the other's."""
    own = [Point("dense", "index", "float64", (("m", k), ("n", k)), 1e-6 * k, 1e-6 * k) for k in (2, 4, 8)]
    assert exponents(own) == {}
    assert exponents([]) == {}


def test_the_sentence_names_forms_powers_and_ranges() -> None:
    (line,) = sentences(_points("index", 1, 2) + _points("vector", 0, -0.5))
    assert line == (
        "dense, float64: index form as m^1.0·n^2.0, vectorized form as m^0.0·n^−0.5 (m from 8 to 32, n from 4 to 16)"
    )


def test_rows_hold_the_forms_side_by_side() -> None:
    first = rows(_points("index", 1, 2) + _points("vector", 0, 0))[0]
    assert first.speedup("index") == pytest.approx(8 * 16)
    assert first.speedup("jacobian") is None
    assert first.peaks == {"index": 32, "vector": 32}


def test_a_sweep_varies_one_size() -> None:
    found = sweeps(_points("index", 1, 2))
    assert {name: [dict(one.sizes)[name] for one in line] for name, line in found.items()} == {
        "m": [8, 16, 32],
        "n": [4, 8, 16],
    }


def test_only_benchmarks_that_say_so_take_part() -> None:
    info = {"layer": "dense", "form": "index", "dtype": "float64", "sizes": {"m": 8}}
    assert len(points([(1.0, 0.9, info), (1.0, 0.9, {"layer": "dense"}), (1.0, 0.9, {})])) == 1


@pytest.mark.parametrize(("value", "shown"), [(2.5, "2.5 s"), (1.61e-3, "1.61 ms"), (3e-6, "3 us"), (4e-8, "40 ns")])
def test_times_read_in_their_unit(value: float, shown: str) -> None:
    assert seconds(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(12, "12 B"), (4096, "4.1 kB"), (2_100_000, "2.1 MB"), (3 * 10**9, "3 GB")]
)
def test_bytes_read_in_their_unit(value: int, shown: str) -> None:
    assert amount(value) == shown
