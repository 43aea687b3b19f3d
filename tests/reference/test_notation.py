"""One letter, one meaning; and operators that keep exact numbers exact."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import unicodedata
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import reference
from reference.notation import SYMBOLS, gradient, identity, loss_of, ones, unvec, vec

MODULES = sorted(Path(reference.__file__).parent.glob("*.py"))
LETTERS = {symbol.letter for symbol in SYMBOLS}
QUANTITY = re.compile(r"d?(\w\d?)")  # W, W1, δ; and dW, the gradient by W


@pytest.fixture(params=MODULES, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


def identifiers(source: str) -> set[str]:
    """As written: the parser would already have folded them."""
    return {
        token.string for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type == tokenize.NAME
    }


def changed_by_nfkc(source: str) -> set[str]:
    return {name for name in identifiers(source) if unicodedata.normalize("NFKC", name) != name}


def test_no_identifier_changes_under_nfkc(path):
    """Python folds identifiers: 𝐖 and W, or ₁ and 1, would be one name where the reader sees two."""
    assert changed_by_nfkc(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize("source", ["𝐖 = 1", "ﬁt = 1", "ϑ = 1"])
def test_the_check_of_identifiers_sees_folded_ones(source):
    """Shown what it must refuse."""
    assert changed_by_nfkc(source)


def test_greek_identifiers_are_delta_and_lambda_only(path):
    """Each further letter is one more that a reader has to know how to type."""
    greek = {
        letter for name in identifiers(path.read_text(encoding="utf-8")) for letter in name if not letter.isascii()
    }
    assert greek <= {"δ", "λ"}


def quantities(source: str) -> set[str]:
    """The letters behind every argument and every assigned variable that is no word."""
    nodes = list(ast.walk(ast.parse(source)))
    names = {node.arg for node in nodes if isinstance(node, ast.arg)}
    names |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return {found[1] for name in names - {"_"} if (found := QUANTITY.fullmatch(name))}


def test_every_letter_is_declared(path):
    """A letter that SYMBOLS does not explain means what the reader guesses."""
    assert quantities(path.read_text(encoding="utf-8")) <= LETTERS


def test_the_check_of_letters_sees_arguments_variables_and_indices():
    """Shown what it must find: an argument, a gradient, a lambda's argument, a variable, a loop index."""
    source = "def f(c, dt):\n    s1 = [r for r in c]\n    return lambda o: o"
    assert quantities(source) == {"c", "t", "s1", "r", "o"}


def test_a_letter_has_one_meaning_per_section():
    """Two meanings side by side are the mistake that a table of symbols is there to prevent."""
    uses = [(symbol.letter, section) for symbol in SYMBOLS for section in _sections(symbol.sections)]
    assert len(set(uses)) == len(uses)


def _sections(text: str) -> list[int]:
    spans = [part.split("-") for part in text.split(", ")]
    return [section for span in spans for section in range(int(span[0]), int(span[-1]) + 1)]


def test_declared_axes_are_declared_symbols():
    """ "m n" says something only if m and n do."""
    words = {word for symbol in SYMBOLS for word in (symbol.axes or "").split()}
    assert {word.partition("[")[0] for word in words if word != "1"} <= LETTERS


def test_vec_stacks_columns():
    """The Kronecker formulas hold for columns; rows would transpose every one of them."""
    assert vec(np.array([[1, 2, 3], [4, 5, 6]])).tolist() == [1, 4, 2, 5, 3, 6]


def test_unvec_undoes_vec_for_vectors_and_rows():
    """Jacobian forms end in a row, and want the matrix back."""
    X = np.arange(6).reshape(2, 3)
    assert unvec(vec(X), (2, 3)).tolist() == unvec(vec(X)[None, :], (2, 3)).tolist() == X.tolist()


def test_vec_of_a_product_is_the_kronecker_product_times_vec():
    """vec(AXB) = (Bᵀ ⊗ A) vec X: the one identity that every Jacobian form rests on."""
    A, X, B = np.arange(6).reshape(2, 3), np.arange(12).reshape(3, 4) - 5, np.arange(20).reshape(4, 5) - 9
    assert (np.kron(B.T, A) @ vec(X)).tolist() == vec(A @ X @ B).tolist()


def test_gradient_is_the_row_as_a_vector():
    """∇L(w) = (∂L/∂w)ᵀ."""
    assert gradient(np.array([[1, 2, 3]])).tolist() == [1, 2, 3]


@pytest.mark.parametrize("operator", [identity, ones], ids=["identity", "ones"])
def test_operators_keep_the_number_type(operator):
    """np.eye and np.ones would turn Fractions and float32 into float64."""
    third = np.full((1, 2), Fraction(1, 3), dtype=object)
    assert all(type(entry) is Fraction for entry in (third @ operator(2)).flat)
    assert (np.ones((1, 2), np.float32) @ operator(2)).dtype == np.float32


def test_loss_of_weights_each_output_with_its_upstream():
    """Σ dout ⊙ output, dout the last argument: (1·5 + 2·7)·10 worked out."""
    assert loss_of(lambda x: 10 * x)(np.array([1, 2]), np.array([5, 7])) == 190
