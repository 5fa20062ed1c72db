"""What is known of a run between its commands: what it is, which parts are done, and what came of each.

Beside the parts, in the folder `.tercet`, which is gone when the run is over. Each part's record is written after it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from app.bulk.cluster.places import Place
from app.bulk.cluster.scoring import RECORDS, Done
from app.bulk.cluster.slices import Slice
from app.bulk.errors import ResumeError
from app.bulk.workplace import differences

BAD_ROWS = "_bad_rows.jsonl"
_AFRESH = "Start afresh with --restart."


class Records:
    """Of the run that writes parts into one folder."""

    def __init__(self, folder: Place) -> None:
        self._parts = folder
        self._folder = folder / RECORDS
        self.summary = folder / "_SUCCESS.json"
        """There once all parts are."""

    def began(self) -> bool:
        """Whether there is something to go on with."""
        return (self._folder / "run.json").exists()

    def open(
        self, identity: Mapping[str, str], target: Place, *, restart: bool = False, overwrite: bool = False
    ) -> None:
        """Begin, or go on. Raises `ResumeError` where what is there is of another run, naming every difference.

        `restart` forgets an unfinished run, `overwrite` a finished one; no file is removed that they did not write.
        """
        if (restart and self.began()) or (overwrite and self.summary.exists()):
            self._forget()
        self._folder.make_folder()
        if not self.began():
            (self._folder / "run.json").write(json.dumps(identity).encode())
            return
        try:
            before = json.loads((self._folder / "run.json").read())
        except ValueError as error:
            raise ResumeError(
                f"What an unfinished run left in {self._folder} is damaged ({error}). {_AFRESH}"
            ) from error
        if found := differences(before, identity):
            raise ResumeError(
                f"An unfinished run that writes {target} was another one ({'; '.join(found)}). "
                f"Repeat it as it was to go on. {_AFRESH}"
            )

    def plan(self, parts: Sequence[str]) -> None:
        """Say which parts there will be, before any is."""
        (self._folder / "plan.json").write(json.dumps(list(parts)).encode())

    def done(self, slices: Sequence[Slice]) -> dict[str, Done]:
        """Of the parts that are done, by name."""
        there = self._folder.names()
        names = [piece.part for piece in slices if f"{piece.part}.json" in there]
        return {name: Done(**json.loads((self._folder / f"{name}.json").read())) for name in names}

    def close(self, parts: Sequence[str], bad_rows: Place) -> None:
        """Write all bad rows to one file, in order, and the summary; and forget the rest."""
        done = {part: Done(**json.loads((self._folder / f"{part}.json").read())) for part in parts}
        lines = [(self._folder / f"{part}.bad").read() for part in parts if done[part].bad_rows]
        if lines:
            bad_rows.write(b"".join(lines))
        content = {"parts": {part: asdict(each) for part, each in done.items()}}
        self.summary.write(json.dumps(content, indent=1).encode() + b"\n")
        self._folder.remove()

    def _forget(self) -> None:
        """Each record goes before its part, so that whoever stops here leaves no record of a part that is gone."""
        plans = (self.summary, self._folder / "plan.json")
        parts = [part for plan in plans if plan.exists() for part in _parts(plan)]
        for part in dict.fromkeys(parts):
            (self._folder / f"{part}.json").remove()
            (self._parts / part).remove()
        (self._parts / BAD_ROWS).remove()
        self.summary.remove()
        self._folder.remove()


def _parts(plan: Place) -> list[str]:
    """The names in a summary or a plan. Raises `ResumeError` where it is damaged."""
    try:
        content = json.loads(plan.read())
        return list(content["parts"] if isinstance(content, dict) else content)
    except (ValueError, KeyError, TypeError) as error:
        raise ResumeError(f"{plan} is damaged ({error!r}). Remove the folder that it is in.") from error
