"""What a soak found: figures, and what speaks against the service."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.load import percentile
from benchmarks.soak.chores import Chores
from benchmarks.soak.traffic import Traffic
from benchmarks.soak.watch import Growth, Sample, growths

MOST_MEMORY_GROWTH = 0.05
MOST_MORE_DESCRIPTORS = 8
"""A few more connections may be open at one time than at another; one a job or a swap would be more by far."""
ROLES = ("parent", "serving", "worker")


@dataclass(frozen=True)
class Outcome:
    """All that is known when it is over."""

    minutes: float
    rate: float
    seed: int
    traffic: Traffic
    chores: Chores
    samples: list[Sample]
    failure: str | None
    """What ended it early."""
    exit_code: int

    def growths(self) -> dict[str, tuple[Growth, Growth]]:
        """Of memory and descriptors, by role."""
        return {role: growths(self.samples, role) for role in ROLES}

    def problems(self) -> list[str]:
        """In words; none where all is well."""
        return list(self._problems())

    def _problems(self) -> Iterator[str]:
        if self.failure:
            yield self.failure
            return
        yield from self.traffic.wrong
        if self.exit_code != 0:
            yield f"after SIGTERM it ended with code {self.exit_code}"
        if not self.chores.ends["succeeded"]:
            yield "no retraining succeeded"
        for role, (memory, descriptors) in self.growths().items():
            if memory.share > MOST_MEMORY_GROWTH:
                yield f"memory of {role} grew from {memory.first:.0f} to {memory.second:.0f} MB"
            if descriptors.second - descriptors.first > MOST_MORE_DESCRIPTORS:
                yield f"file descriptors of {role} grew from {descriptors.first:.0f} to {descriptors.second:.0f}"

    def as_dict(self) -> dict[str, Any]:
        """As it is kept in JSON."""
        traffic, chores = self.traffic, self.chores
        return {
            "minutes": self.minutes,
            "rate": self.rate,
            "seed": self.seed,
            "answered": sum(traffic.answered.values()),
            "answered_by_kind": dict(sorted(traffic.answered.items())),
            "answers_compared": traffic.consistency.compared,
            "versions": traffic.consistency.versions,
            "wrong_or_missing": traffic.wrongs,
            "clients_went_away": traffic.went_away,
            "lost_with_a_killed_process": traffic.lost_to_kills,
            "chores": dict(sorted(chores.done.items())),
            "jobs": dict(sorted(chores.ends.items())),
            "swap_median_s": percentile(chores.swap_s, 50),
            "growth": {role: _growth(*found) for role, found in self.growths().items()},
            "exit_code": self.exit_code,
            "problems": self.problems(),
        }


def _growth(memory: Growth, descriptors: Growth) -> dict[str, list[float]]:
    return {
        "memory_mb": [memory.first, memory.second],
        "descriptors": [descriptors.first, descriptors.second],
    }


def table(found: dict[str, Any]) -> str:
    """The last result as Markdown, for docs/operations.md."""
    kills = Counter({name: count for name, count in found["chores"].items() if name.startswith("kill_")})
    rows = [
        ("measured", f"{found['measured']}, {found['minutes']:g} minutes, {found['machine']['cpus']} cores"),
        ("requests answered", f"{found['answered']:,}, of {len(found['answered_by_kind'])} kinds"),
        ("wrong, missing or answered twice", f"{found['wrong_or_missing']}"),
        ("answers compared with earlier ones of the same version", f"{found['answers_compared']:,}, all equal"),
        ("clients that went away on purpose", f"{found['clients_went_away']:,}"),
        ("versions that served", f"{len(found['versions'])}, {found['chores'].get('swap', 0)} swaps by hand"),
        ("jobs", ", ".join(f"{count} {state}" for state, count in found["jobs"].items())),
        ("killed with SIGKILL", ", ".join(f"{name[5:]} {count} times" for name, count in sorted(kills.items()))),
        ("lost with a killed serving process", f"{found['lost_with_a_killed_process']}"),
    ]
    for role, growth in found["growth"].items():
        (before_mb, after_mb), (before, after) = growth["memory_mb"], growth["descriptors"]
        what = f"{before_mb:.0f} MB, then {after_mb:.0f} MB; {before:.0f} descriptors, then {after:.0f}"
        rows.append((f"{role}: least of two halves of the settled time", what))
    rows.append(("exit code after SIGTERM", str(found["exit_code"])))
    return "\n".join(["| what | found |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])
