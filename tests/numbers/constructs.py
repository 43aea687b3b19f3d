"""NumPy constructs as forwards use them, and what each does with the number types: the table that is frozen.

Three letters each, for Dual, Residue and complex numbers:
  r  right    s  right as far as a float can tell: the slope is a symbol, and tests/numbers/test_field.py has its rule
  -  refused, by an exception    w  silently wrong, which Dual and Residue must never be
x and y are "3 4" with odd multiples of 1/8, so that no two are equal and no step function steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

Function = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Construct:
    name: str
    outcomes: str
    function: Function


def _buffer(x: Any, out: Any) -> Any:
    for i in range(len(x)):
        out[i] = x[i] * x[i]
    return out


def _scatter(x: Any, y: Any) -> Any:
    out = np.zeros_like(x)
    np.add.at(out, (np.array([0, 1, 0]), np.array([1, 1, 1])), y[0, :3])
    return out + x


def _put(x: Any, y: Any) -> Any:
    out = x.copy()
    np.put_along_axis(out, np.argmax(x, axis=1, keepdims=True), y[:, :1], axis=1)
    return out


def _in_place(x: Any, y: Any) -> Any:
    out = x.copy()
    out *= y
    out -= x
    out /= 2
    return out


def _masked(x: Any, y: Any) -> Any:
    out = x.copy()
    out[x > y] = 0
    return out


def _einsum_convolution(x: Any, y: Any) -> Any:
    return np.einsum("ijkl,kl->ij", sliding_window_view(x, (2, 2)), y[:2, :2])


def _strided(x: Any, y: Any) -> Any:
    rows, columns = x.strides
    return as_strided(x, (2, 2, 2, 2), (rows, columns, rows, columns)).sum(axis=(2, 3))


def _caught(x: Any, y: Any) -> Any:
    """A refusal that the caller's code swallows."""
    with suppress(Exception):
        return x * float(x[0, 0])
    return x * 0


def _softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


# fmt: off
_TABLE: tuple[tuple[str, str, Function], ...] = (
    # arithmetic
    ("add", "rrr", lambda x, y: x + y),
    ("subtract", "rrr", lambda x, y: 1 - x - y),
    ("multiply", "rrr", lambda x, y: 3 * x * y),
    ("divide", "rrr", lambda x, y: x / y + 2 / x),
    ("negative", "rrr", lambda x, y: -x),
    ("positive", "rrr", lambda x, y: +x),
    ("power 2", "rrr", lambda x, y: x**2),
    ("power -1", "rrr", lambda x, y: x**-1),
    ("power 0", "rrr", lambda x, y: x**0 + x),
    ("power 0.5", "rsr", lambda x, y: x**0.5),
    ("power -1.5", "rsr", lambda x, y: x**-1.5),
    ("power 0.3", "rsr", lambda x, y: np.power(x, 0.3)),
    ("power of arrays", "rsr", lambda x, y: x**y),
    ("power of a constant", "rsr", lambda x, y: 2.0**x),
    ("power of e", "rsr", lambda x, y: np.e**-x),
    ("float_power", "--r", lambda x, y: np.float_power(x, 2)),
    ("mod", "rr-", lambda x, y: x % 1.0),
    ("remainder of arrays", "rr-", lambda x, y: np.remainder(y, x)),
    ("floor_divide", "rr-", lambda x, y: x * (x // 0.5)),
    ("floor_divide by it", "rr-", lambda x, y: y * (5 // x)),
    ("fmod", "rr-", lambda x, y: np.fmod(-x, 0.5)),
    ("divmod", "---", lambda x, y: np.divmod(x, 0.5)[1]),
    ("square", "rrr", lambda x, y: np.square(x)),
    ("reciprocal", "rrr", lambda x, y: np.reciprocal(x)),
    ("in place", "rrr", _in_place),
    ("numpy scalar times", "rrr", lambda x, y: np.float64(1.5) * x + np.int64(2) * y),
    ("float32 scalar times", "rrr", lambda x, y: np.float32(1.5) * x),
    ("bool mask times", "rrr", lambda x, y: x * (x > 1)),
    ("int array times", "rrr", lambda x, y: x * np.arange(4)),
    ("float array times", "rrr", lambda x, y: np.linspace(0, 3, 4) * x),
    # functions
    ("exp", "rsr", lambda x, y: np.exp(x)),
    ("exp2", "rsr", lambda x, y: np.exp2(x)),
    ("expm1", "rsr", lambda x, y: np.expm1(x)),
    ("log", "rrr", lambda x, y: np.log(x)),
    ("log2", "rsr", lambda x, y: np.log2(x)),
    ("log10", "rsr", lambda x, y: np.log10(x)),
    ("log1p", "rrr", lambda x, y: np.log1p(x)),
    ("sqrt", "rsr", lambda x, y: np.sqrt(x)),
    ("cbrt", "rs-", lambda x, y: np.cbrt(x)),
    ("sin", "rsr", lambda x, y: np.sin(x)),
    ("cos", "rsr", lambda x, y: np.cos(x)),
    ("tan", "rsr", lambda x, y: np.tan(x)),
    ("arcsin", "rsr", lambda x, y: np.arcsin(x / 8)),
    ("arccos", "rsr", lambda x, y: np.arccos(x / 8)),
    ("arctan", "rrr", lambda x, y: np.arctan(x)),
    ("arctan2", "rr-", lambda x, y: np.arctan2(x, y)),
    ("sinh", "rsr", lambda x, y: np.sinh(x)),
    ("cosh", "rsr", lambda x, y: np.cosh(x)),
    ("tanh", "rsr", lambda x, y: np.tanh(x)),
    ("arcsinh", "rsr", lambda x, y: np.arcsinh(x)),
    ("arccosh", "rsr", lambda x, y: np.arccosh(1 + x)),
    ("arctanh", "rrr", lambda x, y: np.arctanh(x / 8)),
    ("hypot", "rs-", lambda x, y: np.hypot(x, y)),
    ("hypot with a constant", "rs-", lambda x, y: np.hypot(1.0, x)),
    ("logaddexp", "rs-", lambda x, y: np.logaddexp(x, y)),
    ("logaddexp with a constant", "rs-", lambda x, y: np.logaddexp(0, x)),
    ("logaddexp2", "rs-", lambda x, y: np.logaddexp2(x, y)),
    ("deg2rad", "rs-", lambda x, y: np.deg2rad(x)),
    ("degrees", "rs-", lambda x, y: np.degrees(x)),
    ("sinc", "rsr", lambda x, y: np.sinc(x)),
    ("i0", "rs-", lambda x, y: np.i0(x)),
    ("logistic", "rsr", lambda x, y: 1 / (1 + np.exp(-x))),
    ("softplus", "rsw", lambda x, y: np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)),
    ("math.exp", "---", lambda x, y: np.array([math.exp(one) for one in x[0]])),
    ("math.sqrt vectorised", "---", lambda x, y: np.vectorize(math.sqrt)(x)),
    # steps and branches
    ("abs", "rrw", lambda x, y: np.abs(x - y)),
    ("fabs", "rr-", lambda x, y: np.fabs(x - y)),
    ("sign", "rrw", lambda x, y: x * np.sign(x - y)),
    ("heaviside", "rr-", lambda x, y: x * np.heaviside(x - y, 0.5)),
    ("floor", "rr-", lambda x, y: x * np.floor(x)),
    ("ceil", "rr-", lambda x, y: x * np.ceil(x)),
    ("trunc", "rr-", lambda x, y: x * np.trunc(x)),
    ("rint", "rrr", lambda x, y: x * np.rint(x)),
    ("round", "rrr", lambda x, y: x * np.round(x)),
    ("round to decimals", "rrr", lambda x, y: x * np.round(x, 1)),
    ("maximum", "rrr", lambda x, y: np.maximum(x, y)),
    ("minimum of a constant", "rrr", lambda x, y: np.minimum(x, 1)),
    ("maximum then tanh", "rsr", lambda x, y: np.tanh(np.maximum(0, x - y))),
    ("fmax", "rrr", lambda x, y: np.fmax(x, y)),
    ("clip", "rrr", lambda x, y: np.clip(x, 0.5, 2)),
    ("clip then log", "rrr", lambda x, y: np.log(np.clip(x, 0.5, 2))),
    ("where", "rrr", lambda x, y: np.where(x > y, x * y, 0.25 * x)),
    ("where then exp", "rsr", lambda x, y: np.exp(np.where(x > y, x, -1e2))),
    ("where of floats", "rr-", lambda x, y: x * np.where(x > 1.0, 1.0, 0.25).astype(np.float64) % 9),
    ("where of itself", "rrr", lambda x, y: np.where(x, x, y)),
    ("relu by mask", "rrr", lambda x, y: (x > 1) * x),
    ("masked assignment", "rrr", _masked),
    ("boolean index", "rrr", lambda x, y: x[x > 1] * 2),
    ("piecewise", "rrr", lambda x, y: np.piecewise(x, [x > 1, x <= 1], [lambda v: v * v, lambda v: -v])),
    ("select", "rrr", lambda x, y: np.select([x > 2, x > 1], [x, x * x], 0)),
    ("choose", "rrr", lambda x, y: np.choose((x > y).astype(int), [x, y])),
    ("copysign", "---", lambda x, y: np.copysign(x, -y)),
    ("isnan", "rrr", lambda x, y: np.where(np.isnan(x), 0, x)),
    ("isfinite", "rrr", lambda x, y: x * np.isfinite(x)),
    ("isinf", "rrr", lambda x, y: np.where(np.isinf(x), 0, x)),
    ("nan_to_num", "rrr", lambda x, y: np.nan_to_num(x)),
    ("equal to itself", "rrr", lambda x, y: np.where(x == x, x, 0)),
    ("isclose", "rrr", lambda x, y: np.where(np.isclose(x, y), 0, x)),
    ("logical_and", "rrr", lambda x, y: x * np.logical_and(x, y)),
    ("any of itself", "rrr", lambda x, y: x * np.any(x)),
    ("any of one", "rrr", lambda x, y: x * np.any(x[:1, :1])),
    ("all of itself", "rrr", lambda x, y: x * np.all(x, axis=0)),
    ("asarray, any of one", "--r", lambda x, y: x * np.any(np.asarray(x)[:1, :1])),
    ("asarray, logical_and", "--r", lambda x, y: x * np.logical_and(np.asarray(x), np.asarray(y))),
    ("asarray, logical_xor", "--r", lambda x, y: x * np.logical_xor(np.asarray(x), np.asarray(y))),
    ("asarray, where of itself", "rrr", lambda x, y: np.where(np.asarray(x), x, y)),
    ("any of a comparison", "rrr", lambda x, y: x * np.any(x > 1)),
    ("bool of an entry", "--r", lambda x, y: x if x[0, 0] else y),
    ("count_nonzero", "--r", lambda x, y: x * np.count_nonzero(x)),
    ("astype bool", "rrr", lambda x, y: x * x.astype(bool)),
    # reductions
    ("sum", "rrr", lambda x, y: np.sum(x * y)),
    ("sum keepdims", "rrr", lambda x, y: x / x.sum(axis=1, keepdims=True)),
    ("sum where", "--r", lambda x, y: np.sum(x, axis=0, where=x > 1)),
    ("sum initial", "rrr", lambda x, y: np.sum(x, axis=0, initial=2.0)),
    ("sum dtype", "---", lambda x, y: np.sum(x, dtype=np.float64)),
    ("mean", "rrr", lambda x, y: np.mean(x * y, axis=0)),
    ("var", "rrw", lambda x, y: np.var(x, axis=1)),
    ("var ddof", "rrw", lambda x, y: x.var(axis=0, ddof=1)),
    ("std", "rsw", lambda x, y: x.std(axis=1)),
    ("var by hand", "rrr", lambda x, y: ((x - x.mean(axis=0)) ** 2).mean(axis=0)),
    ("prod", "rrr", lambda x, y: np.prod(x, axis=0)),
    ("max", "rrr", lambda x, y: np.max(x, axis=1)),
    ("min", "rrr", lambda x, y: x.min()),
    ("max initial", "rrr", lambda x, y: np.max(x, axis=1, initial=0.5)),
    ("ptp", "rrr", lambda x, y: np.ptp(x, axis=0)),
    ("nansum", "rrr", lambda x, y: np.nansum(x, axis=0)),
    ("nanmax", "rrr", lambda x, y: np.nanmax(x, axis=0)),
    ("median", "rrr", lambda x, y: np.median(x, axis=0)),
    ("quantile", "rr-", lambda x, y: np.quantile(x, 0.25, axis=0)),
    ("average", "rrr", lambda x, y: np.average(x, axis=1, weights=y)),
    ("cumsum", "rrr", lambda x, y: np.cumsum(x, axis=1)),
    ("cumprod", "rrr", lambda x, y: np.cumprod(x, axis=0)),
    ("maximum accumulate", "rrr", lambda x, y: np.maximum.accumulate(x, axis=1)),
    ("add reduceat", "rrr", lambda x, y: np.add.reduceat(x, [0, 2], axis=1)),
    ("norm", "rsw", lambda x, y: np.linalg.norm(x, axis=1)),
    ("norm of all", "rsw", lambda x, y: np.linalg.norm(x)),
    ("norm 1", "rrw", lambda x, y: np.linalg.norm(x[0], 1)),
    ("norm inf", "rrw", lambda x, y: np.linalg.norm(x[0], np.inf)),
    ("cov", "--w", lambda x, y: np.cov(x)),
    ("trace", "rrr", lambda x, y: np.trace(x[:, :3] * y[:, :3])),
    ("softmax", "rsr", lambda x, y: _softmax(x)),
    ("logsumexp", "rsr", lambda x, y: x.max(1) + np.log(np.sum(np.exp(x - x.max(1, keepdims=True)), 1))),
    # products
    ("matmul", "rrr", lambda x, y: x @ y.T),
    ("matmul of stacks", "rrr", lambda x, y: np.matmul(x[None], y.T[None])),
    ("matmul with floats", "rrr", lambda x, y: np.ones((2, 3)) @ x),
    ("dot", "rrr", lambda x, y: np.dot(x, y.T)),
    ("dot method", "rrr", lambda x, y: x[0].dot(y[0])),
    ("vdot", "rrw", lambda x, y: np.vdot(x, y)),
    ("inner", "rrr", lambda x, y: np.inner(x, y)),
    ("outer", "rrr", lambda x, y: np.outer(x, y)),
    ("tensordot", "rrr", lambda x, y: np.tensordot(x, y, axes=([0], [0]))),
    ("einsum", "rrr", lambda x, y: np.einsum("ij,kj->ik", x, y)),
    ("einsum of one", "rrr", lambda x, y: np.einsum("ij->j", x)),
    ("einsum optimised", "rrr", lambda x, y: np.einsum("ij,kj,kl->il", x, y, x, optimize=True)),
    ("kron", "rrr", lambda x, y: np.kron(x, y)),
    ("cross", "rrr", lambda x, y: np.cross(x[:, :3], y[:, :3])),
    ("convolve", "rrr", lambda x, y: np.convolve(x[0], y[0], "same")),
    ("correlate", "rrw", lambda x, y: np.correlate(x[0], y[0], "full")),
    ("multi_dot", "rrr", lambda x, y: np.linalg.multi_dot([x, y.T, x])),
    ("matrix_power", "rrr", lambda x, y: np.linalg.matrix_power(x[:, :3], 2)),
    ("inv", "--r", lambda x, y: np.linalg.inv(x[:, :3])),
    ("solve", "--r", lambda x, y: np.linalg.solve(x[:, :3], y[:, 0])),
    ("det", "--r", lambda x, y: np.linalg.det(x[:, :3])),
    ("cholesky", "--w", lambda x, y: np.linalg.cholesky(x @ x.T)),
    ("fft", "--w", lambda x, y: np.fft.ifft(np.fft.fft(x) * 2)),
    ("polyval", "rrr", lambda x, y: np.polyval(x[0], y[0])),
    ("interp", "---", lambda x, y: np.interp(x[0], [0.0, 1.0, 3.0], [0.0, 2.0, 1.0])),
    ("trapezoid", "rrr", lambda x, y: np.trapezoid(x, axis=1)),
    ("gradient", "--r", lambda x, y: np.gradient(x, axis=1)),
    ("diff", "rrr", lambda x, y: np.diff(x, axis=1)),
    # order
    ("sort", "rrr", lambda x, y: np.sort(x, axis=1)),
    ("argsort", "rrr", lambda x, y: np.take_along_axis(x, np.argsort(y, axis=1), axis=1)),
    ("partition", "rrr", lambda x, y: np.sort(np.partition(x, 2, axis=1)[:, :2], axis=1)),
    ("argmax", "rrr", lambda x, y: x[np.arange(3), np.argmax(y, axis=1)]),
    ("top k", "rrr", lambda x, y: np.sort(x, axis=1)[:, ::-1][:, :2]),
    ("unique", "rrr", lambda x, y: np.unique(x)),
    ("searchsorted", "rrr", lambda x, y: x[0] * np.searchsorted(np.sort(x[0]), y[0])),
    ("digitize", "rr-", lambda x, y: x * np.digitize(x, [1.0, 2.0])),
    ("lexsort", "rrr", lambda x, y: x[0][np.lexsort((x[0], y[0]))]),
    ("builtin max", "rrr", lambda x, y: np.array([max(*x[0]), min(*x[1]), sum(x[2])])),
    ("builtin sorted", "rrr", lambda x, y: np.array(sorted(x[0]))),
    # shape
    ("reshape, transpose", "rrr", lambda x, y: x.T.reshape(2, 6) * 2),
    ("concatenate", "rrr", lambda x, y: np.concatenate([x, y], axis=1)),
    ("stack", "rrr", lambda x, y: np.stack([x, y, x])),
    ("array of a list", "rrr", lambda x, y: np.array([x[0, 0], y[0, 0] * 2])),
    ("exp of an array of a list", "rsr", lambda x, y: np.exp(np.array([x[0, 0], y[0, 0] * 2]))),
    ("pad", "rrr", lambda x, y: np.pad(x, 1)),
    ("pad then tanh", "rsr", lambda x, y: np.tanh(np.pad(x, 1))),
    ("pad reflect", "rrr", lambda x, y: np.pad(x, 1, mode="reflect")),
    ("pad mean", "rrr", lambda x, y: np.pad(x, 1, mode="mean")),
    ("tile, repeat", "rrr", lambda x, y: np.tile(x, 2) * np.repeat(y, 2, axis=1)),
    ("roll, flip", "rrr", lambda x, y: np.roll(x, 1, axis=0) * np.flip(y, axis=1)),
    ("broadcast_to", "rrr", lambda x, y: np.broadcast_to(x[0], (3, 4)) * y),
    ("split", "rrr", lambda x, y: np.split(x, 2, axis=1)[0] * np.split(x, 2, axis=1)[1]),
    ("take, compress", "rrr", lambda x, y: np.take(x, [2, 0], axis=0) * np.compress([1, 1, 0], y, axis=0)),
    ("fancy index", "rrr", lambda x, y: x[[0, 2, 0], [1, 1, 3]] * 2),
    ("diag, tril", "rrr", lambda x, y: np.diag(x) + np.tril(y[:, :3])),
    ("fill_diagonal", "rrr", lambda x, y: (out := x.copy(), np.fill_diagonal(out, 0))[0]),
    ("sliding windows", "rrr", lambda x, y: sliding_window_view(x, (2, 2)).max(axis=(2, 3))),
    ("windows and einsum", "rrr", _einsum_convolution),
    ("as_strided", "rrr", _strided),
    ("meshgrid", "rrr", lambda x, y: np.multiply(*np.meshgrid(x[0], y[0]))),
    ("vectorize", "rr-", lambda x, y: np.vectorize(lambda a, b: a * b if a > b else a, otypes=[x.dtype])(x, y)),
    ("apply_along_axis", "rrr", lambda x, y: np.apply_along_axis(lambda row: row * row[0], 1, x)),
    ("frompyfunc", "rrr", lambda x, y: np.frompyfunc(lambda a: a * a, 1, 1)(x)),
    ("real", "rrw", lambda x, y: np.real(x) * y),
    ("imag", "rrr", lambda x, y: x + np.imag(x)),
    ("conj", "rrw", lambda x, y: np.conj(x) * y),
    ("angle", "rrr", lambda x, y: x * (1 + np.angle(x))),
    # buffers and types
    ("zeros_like buffer", "rrr", lambda x, y: _buffer(x, np.zeros_like(x))),
    ("empty_like buffer", "rrr", lambda x, y: _buffer(x, np.empty_like(x))),
    ("zeros of dtype buffer", "rrr", lambda x, y: _buffer(x, np.zeros(x.shape, x.dtype))),
    ("zeros buffer", "---", lambda x, y: _buffer(x, np.zeros(x.shape))),
    ("out= float buffer", "---", lambda x, y: np.add(x, y, out=np.zeros(x.shape))),
    ("in place on floats", "---", lambda x, y: np.add.reduce([np.ones((3, 4)).__iadd__(x)])),
    ("scatter add", "rrr", _scatter),
    ("put_along_axis", "rrr", _put),
    ("ones_like", "rrr", lambda x, y: np.ones_like(x) * x + np.full_like(x, 2)),
    ("astype float64", "rr-", lambda x, y: x.astype(np.float64) * y),
    ("astype float32", "---", lambda x, y: x.astype(np.float32) * y),
    ("astype int", "---", lambda x, y: x * x.astype(int)),
    ("asarray", "rsr", lambda x, y: np.tanh(np.asarray(x) * y)),
    ("asarray, relu, tanh", "--r", lambda x, y: np.tanh(np.maximum(0, np.asarray(x - y)))),
    ("asarray float", "---", lambda x, y: np.asarray(x, dtype=float) * y),
    ("float of an entry", "---", lambda x, y: x * float(x[0, 0])),
    ("a refusal swallowed", "--w", _caught),
    ("int of an entry", "---", lambda x, y: x * int(x[0, 0])),
    ("item", "rrr", lambda x, y: y * x.item(2)),
    ("tolist", "rrr", lambda x, y: np.array([one * one for row in x.tolist() for one in row])),
    ("index by a number", "---", lambda x, y: y[x[0, 0]]),
    ("finfo of dtype", "--r", lambda x, y: x + np.finfo(x.dtype).eps),
    ("view of bytes", "---", lambda x, y: x.view(np.int64) * y),
    ("histogram", "---", lambda x, y: np.histogram(x, bins=3)[0] * y[0, 0]),
    ("bincount weights", "---", lambda x, y: np.bincount([0, 1, 0, 1], weights=x[0])),
    ("linspace", "rrr", lambda x, y: np.linspace(x[0], y[0], 5)),
    ("set of numbers", "--r", lambda x, y: x * len(set(x[0]))),
)
# fmt: on

CONSTRUCTS = tuple(Construct(*row) for row in _TABLE)
