"""nnverify train: the trainings of a package, each only after the gradient has passed where it starts."""

from __future__ import annotations

import argparse
import platform
from pathlib import Path
from typing import Any

from nnverify.commands._output import STATUS, add, say, write

HELP = "train what a package of derivations trains"
DESCRIPTION = (
    "Check the gradient at the start of every training of a package, train, and show the prediction beside the "
    "tutorial's. With --format json the curves are kept, for nnverify report."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    default = "./reference"
    parser.add_argument("package", nargs="?", default=default, help=f"package, folder or file (default: {default})")
    parser.add_argument("--only", default="*", metavar="PATTERN", help="names of trainings, such as 'deep*'")
    add(parser, ("text", "json"))


def run(options: argparse.Namespace) -> int:
    from nnverify.loading import load
    from nnverify.report import json, tables
    from nnverify.report.sources import training
    from nnverify.trainings import as_dict, begins, checked, plans
    from nnverify.verdict import combine

    chosen, train = plans(load(options.package, Path.cwd()), only=options.only, where=options.package)
    rows, outcomes = [], []
    for number, plan in enumerate(chosen, start=1):
        say(f"{number}/{len(chosen)} {plan.name}")
        check = checked(plan, options.seed)
        outcomes.append(check.outcome)
        rows.append(as_dict(plan, check, train(plan) if begins(check) else None))
    say("")
    if options.format == "json":
        write(json.dumps({"schema": 1, "environment": _environment(), "trainings": rows}), options.output)
    else:
        write(tables.trainings([training(row) for row in rows]), options.output)
    return STATUS[combine(outcomes).value]


def _environment() -> dict[str, Any]:
    import numpy as np

    system = f"{platform.system()} {platform.machine()}"
    return {"Python": platform.python_version(), "NumPy": np.__version__, "system": system}
