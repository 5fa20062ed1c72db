"""What a person is told of a search: the best values beside the preset's, the gain, and how to use them."""

from pathlib import Path

from training.tuning.findings import Findings
from training.tuning.space import Value

TUNING = "tuning.json"
PAGE = "report.html"


def summary(findings: Findings, folder: Path, command: str) -> str:
    """Lines for a terminal; the report is in `folder`, `command` trains with the best values."""
    search, best = findings.search, findings.best
    if best is None:
        return f"No trial of {search.study} was measured to its end yet; the same command goes on."
    width = max(map(len, best.parameters))
    changes = [
        f"  {name:<{width}}  {printed(value)}  ({search.preset}: {printed(search.preset_values[name])})"
        for name, value in best.parameters.items()
    ]
    lines = [f"{counted(findings)} on {search.rows:,} rows in {search.folds} folds.", verdict(findings), *changes]
    if best is not findings.of_preset:
        lines += ["To train with them (crossval takes the same options, and says what they are worth):", f"  {command}"]
    return "\n".join([*lines, f"The report is {folder / PAGE}."])


def counted(findings: Findings) -> str:
    """How many trials there were, and how long they took."""
    finished = findings.count("complete") + findings.count("pruned")
    return f"{finished} trials in {findings.seconds:,.0f} s, {findings.count('pruned')} of them pruned,"


def verdict(findings: Findings) -> str:
    """The best log loss against that of the preset, in a sentence or two."""
    best, gain, preset = findings.best, findings.gain, findings.search.preset
    if best is None:
        return "No trial was measured to its end."
    found = f"Trial {best.number} is the best: log loss {best.log_loss:.4f}"
    if gain is None:
        return f"{found}. The values of {preset} are outside this search, so there is no gain to tell."
    if best is findings.of_preset:
        return f"{found}. It has the values of {preset}: nothing better was found."
    told = f"{found}, {gain[0]:.4f} ± {gain[1]:.4f} lower than with the values of {preset}."
    if gain[0] < 2 * gain[1]:
        told += " That is within what the folds differ by; take it for no gain before a cross-validation shows one."
    return told


def printed(value: Value) -> str:
    """A value to four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
