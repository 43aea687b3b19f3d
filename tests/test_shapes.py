"""Axis words name axes; what is no word is refused with the word quoted."""

import pytest

from nnverify import UsageError
from nnverify._shapes import keys, parse, repeats, shape


@pytest.mark.parametrize("words", ["m-n", "m,n", "2.5", "n[2]", "n[l+1]", "(m n)", "-1"])
def test_what_is_no_axis_word_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="no axis word"):
        parse(words, "here")


def test_words_become_a_shape() -> None:
    assert shape(parse("m n 3", "here"), {"m": 2, "n": 5}) == (2, 5, 3)


def test_no_words_are_a_scalar() -> None:
    assert shape(parse("", "here"), {}) == ()


def test_layered_words_have_one_shape_per_layer() -> None:
    """W of layer l is n[l] by n[l-1]: neighbours share a size."""
    axes = parse("n[l] n[l-1]", "here")
    sizes = {"n[0]": 2, "n[1]": 3, "n[2]": 5}
    assert repeats(axes)
    assert [shape(axes, sizes, layer, 2) for layer in (1, 2)] == [(3, 2), (5, 3)]


def test_input_and_output_have_the_first_and_the_last_size() -> None:
    sizes = {"n[0]": 2, "n[1]": 3, "n[2]": 5, "m": 4}
    assert shape(parse("n[0] m", "here"), sizes, depth=2) == (2, 4)
    assert shape(parse("n[-1] m", "here"), sizes, depth=2) == (5, 4)
    assert not repeats(parse("n[-1] m", "here"))


def test_keys_name_every_size_once() -> None:
    assert keys(parse("n[l] n[l-1]", "here"), depth=2) == ["n[1]", "n[0]", "n[2]"]
