"""python -m benchmarks.known_wrong: score nnverify and its peers on gradients that were wrong in public code."""

import argparse
import json
import time

from benchmarks.known_wrong import BUGS, CONTROLS
from benchmarks.known_wrong.checkers import peers
from benchmarks.known_wrong.score import EFFORTS, STORED, accused, classes, judges, missed, outcomes, table

parser = argparse.ArgumentParser(prog="python -m benchmarks.known_wrong", description=__doc__)
parser.add_argument("--effort", choices=sorted(EFFORTS.values()), help="one effort only (default: both)")
parser.add_argument("--alone", action="store_true", help="nnverify without its peers")
parser.add_argument("--write", action="store_true", help=f"store the result as {STORED.name} and {STORED.stem}.md")
given = parser.parse_args()

results, times = {}, {}
for name, judge in judges([given.effort] if given.effort else EFFORTS.values(), others=not given.alone).items():
    start = time.perf_counter()
    results[name] = outcomes(judge)
    times[name] = time.perf_counter() - start

print(f"{len(BUGS)} wrong gradients, each with its right version, and {len(CONTROLS)} controls\n")
print(table(results), classes(results), sep="\n\n")
for name in EFFORTS:
    if name in results:
        print(f"\n{name}, {times[name]:.0f} s. Missed:")
        print(*(f"  {kind} {bug}: {outcome}" for bug, kind, outcome in missed(results, name)), sep="\n")
        for group in ("right", "controls"):
            print(f"Accused {group}: {', '.join(sorted(accused(results[name][group]))) or 'none'}")
if absent := ([] if given.alone else peers()[1]):
    print(f"\nNot installed, and left out: {', '.join(absent)} (pip install scipy numdifftools autograd jax torch)")
if given.write:
    STORED.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    STORED.with_suffix(".md").write_text(f"{table(results)}\n\n{classes(results)}\n", encoding="utf-8")
