"""Processes that belong together: started together, and none outlives the block."""

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


class Member:
    """One process of a team, and the two files that hold what it says.

    Args:
        number: which of the team it is, from 0.
        command: the program and its arguments.
        environment: all of its environment variables.
        folder: where its two files go.
    """

    def __init__(
        self,
        number: int,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
    ) -> None:
        self.number = number
        self._said, self._words = folder / f"{number}.out", folder / f"{number}.err"
        with self._said.open("wb") as said, self._words.open("wb") as words:
            self.process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=words,
            )

    def reports(self) -> list[dict]:
        """The lines of JSON that it wrote to stdout; libraries write there as well."""
        lines = self._said.read_text("utf-8", "replace").splitlines(keepends=True)
        return [json.loads(x) for x in lines if x[0] == "{" and x.endswith("}\n")]

    def last_words(self) -> str:
        """How it ended, and the last lines that it wrote to stderr."""
        lines = self._words.read_text("utf-8", "replace").splitlines()
        told = [f"  {line[:200]}" for line in lines if line.strip()][-6:]
        status = f"worker {self.number}, which ended with {self.process.returncode}:"
        return "\n".join([status, *(told or ["  (nothing)"])])


@contextlib.contextmanager
def team(
    command: Sequence[str], environments: Sequence[Mapping[str, str]]
) -> Iterator[list[Member]]:
    """Run one command as several processes, each in an environment of its own.

    Where the system allows it, each is kept to one processor core, as if it had no
    other. When the block is left, in whatever way, the processes that still run are
    killed, and what they wrote is removed.

    Example:
        >>> with team(["sleep", "9"], [{}, {}]) as members:
        ...     [member.process.poll() for member in members]
        [None, None]
    """
    members: list[Member] = []
    with tempfile.TemporaryDirectory(prefix="cnnkit-") as folder:
        try:
            for number, environment in enumerate(environments):
                members.append(Member(number, command, environment, Path(folder)))
                _keep_to_one_core(members[-1].process.pid, number)
            yield members
        finally:
            for member in members:
                member.process.kill()
            for member in members:
                member.process.wait()


def _keep_to_one_core(process: int, number: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        with contextlib.suppress(OSError):  # it has ended already
            os.sched_setaffinity(process, {cores[number % len(cores)]})
