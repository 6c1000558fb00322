"""Measure what the course and its helpers cost.

    python -m benchmarks                    # all parts, more than an hour
    python -m benchmarks race growth        # some of them
    python -m benchmarks race --rounds 3 --json race.json
    python -m benchmarks race --whole       # the examples to their published end

Prints Markdown tables, and writes all numbers as JSON. Whatever is compared runs
in turns, in one run; medians count, with the range in brackets.
"""

import argparse
import importlib
import json
from pathlib import Path

from benchmarks.timing import machine
from cnnkit.files import whole_file

# Each part: its title, and the function that measures it, imported when asked for.
PARTS = {
    "race": ("Time to 99 % of the test digits", "race.measure"),
    "accuracy": ("What more minutes buy", "accuracy.measure"),
    "convolution": ("NumPy's convolution beside TensorFlow's", "scratch.measure"),
    "winograd": ("Conv2D beside WinogradConv2D", "winograd.measure"),
    "features": ("Feature maps beside `predict`", "features.measure"),
    "imports": ("Imports", "kit.imports"),
    "growth": ("How the cost grows", "growth.measure"),
    "notebooks": ("Notebooks", "kit.notebooks"),
}


def main() -> None:
    """Run the parts asked for."""
    told = __doc__.split("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=told[0],
        epilog="\n\n".join(told[1:]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument(
        "--rounds", type=int, default=5, help="how often each thing is timed; 5"
    )
    parser.add_argument(
        "--json",
        type=Path,
        default=Path("build/benchmarks.json"),
        metavar="FILE",
        help="where the numbers go; build/benchmarks.json",
    )
    parser.add_argument(
        "--whole",
        action="store_true",
        help="race: do not stop the examples at 99 %%, a quarter of an hour a round",
    )
    given = parser.parse_args()
    unknown = [part for part in given.parts if part not in PARTS]
    if unknown:
        parser.error(f"Expected parts among {', '.join(PARTS)}. Received: {unknown}")
    if given.rounds < 1:
        parser.error(f"Expected --rounds of at least 1. Received: {given.rounds}")
    numbers = {"machine": machine()}
    print(", ".join(f"{name} {value}" for name, value in numbers["machine"].items()))
    for part in given.parts or PARTS:
        title, place = PARTS[part]
        module, _, name = place.partition(".")
        measure = getattr(importlib.import_module(f"benchmarks.{module}"), name)
        print(f"\n## {title}\n", flush=True)
        options = {"whole": given.whole} if part == "race" else {}
        numbers[part] = measure(given.rounds, **options)
        given.json.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(given.json) as file:
            file.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    print(f"\nNumbers: {given.json}")


if __name__ == "__main__":
    main()
