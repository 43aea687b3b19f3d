"""How many of the wrong gradients each checker flags, and which right ones it accuses.

nnverify is blind: it is given forward, backward and example inputs, at its default settings or effort="thorough".
A checker that raises has refused: a wrong gradient counts as flagged by that where the right one is not refused, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tabulate import tabulate

from benchmarks.known_wrong import BUGS, CONTROLS, KINDS
from benchmarks.known_wrong.checkers import Checker, judged, peers
from benchmarks.known_wrong.problem import problem
from nnverify import UsageError, check_gradients

EFFORTS = {"nnverify": "standard", "nnverify thorough": "thorough"}
STORED = Path(__file__).parent / "score.json"
Judge = Callable[[tuple[Any, ...], Mapping[str, Any], Mapping[str, Any]], str]


def by_nnverify(effort: str) -> Judge:
    """A judge that knows forward, backward and the example inputs."""

    def judge(target: tuple[Any, ...], leaves: Mapping[str, Any], options: Mapping[str, Any]) -> str:
        try:
            return check_gradients(*target, leaves=leaves, effort=effort, **options).outcome.value
        except UsageError:
            return "refused"

    return judge


def by_peer(checker: Checker) -> Judge:
    return lambda target, leaves, options: judged(checker, lambda: problem(target, leaves, options))


def judges(efforts: Iterable[str], *, others: bool) -> dict[str, Judge]:
    """Every judge that is here, by name."""
    found = {name: by_nnverify(effort) for name, effort in EFFORTS.items() if effort in efforts}
    return found | ({name: by_peer(checker) for name, checker in peers()[0].items()} if others else {})


def outcomes(judge: Judge) -> dict[str, dict[str, str]]:
    """What one judge says of every wrong and right version, and of every control."""
    return {
        "wrong": {
            one.name: judge(one.wrong(), one.leaves, one.options if one.wrongly is None else one.wrongly)
            for one in BUGS
        },
        "right": {one.name: judge(one.right(), one.leaves, one.options) for one in BUGS},
        "controls": {one.name: judge(one.right(), one.leaves, one.options) for one in CONTROLS},
    }


def flagged(found: Mapping[str, Mapping[str, str]]) -> set[str]:
    """The wrong ones that were told from the right."""
    refused = {name for name, outcome in found["right"].items() if outcome == "raised"}
    return {
        name
        for name, outcome in found["wrong"].items()
        if outcome == "fail" or (outcome == "raised" and name not in refused)
    }


def accused(found: Mapping[str, str]) -> set[str]:
    return {name for name, outcome in found.items() if outcome == "fail"}


def table(results: Mapping[str, Mapping[str, Mapping[str, str]]]) -> str:
    """Markdown: one row for each checker."""
    rows = []
    for name, found in results.items():
        hits = len(flagged(found))
        rows.append(
            (
                name,
                f"{hits} of {len(found['wrong'])}",
                f"{hits / len(found['wrong']):.0%}",
                len(accused(found["right"])),
                f"{len(accused(found['controls']))} of {len(found['controls'])}",
            )
        )
    head = ("checker", "wrong flagged", "share", "right accused", "controls accused")
    return tabulate(rows, head, tablefmt="github", disable_numparse=True)


def classes(results: Mapping[str, Mapping[str, Mapping[str, str]]]) -> str:
    """Markdown: one row for each class of bug, one column for each checker."""
    hits = {name: flagged(found) for name, found in results.items()}
    rows = []
    for kind, words in KINDS.items():
        names = {one.name for one in BUGS if one.kind == kind}
        rows.append((kind, words, len(names), *(len(names & hits[name]) for name in results)))
    return tabulate(rows, ("class", "", "bugs", *results), tablefmt="github", disable_numparse=True)


def missed(results: Mapping[str, Mapping[str, Mapping[str, str]]], judge: str) -> list[tuple[str, str, str]]:
    """Name, class and outcome of every wrong gradient that a judge let through."""
    hits, found = flagged(results[judge]), results[judge]["wrong"]
    return [(one.name, one.kind, found[one.name]) for one in BUGS if one.name not in hits]


def stored() -> dict[str, Any]:
    return json.loads(STORED.read_text(encoding="utf-8"))
