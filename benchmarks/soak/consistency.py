"""Whether all answers of a version to a text are the same, whichever process gave them and whenever."""

from collections import defaultdict
from collections.abc import Iterable

from benchmarks.soak.kinds import TOLERANCE, Finding, Probabilities


class Consistency:
    """What each version has said of each text so far."""

    def __init__(self) -> None:
        self._said: dict[str, dict[int, Probabilities]] = defaultdict(dict)
        self.compared = 0
        """Answers that could be compared with an earlier one."""

    @property
    def versions(self) -> list[int]:
        """Those that answered."""
        return sorted({version for said in self._said.values() for version in said})

    def note(self, findings: Iterable[Finding]) -> str | None:
        """Keep the findings; says which one contradicts what was said before, or does not add up to 1."""
        for version, text, probabilities in findings:
            if abs(sum(probabilities) - 1) > TOLERANCE:
                return f"probabilities {probabilities} do not add up to 1"
            known = self._said[text]
            if version is None:  # it may be any version's
                continue
            before = known.setdefault(version, probabilities)
            if before is not probabilities:
                self.compared += 1
                if not _same(before, probabilities):
                    return f"version {version} says {probabilities} of a text and said {before} before"
        return None


def _same(one: Probabilities, other: Probabilities) -> bool:
    return all(abs(a - b) <= TOLERANCE for a, b in zip(one, other, strict=True))
