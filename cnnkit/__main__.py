"""The command line: `python -m cnnkit run NOTEBOOK…`."""

import argparse
import sys
from pathlib import Path

from cnnkit.exercises.teacher import check_all
from cnnkit.files import whole_file
from cnnkit.run import run_notebooks


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and do what it says; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m cnnkit", description="Run the notebooks of the course."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser(
        "run",
        help="execute notebooks with a progress bar",
        description="Execute notebooks from top to bottom. The executed copy and "
        "an HTML page that opens without a network go to the output folder.",
    )
    run.add_argument("notebooks", nargs="+", type=Path, metavar="NOTEBOOK")
    run.add_argument(
        "--in-place",
        action="store_true",
        help="write the executed notebook back, normalised for committing",
    )
    run.add_argument(
        "--output",
        type=Path,
        default=Path("build"),
        help="folder for executed copies and pages (default: build)",
    )
    run.add_argument(
        "--timeout",
        type=_seconds,
        default=None,
        metavar="SECONDS",
        help="the longest that one cell may take (default: no limit)",
    )
    _add_check(commands)
    options = parser.parse_args(arguments)
    if options.command == "check":
        return _check(options)
    return run_notebooks(
        options.notebooks,
        output=options.output,
        in_place=options.in_place,
        timeout=options.timeout,
    )


def _add_check(commands: "argparse._SubParsersAction") -> None:
    check = commands.add_parser(
        "check",
        help="see how the exercises of filled-in notebooks stand",
        description="Read the answers of exercises out of notebooks. Nothing in them "
        "is run, unless you ask for it with --execute.",
    )
    check.add_argument("notebooks", nargs="+", type=Path, metavar="NOTEBOOK")
    check.add_argument(
        "--execute",
        action="store_true",
        help="run a copy of each notebook first: the learner's code, on this machine",
    )
    check.add_argument("--json", type=Path, metavar="FILE", help="write JSON as well")


def _check(options: argparse.Namespace) -> int:
    """Print the table; return 0 when every notebook could be read."""
    try:
        results = check_all(*options.notebooks, execute=options.execute)
    except (FileNotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(results)
    if options.json:
        with whole_file(options.json) as partial:
            partial.write_text(results.to_json() + "\n", encoding="utf-8")
    return 0


def _seconds(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(
            f"Expected a whole number of seconds above 0. Received: {text}."
        )
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
