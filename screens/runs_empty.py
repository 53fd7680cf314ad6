"""What Runs says when it has nothing to show: why, and the next command to type."""

from __future__ import annotations

from capture.runs.follower import RunsFollower

Said = tuple[str, tuple[str, ...], tuple[str, ...]]
"""A headline, sentences, commands: what an empty state takes."""


def nothing_here(runs: RunsFollower, *, reading: bool) -> Said:
    """There is no run in the folder."""
    if reading:
        return "Reading the runs …", (), ()
    if runs.problem:
        return "The runs cannot be read", (runs.problem,), ("tessen-tui --runs-dir DIR",)
    where = runs.folder.absolute()
    lacking = "is empty" if runs.folder.is_dir() else "is not there yet"
    return (
        "No runs yet",
        (
            f"The folder of runs {lacking}: {where}",
            "A run that is started now appears here by itself. Without a key and without a network:",
        ),
        (f"harness run examples/demo.yaml --runs-dir {runs.folder}", "tessen-tui --runs-dir DIR"),
    )


def nothing_matches(number: int, needle: str, searching: bool) -> Said:
    """There are runs, and none is shown."""
    if needle and searching:
        return "Searching …", (f"in the trajectories of {number:,} runs; esc gives up",), ()
    if needle:
        return (
            "No run holds this",
            (f"'{needle}' was looked for in {number:,} runs: what was said, thought, called, written.",),
            ("tool:Bash", "file:*.py", '"several words"'),
        )
    return "No run matches the filter", (f"There are {number:,} runs; esc shows them all.",), ()
