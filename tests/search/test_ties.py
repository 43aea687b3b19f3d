"""A mask that is wrong where values tie is found whatever the size and told at a small one; no right one is accused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, check_gradients


def _windows(x: Any) -> Any:
    *more, h, w = x.shape
    return np.moveaxis(x.reshape(*more, h // 2, 2, w // 2, 2), -3, -2).reshape(*more, h // 2, w // 2, 4)


def _back(windows: Any) -> Any:
    *more, h, w, _ = windows.shape
    return np.moveaxis(windows.reshape(*more, h, w, 2, 2), -2, -3).reshape(*more, 2 * h, 2 * w)


def pool(x: Any) -> Any:
    return _windows(x).max(axis=-1)


def first_wins(dout: Any, x: Any) -> Any:
    windows = _windows(x)
    return _back(dout[..., None] * (np.arange(4) == windows.argmax(axis=-1)[..., None]))


def shared(dout: Any, x: Any) -> Any:
    windows = _windows(x)
    mask = windows == windows.max(axis=-1, keepdims=True)
    return _back(dout[..., None] * mask / mask.sum(axis=-1, keepdims=True))


def all_win(dout: Any, x: Any) -> Any:
    windows = _windows(x)
    return _back(dout[..., None] * (windows == windows.max(axis=-1, keepdims=True)))


SHAPES = [(4, 4), (20, 20), (54, 54), (2, 3, 6, 6), (150, 150)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_wrong_mask_is_found_at_every_size_and_told_at_a_small_one(shape: tuple[int, ...]) -> None:
    verdict = check_gradients(pool, all_win, x=np.random.default_rng(0).standard_normal(shape))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.codes == ("NV117",)
    assert len(verdict.program) < 1000
    assert "-0.0" not in verdict.program


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("right", [first_wins, shared])
def test_a_right_mask_is_accused_at_none(right: Any, shape: tuple[int, ...]) -> None:
    assert check_gradients(pool, right, x=np.random.default_rng(0).standard_normal(shape)).outcome is Outcome.PASS
