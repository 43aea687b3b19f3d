"""Misuse gets one clear sentence with what, where and what to try, and never a traceback from inside nnverify."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnverify import UsageError, check_gradients, leaf, mutants
from tests.zoo.strangers import HandedOn


def dense(X: Any, W: Any) -> Any:
    return X @ W


def dense_backward(dout: Any, X: Any, W: Any) -> Any:
    return dout @ W.T, X.T @ dout


def sine(x: Any) -> Any:
    return np.sin(x)


def sine_backward(dout: Any, x: Any) -> Any:
    return dout * np.cos(x)


class Layer:
    """A right layer, to be spoiled."""

    def __init__(self) -> None:
        self.W = np.array([[1.0, 2.0], [3.0, 5.0]])

    def forward(self, x: Any) -> Any:
        self.x = x
        return x @ self.W

    def backward(self, dout: Any) -> Any:
        self.dW = self.x.T @ dout
        return dout @ self.W.T


class Unnamed(Layer):
    """Its parameter's gradient has a name that says nothing."""

    def backward(self, dout: Any) -> Any:
        self.change = self.x.T @ dout
        return dout @ self.W.T


class Locked(Layer):
    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()


class Silent(Layer):
    """Returns nothing and leaves its output where nobody looks."""

    def forward(self, x: Any) -> Any:
        self.x, self.scores = x, x @ self.W


class Slotted:
    __slots__ = ()

    def backward(self, dout: Any) -> Any:
        return dout


class NoInput(Layer):
    """A network: nobody asks for the gradient of its data."""

    def backward(self, dout: Any) -> None:
        self.dW = self.x.T @ dout


class Odd:
    """Methods with names of their own."""

    def turn(self, x: Any) -> Any:
        return np.sin(x)

    def turn_back(self, x: Any) -> Any:
        return np.cos(x)


def flagged(x: Any, deriv: bool = False) -> Any:
    return np.cos(x) if deriv else np.sin(x)


def _check(*args: Any, **kwargs: Any) -> Callable[[], Any]:
    return lambda: check_gradients(*args, **kwargs)


X, W = (4, 3), (3, 2)
CALLS: dict[str, tuple[Callable[[], Any], str]] = {
    "forward ends the program": (
        _check(lambda x: sys.exit(3), sine_backward, x=(3,)),
        "ended the program: SystemExit: 3 (test_misuse.py:",
    ),
    "backward ends the program": (
        _check(sine, lambda dout, x: sys.exit("no more"), x=(3,)),
        "ended the program: SystemExit: no more (test_misuse.py:",
    ),
    "no leaves": (_check(dense, dense_backward), "no leaves were given"),
    "seed is a shape": (_check(dense, dense_backward, X=X, W=W, seed=(3,)), "seed=(3,) is not a whole number"),
    "seed is a text": (_check(dense, dense_backward, X=X, W=W, seed="0"), "seed='0' is not a whole number"),
    "seed is true": (_check(dense, dense_backward, X=X, W=W, seed=True), "seed=True is not a whole number"),
    "effort unknown": (_check(dense, dense_backward, X=X, W=W, effort="max"), "effort='max' is not one of"),
    "effort unhashable": (_check(dense, dense_backward, X=X, W=W, effort=["point"]), "effort=['point'] is not one of"),
    "dtype unknown": (_check(dense, dense_backward, X=X, W=W, dtype="floaty"), "dtype='floaty' is not"),
    "dtype whole": (_check(dense, dense_backward, X=X, W=W, dtype=int), "is not a floating-point dtype"),
    "dtype is a leaf": (_check(dense, dense_backward, X=X, dtype=np.ones(2)), "dtype=an array of shape (2,) is not"),
    "rtol negative": (_check(dense, dense_backward, X=X, W=W, rtol=-1.0), "rtol=-1.0 is not a number from 0 to 1"),
    "rtol is NaN": (_check(dense, dense_backward, X=X, W=W, rtol=float("nan")), "rtol=nan is not"),
    "two bad options": (
        _check(dense, dense_backward, X=X, W=W, seed=0.5, rtol="x"),
        "seed=0.5 is not a whole number; rtol",
    ),
    "convention unknown": (
        _check(dense, dense_backward, X=X, W=W, convention="keras"),
        "convention='keras' is unknown",
    ),
    "convention is a shape": (_check(dense, dense_backward, X=X, W=W, convention=(2,)), "convention=(2,) is not"),
    "reduction unknown": (_check(dense, dense_backward, X=X, W=W, reduction="average"), "reduction='average' is not"),
    "derivative of nothing": (_check(sine, x=(3,), derivative="input"), "backward=None"),
    "fused unknown": (_check(sine, sine_backward, x=(3,), fused="hinge"), "fused='hinge' is unknown"),
    "out is a leaf": (_check(dense, dense_backward, X=X, W=W, out="m n"), "out='m n' is not the name of an attribute"),
    "leaves no dict": (_check(dense, dense_backward, leaves=[X, W]), "is no dict"),
    "leaf named twice": (_check(dense, dense_backward, leaves={"X": X}, X=X, W=W), "'X' is given twice"),
    "leaf without name": (_check(sine, sine_backward, leaves={3: (2,)}), "3 is no name"),
    "negative size": (_check(sine, sine_backward, x=(3, -1)), "the shape (3, -1) has a negative size"),
    "bad axis word": (_check(sine, sine_backward, x="m-n"), "'m-n', which is no axis word"),
    "array of objects": (_check(sine, sine_backward, x=np.array([{}, {}])), "holds no numbers"),
    "ragged list": (_check(sine, sine_backward, x=[[1.0], [2.0, 3.0]]), "is no array"),
    "array of texts": (_check(sine, sine_backward, x=np.array(["a"])), "holds no numbers"),
    "complex leaf": (_check(sine, sine_backward, x=np.ones(2) * 1j), "complex leaves are not supported yet"),
    "only whole leaves": (_check(sine, sine_backward, x=np.arange(3)), "can receive a gradient"),
    "only constants": (_check(sine, sine_backward, x=leaf((3,), grad=False)), "can receive a gradient"),
    "unknown axis below": (
        _check(sine, sine_backward, x="n", i=leaf("m", integers_below="V")),
        "integers_below='V' names no axis",
    ),
    "not callable": (_check(3, x=(3,)), "no convention fits the int 3"),
    "backward not callable": (_check(sine, 3, x=(3,)), "no convention fits"),
    "function alone": (_check(sine, x=(3,)), "no backward was given"),
    "forward raises": (_check(lambda x: x.nothing, sine_backward, x=(3,)), "forward raised AttributeError"),
    "forward does not fit": (_check(dense, dense_backward, X=(4, 3), W=(4, 2)), "forward raised ValueError: matmul"),
    "too few leaves": (_check(dense, dense_backward, X=X), "forward raised TypeError"),
    "forward returns None": (_check(lambda x: None, sine_backward, x=(3,)), "forward returned NoneType"),
    "forward returns a generator": (_check(lambda x: (y for y in x), sine_backward, x=(3,)), "returned generator"),
    "forward returns texts": (_check(lambda x: "x", sine_backward, x=(3,)), "forward returned str"),
    "forward returns complex": (_check(lambda x: x * 1j, sine_backward, x=(3,)), "complex128"),
    "never finite": (_check(lambda x: x * np.nan, sine_backward, x=(3,)), "not finite at any drawn point"),
    "backward takes too much": (_check(sine, lambda a, b, c, d: a, x=(3,)), "fits no known way to call a backward"),
    "backward takes nothing": (_check(sine, lambda: 0, x=(3,)), "fits no known way to call a backward"),
    "cache or leaf": (_check(lambda x: (x, x), lambda dout, q: dout, x=(3,)), "could be"),
    "no cache there": (_check(sine, lambda dout, cache: dout, x=(3,), convention="cache"), "not (output, cache)"),
    "too many gradients": (_check(sine, lambda dout, x: (dout, dout, dout), x=(3,)), "backward returned 3 gradients"),
    "effort is a leaf": (_check(dense, dense_backward, X=X, effort=np.ones(2)), "effort=an array of shape (2,) is not"),
    "kink is a leaf": (_check(dense, dense_backward, X=X, kink=np.ones(2)), "kink=an array of shape (2,) is not"),
    "reduction is a leaf": (_check(sine, sine_backward, x=X, reduction=np.ones(2)), "reduction=an array of shape"),
    "derivative is a leaf": (_check(sine, sine_backward, x=X, derivative=np.ones(2)), "derivative=an array of shape"),
    "rtol is complex": (_check(sine, sine_backward, x=X, rtol=0j), "rtol=0j is not a number from 0 to 1"),
    "budget without end": (_check(sine, sine_backward, x=X, budget="inf evaluations"), "budget='inf evaluations' is"),
    "budget of none": (_check(sine, sine_backward, x=X, budget="0.5 evaluations"), "budget='0.5 evaluations' is not"),
    "values without constructor": (_check(sine, sine_backward, x=X, convention="torch"), "'torch' needs tensor="),
    "functions are no object": (_check(sine, sine_backward, x=X, convention="object"), "a function is no object"),
    "forward returns nothing": (_check(lambda x: (), sine_backward, x=X, effort="point"), "an empty tuple"),
    "slots cannot be changed": (lambda: list(mutants(Slotted())), "cannot be copied and changed"),
    "leaf of nobody": (_check(dense, dense_backward, X=X, W=W, z=(2,)), "forward does not take z"),
    "no gradients": (_check(sine, lambda dout, x: (), x=(3,)), "backward returned no gradient, and those of x are due"),
    "strange names": (_check(sine, lambda dout, x: {"gamma": dout}, x=(3,)), "gradients called 'gamma'"),
    "one for two": (_check(dense, lambda dout, X, W: dout @ W.T, X=X, W=W), "backward returned one array"),
    "loss of a batch": (_check(lambda x: (np.sin(x), np.cos(x)), x=(3,)), "only a scalar loss can come with finished"),
    "no known method": (_check(Odd(), x=(3,)), "it has turn, turn_back; pass the two that belong together"),
    "derivative by a flag": (_check(flagged, x=(3,)), "derivative='input' or derivative='output'"),
    "handed on": (_check(HandedOn(), x=(4, 3), t=(4, 3)), "out='loss'"),
    "no gradient of data": (_check(NoInput(), x=(4, 2)), "x=leaf(…, grad=False)"),
    "no backward method": (_check(np.random.default_rng(0), x=(3,)), "no convention fits"),
    "parameter without gradient": (_check(Unnamed(), x=(5, 2)), "no gradient was found for W"),
    "grads= not there": (_check(Unnamed(), x=(5, 2), grads={"W": "nothing"}), "is said to be 'nothing'"),
    "params= not there": (_check(Layer(), x=(5, 2), params=["V"]), "params= names 'V'"),
    "params= no list": (_check(Layer(), x=(5, 2), params="W"), "params='W' is not a list of names"),
    "object not copied": (_check(Locked(), x=(5, 2)), "the object cannot be copied"),
    "output not found": (_check(Silent(), x=(5, 2)), "name the attribute that holds the output"),
    "result records nothing": (_check(sine, tensor=np.asarray, x=(3,)), "has no backward"),
    "penalty of a stranger": (_check(sine, sine_backward, x=(3,), penalty=lambda w: 0.0), "penalty takes w"),
    "no room between the ends": (lambda: leaf("m n", low=2, high=1), "no number lies between low=2 and high=1"),
    "end is NaN": (lambda: leaf("m n", low=float("nan")), "low=nan is no finite number"),
    "end is a text": (lambda: leaf("m n", high="a"), "high='a' is no finite number"),  # type: ignore[arg-type]
    "nothing below": (lambda: leaf("m", integers_below=0), "integers_below=0 leaves no number to draw"),
    "no type": (lambda: leaf("m", dtype="floaty"), "dtype='floaty' is no type of arrays"),
    "too large": (_check(sine, sine_backward, x=(10**9, 10**9)), "raised MemoryError"),
    "draws nothing": (_check(sine, sine_backward, x=lambda: 3), "its function raised TypeError"),
    "grads= names no leaf": (_check(sine, sine_backward, x=(3,), grads=["q"]), "grads= names 'q', which is no leaf"),
    "out of functions": (_check(sine, sine_backward, x=(3,), out="y"), "names what an object has"),
    "axis of nothing": (_check(sine, sine_backward, x=(3,), batch_axis=0), "says nothing where there is no mean"),
    "no such batch axis": (
        _check(dense, dense_backward, X=X, W=W, reduction="batch mean", batch_axis=5),
        "has no axis 5",
    ),
}


@pytest.mark.parametrize(("call", "sentence"), CALLS.values(), ids=CALLS)
def test_misuse_is_told_in_one_sentence(call: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        call()
    error = caught.value
    assert sentence in str(error), str(error)
    assert [bool(error.what), bool(error.where), bool(error.fix)] == [True] * 3
    assert "\n" not in str(error)


def test_there_are_forty_calls_and_more() -> None:
    assert len(CALLS) >= 40


def test_random_state_survives_an_error() -> None:
    before = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002

    def forward(x: Any) -> Any:
        np.random.rand(700)  # noqa: NPY002
        raise ValueError("no")

    with pytest.raises(UsageError):
        check_gradients(forward, sine_backward, x=(3,))
    assert np.array_equal(np.random.get_state(legacy=False)["state"]["key"], before)  # noqa: NPY002
