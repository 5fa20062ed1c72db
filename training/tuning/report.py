"""Writes what a search has found into a folder: `tuning.json`, and `report.html` with its figures inside."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from model.durable import write_bytes, write_text
from training.report.theme import DARK, LIGHT, Theme, png
from training.tuning.figures import history, importances, slices
from training.tuning.findings import Findings
from training.tuning.summary import PAGE, TUNING, counted, printed, verdict

_TEMPLATE = "tuning.html.jinja"


def write_report(folder: Path, findings: Findings) -> tuple[Path, Path]:
    """Write both files, each at once or not at all; the folder is made if absent. OSError where it cannot be."""
    page, figures = folder / PAGE, folder / TUNING
    write_text(figures, json.dumps(findings.as_dict(), indent=1) + "\n")
    write_bytes(page, render(findings).encode("utf-8", "replace"))
    return figures, page


def render(findings: Findings) -> str:
    """The page."""
    environment = Environment(
        loader=PackageLoader("training.tuning"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["printed"] = printed
    return environment.get_template(_TEMPLATE).render(
        findings=findings,
        search=findings.search,
        counted=counted(findings),
        verdict=verdict(findings),
        pictures={name: _picture(draw, findings) for name, draw in _drawn(findings).items()},
    )


def _drawn(findings: Findings) -> dict[str, Callable[[Findings, Theme], Figure]]:
    if findings.best is None:
        return {}
    shown: dict[str, Callable[[Findings, Theme], Figure]] = {"Trials": history}
    if findings.importances:
        shown["What mattered"] = importances
    return shown | {"Values tried": slices}


def _picture(draw: Callable[[Findings, Theme], Figure], findings: Findings) -> tuple[str, str]:
    """The figure on light and on dark paper, as data URLs."""
    light, dark = (base64.b64encode(png(draw(findings, theme))).decode("ascii") for theme in (LIGHT, DARK))
    return f"data:image/png;base64,{light}", f"data:image/png;base64,{dark}"
