"""Functions of one number: polynomials, saturation, cancellation, oscillation, offsets, kinks nearby."""

from __future__ import annotations

from typing import Any

from benchmarks.accuracy.family import Family, scalar


def _logistic(m: Any, x: Any) -> Any:
    return 1 / (1 + m.exp(-x))


def _slope(m: Any, x: Any) -> Any:
    return _logistic(m, x) * _logistic(m, -x)


def _step(m: Any, x: Any) -> Any:
    """1 right of 0, else 0, in the number type of x."""
    return m.where(x > 0, 1 + 0 * x, 0 * x)


def _sign(m: Any, x: Any) -> Any:
    return 2 * _step(m, x) - 1


def _sech2(m: Any, x: Any) -> Any:
    """1/cosh², where nothing overflows."""
    e = m.exp(-m.abs(x))
    return (2 * e / (1 + e * e)) ** 2


def _dpower(m: Any, x: Any) -> Any:
    """|x|^(x/8) = exp((x/8) ln|x|), so its derivative is itself times (ln|x| + 1)/8."""
    log = m.log(m.abs(x))
    return m.exp(x * log / 8) * (log + 1) / 8


def _dmish(m: Any, x: Any) -> Any:
    s = m.log1p(m.exp(x))
    return m.tanh(s) + x * _sech2(m, s) * _logistic(m, x)


_K = 0.796875  # close to √(2/π), and dyadic


def _gelu(m: Any, x: Any) -> Any:
    return x / 2 * (1 + m.tanh(_K * (x + x**3 / 32)))


def _dgelu(m: Any, x: Any) -> Any:
    z = _K * (x + x**3 / 32)
    return (1 + m.tanh(z)) / 2 + x / 2 * _sech2(m, z) * _K * (1 + 3 * x * x / 32)


def _chebyshev(m: Any, x: Any) -> Any:
    """T₈, which wiggles between −1 and 1 and rushes away outside."""
    y = 2 * x * x - 1
    z = 2 * y * y - 1
    return 2 * z * z - 1


def _dchebyshev(m: Any, x: Any) -> Any:
    y = 2 * x * x - 1
    z = 2 * y * y - 1
    return 4 * z * 4 * y * 4 * x


# fmt: off
FUNCTIONS: tuple[Family, ...] = (
    scalar("linear", lambda m, x: 3 * x + 7, lambda m, x: 3 + 0 * x),
    scalar("cube", lambda m, x: x**3, lambda m, x: 3 * x * x),
    scalar("quintic", lambda m, x: x**5 - 3 * x**3 + x, lambda m, x: 5 * x**4 - 9 * x * x + 1),
    scalar("Chebyshev", _chebyshev, _dchebyshev),
    scalar("shallow square", lambda m, x: (x - 1) ** 2 * 2.0**-10, lambda m, x: (x - 1) * 2.0**-9),
    scalar("rational bell", lambda m, x: 1 / (1 + x * x), lambda m, x: -2 * x / (1 + x * x) ** 2),
    scalar("hyperbola", lambda m, x: 1 / (x + 50), lambda m, x: -1 / (x + 50) ** 2),
    scalar("exp", lambda m, x: m.exp(x), lambda m, x: m.exp(x)),
    scalar("fast exp", lambda m, x: m.exp(3 * x), lambda m, x: 3 * m.exp(3 * x)),
    scalar("gauss", lambda m, x: m.exp(-x * x), lambda m, x: -2 * x * m.exp(-x * x)),
    scalar("gamma kernel", lambda m, x: x * m.exp(-x), lambda m, x: (1 - x) * m.exp(-x)),
    scalar("exp less one", lambda m, x: m.exp(x) - 1, lambda m, x: m.exp(x)),
    scalar("log", lambda m, x: m.log(x * x + 0.125), lambda m, x: 2 * x / (x * x + 0.125)),
    scalar("log of one and", lambda m, x: m.log1p(m.abs(x)), lambda m, x: _sign(m, x) / (1 + m.abs(x))),
    scalar("softplus", lambda m, x: m.log1p(m.exp(x)), _logistic),
    scalar("root", lambda m, x: m.sqrt(1 + x * x), lambda m, x: x / m.sqrt(1 + x * x)),
    scalar("root near its edge", lambda m, x: m.sqrt(m.abs(x) + 2.0**-10),
           lambda m, x: _sign(m, x) / (2 * m.sqrt(m.abs(x) + 2.0**-10))),
    scalar("tanh", lambda m, x: m.tanh(x), _sech2),
    scalar("steep tanh", lambda m, x: m.tanh(16 * x), lambda m, x: 16 * _sech2(m, 16 * x)),
    scalar("logistic", _logistic, _slope),
    scalar("saturated logistic", lambda m, x: _logistic(m, 4 * x), lambda m, x: 4 * _slope(m, 4 * x)),
    scalar("swish", lambda m, x: x * _logistic(m, x), lambda m, x: _logistic(m, x) + x * _slope(m, x)),
    scalar("mish", lambda m, x: x * m.tanh(m.log1p(m.exp(x))), _dmish),
    scalar("gelu", _gelu, _dgelu),
    scalar("elu", lambda m, x: m.where(x > 0, x, m.exp(m.minimum(x, 0)) - 1),
           lambda m, x: m.where(x > 0, 1 + 0 * x, m.exp(m.minimum(x, 0)))),
    scalar("relu on a parabola", lambda m, x: m.maximum(x, 0) + x * x, lambda m, x: _step(m, x) + 2 * x),
    scalar("leaky relu", lambda m, x: m.where(x > 0, x, x / 8), lambda m, x: 0.875 * _step(m, x) + 0.125),
    scalar("absolute value", lambda m, x: m.abs(x), _sign),
    scalar("hinge", lambda m, x: m.maximum(1 - x, 0), lambda m, x: _step(m, 1 - x) * -1),
    scalar("sin", lambda m, x: m.sin(x), lambda m, x: m.cos(x)),
    scalar("fast cos", lambda m, x: m.cos(8 * x), lambda m, x: -8 * m.sin(8 * x)),
    scalar("chirp", lambda m, x: m.sin(x * x), lambda m, x: 2 * x * m.cos(x * x)),
    scalar("sin by x", lambda m, x: m.sin(x) / x, lambda m, x: (m.cos(x) - m.sin(x) / x) / x),
    scalar("arctan", lambda m, x: m.arctan(x), lambda m, x: 1 / (1 + x * x)),
    scalar("power of itself", lambda m, x: m.abs(x) ** (x / 8), _dpower),
    scalar("on an offset", lambda m, x: 2.0**8 + m.sin(x), lambda m, x: m.cos(x)),
    scalar("quantised", lambda m, x: (2.0**7 + x * x) - 2.0**7, lambda m, x: 2 * x),
    scalar("small", lambda m, x: m.tanh(x) * 2.0**-8, lambda m, x: _sech2(m, x) * 2.0**-8),
)
# fmt: on
