"""What result files say, as records: checks, derivations, tests, benchmarks and trainings. Reads; judges nothing.

A file is known by its keys, not by its name. A file that is missing, broken or of another kind is refused in one
sentence: a report must never be silently incomplete.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from nnverify._errors import UsageError
from nnverify.report.scaling import points
from nnverify.verdict import Details, Entry, Finding, Outcome, StepError, Verdict


@dataclass(frozen=True)
class Subject:
    """One thing that was checked.

    kind      "layer", "test", or the kind of a derivation's row
    outcome   of a test: "pass" where a wrong gradient was expected
    error     why there is no verdict
    """

    name: str
    kind: str
    verdict: Verdict
    outcome: Outcome
    statement: str = ""
    error: str | None = None
    draws: int = 0


@dataclass(frozen=True)
class Bench:
    """One benchmark of pytest-benchmark's: seconds, and what its test noted beside them."""

    name: str
    group: str
    median: float
    least: float
    iqr: float
    rounds: int
    info: Mapping[str, Any]


@dataclass(frozen=True)
class Training:
    """One training: a point of each curve for some of its steps, in order; none where it was not begun."""

    name: str
    reported: float
    predicted: float | None
    settings: Mapping[str, Any]
    updates: int
    check: Verdict
    steps: tuple[int, ...]
    loss: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    bias: tuple[tuple[float, ...], ...]


@dataclass
class Material:
    """Everything that the files hold. ``raw`` is what was checked, as it was read."""

    subjects: list[Subject] = field(default_factory=list)
    benches: list[Bench] = field(default_factory=list)
    trainings: list[Training] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    raw: list[Any] = field(default_factory=list)


def read(paths: Sequence[str]) -> Material:
    """All the files together. Raises UsageError for the first that cannot be used."""
    found = Material()
    for path in paths:
        content = _parsed(path)
        take = _known(content, path)
        try:
            take(content, found)
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise _broken(path, f"it is damaged: {_said(error)}") from error
    return found


def _parsed(path: str) -> Any:
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        json.dumps(content, ensure_ascii=False).encode()  # half a character, which no report could be written with
    except OSError as error:
        raise _broken(path, f"it cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise _broken(path, f"it is no JSON: {error}") from error
    return content


def _known(content: Any, path: str) -> Callable[[Any, Material], None]:
    for keys, take in _KINDS.items():
        if isinstance(content, dict) and set(keys) <= set(content):
            return take
    raise _broken(path, "it is JSON, and no result that a report knows")


def _broken(path: str, what: str) -> UsageError:
    written = "nnverify check, verify or train wrote with --format json, pytest with --nnverify-report or"
    return UsageError(what=what, where=path, fix=f"name what {written} --benchmark-json")


def _said(error: Exception) -> str:
    return f"there is no {error}" if isinstance(error, KeyError) else str(error)


def _checks(content: Any, into: Material) -> None:
    verdicts = [_verdict(one) for one in content["verdicts"]]
    into.subjects += [Subject(one.subject, "layer", one, one.outcome) for one in verdicts]
    for name, words in content.get("errors", {}).items():
        into.subjects.append(Subject(_text(name), "layer", Verdict(_text(name), ()), Outcome.FAIL, "", _text(words)))
    into.raw.append(content)


def _derivations(content: Any, into: Material) -> None:
    for row in content["rows"]:
        verdict = _verdict(row)
        outcome = Outcome.FAIL if row["error"] else verdict.outcome
        error = None if row["error"] is None else _text(row["error"])
        name, kind, statement = (_text(row[key]) for key in ("identifier", "kind", "statement"))
        into.subjects.append(Subject(name, kind, verdict, outcome, statement, error, int(row["draws"])))
    into.raw.append(content)


def _tests(content: Any, into: Material) -> None:
    for record in content["tests"]:
        verdict = _verdict(record["worst"])
        into.subjects.append(Subject(_text(record["test"]), "test", verdict, Outcome(record["outcome"])))
    into.raw.append(content)


def _benchmarks(content: Any, into: Material) -> None:
    into.environment |= {f"benchmarks: {name}": value for name, value in _machine(content["machine_info"]).items()}
    for one in content["benchmarks"]:
        stats = {name: float(one["stats"][name]) for name in ("median", "min", "iqr", "rounds")}
        group = _text(one["group"] or one["fullname"].partition("::")[0])
        info = dict(one.get("extra_info") or {})
        points([(stats["median"], stats["min"], info)])
        info |= {name: float(info[name]) for name in ("value", "floor") if "figure" in info}
        own: dict[str, Any] = {"name": _text(one["name"]), "group": group, "rounds": int(stats["rounds"]), "info": info}
        into.benches.append(Bench(median=stats["median"], least=stats["min"], iqr=stats["iqr"], **own))


def _machine(info: Mapping[str, Any]) -> dict[str, str]:
    """What a reader needs to compare times; the name of the machine is not among it."""
    cpu = info.get("cpu") or {}
    known = {
        "CPU": f"{cpu.get('brand_raw', 'unknown')}, {cpu.get('count', '?')} cores",
        "system": f"{info.get('system', '')} {info.get('machine', '')}".strip(),
        "Python": f"{info.get('python_implementation', '')} {info.get('python_version', '')}".strip(),
    }
    return known | {str(name): str(value) for name, value in (info.get("nnverify") or {}).items()}


def _trainings(content: Any, into: Material) -> None:
    into.environment |= {f"trainings: {name}": str(value) for name, value in content["environment"].items()}
    into.trainings += [training(one) for one in content["trainings"]]


def training(one: Mapping[str, Any]) -> Training:
    """One training, of one that was not begun the check alone."""
    curve = one["history"]
    if len({(len(point["weights"]), len(point["bias"])) for point in curve}) > 1:
        raise ValueError("the history has other weights at some steps than at others")
    return Training(
        name=_text(one["name"]),
        reported=float(one["reported"]),
        predicted=None if one["predicted"] is None else float(one["predicted"]),
        settings=dict(one["settings"]),
        updates=int(one["updates"]),
        check=_verdict(one["check"]),
        steps=tuple(int(point["step"]) for point in curve),
        loss=tuple(float(point["loss"]) for point in curve),
        weights=tuple(tuple(map(float, point["weights"])) for point in curve),
        bias=tuple(tuple(map(float, point["bias"])) for point in curve),
    )


def _verdict(one: Mapping[str, Any]) -> Verdict:
    return Verdict(
        subject=_text(one["subject"]),
        findings=tuple(_finding(each) for each in one["findings"]),
        seed=int(one["seed"]),
        evaluations=int(one["evaluations"]),
        shapes=str(one.get("shapes", "")),
        convention=str(one.get("convention", "")),
        notes=tuple(map(str, one.get("notes", ()))),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} stands where a text should")
    return value


_TEXTS = ("code", "evidence", "cause", "fix")
_NUMBERS = ("backward", "numerical", "bar", "resolution", "ratio")


def _finding(one: Mapping[str, Any]) -> Finding:
    """A finding; what a later nnverify may have added to it is left out."""
    own: dict[str, Any] = {each.name: one[each.name] for each in fields(Finding) if each.name in one}
    own |= {name: None if one.get(name) is None else float(one[name]) for name in _NUMBERS}
    own |= {name: None if one.get(name) is None else _text(one[name]) for name in _TEXTS}
    own["outcome"] = Outcome(one["outcome"])
    own |= {name: _text(one[name]) for name in ("check", "leaf", "message")}
    own["index"] = None if one.get("index") is None else tuple(map(int, one["index"]))
    own["details"] = _details(one["details"]) if one.get("details") else None
    return Finding(**own)


def _details(one: Mapping[str, Any]) -> Details:
    """Numbers that are not finite are texts in JSON, and floats here."""
    shape = tuple(map(int, one["shape"]))
    entries = tuple(
        Entry(_inside(each["index"], shape), float(each["backward"]), float(each["numerical"]), float(each["bar"]))
        for each in one["entries"]
    )
    steps = tuple(
        StepError(float(each["step"]), float(each["backward"]), float(each["numerical"])) for each in one["steps"]
    )
    return Details(shape, entries, steps)


def _inside(index: Sequence[Any], shape: tuple[int, ...]) -> tuple[int, ...]:
    found = tuple(map(int, index))
    if len(found) != len(shape) or not all(0 <= at < size for at, size in zip(found, shape, strict=True)):
        raise ValueError(f"entry {list(found)} is outside of shape {list(shape)}")
    return found


_KINDS: dict[tuple[str, ...], Callable[[Any, Material], None]] = {
    ("schema", "verdicts"): _checks,
    ("schema", "rows"): _derivations,
    ("schema", "tests"): _tests,
    ("machine_info", "benchmarks"): _benchmarks,
    ("schema", "trainings"): _trainings,
}
