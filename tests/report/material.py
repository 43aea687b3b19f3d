"""Result files as nnverify and pytest-benchmark write them, made of records: for the tests of reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nnverify.report.checks import Frame, as_json
from nnverify.verdict import Details, Entry, Finding, Outcome, StepError, Verdict

PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
NASTY = "</script><b onclick='x'>&amp;|`é"

STEPS = tuple(StepError(10.0**-k, 1.2, 10.0 ** -(2 * k if k < 5 else 14 - k)) for k in range(1, 13))
ENTRIES = (
    Entry((3, 0), 1.38, 0.17, 2e-12),
    Entry((0, 1), 0.5, float("nan"), float("inf")),
    Entry((1, 2), 0.25, 0.25, 1e-12),
)
RIGHT = Finding("gradient", "X", PASS, "dX agrees", backward=1.0, numerical=1.0, bar=1e-12, resolution=3.2e-12)
WRONG = Finding(
    "gradient", "W", FAIL, "dW is 8 x the numerical gradient", "NV103", (3, 0), 1.38, 0.17, 2e-12, None, 8.0,
    "it is not the step: the gap is 1.21", Details((4, 3), ENTRIES, STEPS),
    "averaged over the samples, and forward is not", "make the mean of backward that of forward",
)  # fmt: skip
UNCLEAR = Finding("gradient", "b", OPEN, "db could not be judged: the function has a kink at this point", "NV201")


def verdict(*findings: Finding, name: str = "Softmax") -> Verdict:
    return Verdict(
        name, findings, 7, 120, "X (8, 4), W (4, 3) -> (8, 3)", "leaves: backward(dout, X, W)", ("found: W",)
    )


def checks(*verdicts: Verdict) -> dict[str, Any]:
    return json.loads(as_json(verdicts, Frame()))


def derivations() -> dict[str, Any]:
    row = {"kind": "formula", "identifier": "batch.dw", "statement": "dw = (2/m) Xᵀ(a−y)", "error": None, "draws": 200}
    good = row | verdict(RIGHT, name="batch.dw").to_dict()
    bad = row | {"identifier": "mine.dw", "error": "mine.dw: forward raised"} | verdict(name="mine.dw").to_dict()
    return {"schema": 1, "package": "reference", "outcome": "error", "seed": 0, "rows": [good, bad]}


def session() -> dict[str, Any]:
    record = {"test": "tests/test_a.py::test_a", "outcome": "fail", "verdicts": 3}
    return {"schema": 1, "outcome": "fail", "seed": 0, "tests": [record | {"worst": verdict(WRONG).to_dict()}]}


def benchmarks() -> dict[str, Any]:
    """The index form takes m·n² microseconds, the vectorized one always 2."""
    rows = []
    for m, n in ((8, 4), (16, 4), (32, 4), (8, 8), (8, 16)):
        for form, micro in (("index", m * n**2), ("vector", 2.0)):
            info = {"layer": "dense layer", "form": form, "dtype": "float64", "sizes": {"m": m, "n": n}, "peak": 4096}
            rows.append(_bench(f"test_forms[{form}-{m}-{n}]", "dense", micro * 1e-6, info))
    rows.append(_bench("test_other", None, 2e-3, {"evaluations": 12}))
    cpu = {"brand_raw": "A CPU", "count": 2}
    machine = {"node": "secret", "cpu": cpu, "system": "Linux", "machine": "x86_64", "nnverify": {"threads": 2}}
    return {"machine_info": machine, "benchmarks": rows}


def _bench(name: str, group: str | None, seconds: float, info: dict[str, Any]) -> dict[str, Any]:
    stats = {"median": seconds, "min": seconds * 0.9, "iqr": seconds / 10, "rounds": 12}
    return {"name": name, "fullname": f"benchmarks/a.py::{name}", "group": group, "stats": stats, "extra_info": info}


def trainings() -> dict[str, Any]:
    curve = [{"step": k, "loss": 0.5**k, "weights": [0.1 * k, 0.0], "bias": [0.01 * k]} for k in range(9)]
    own = {"name": "one neuron", "reported": 0.9993, "predicted": 0.9999, "updates": 700, "settings": {"λ": 0.05}}
    one = own | {"check": verdict(RIGHT).to_dict(), "history": curve}
    return {"schema": 1, "environment": {"NumPy": "2"}, "trainings": [one]}


def write(folder: Path, **contents: dict[str, Any]) -> list[str]:
    """The files, by name, and their paths."""
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return [str(folder / f"{name}.json") for name in contents]


def everything(folder: Path) -> list[str]:
    named = verdict(RIGHT, WRONG, UNCLEAR, name=NASTY)
    return write(
        folder,
        checks=checks(named),
        derivations=derivations(),
        tests=session(),
        benchmarks=benchmarks(),
        trainings=trainings(),
    )
