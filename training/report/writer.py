"""Writes a report's files into a folder: seven PNG figures and the page that holds them all."""

from pathlib import Path

from model.durable import write_bytes
from training.report.contents import ReportContents
from training.report.figures import FIGURES
from training.report.page import Picture, render
from training.report.theme import DARK, LIGHT, png

PAGE = "report.html"


def write_report(folder: Path, contents: ReportContents) -> tuple[Path, ...]:
    """Write the figures and `report.html` into `folder`, made if absent; the paths written, the page last.

    The same contents give the same bytes. The page needs none of the other files. OSError where the folder
    cannot be written.
    """
    pictures = {
        name: Picture(light=png(draw(contents, LIGHT)), dark=png(draw(contents, DARK)))
        for name, draw in FIGURES.items()
    }
    page = render(contents, pictures)
    files = {f"{name}.png": picture.light for name, picture in pictures.items()}
    # A label read from JSON may hold half a surrogate pair, which UTF-8 has no bytes for.
    files[PAGE] = page.encode("utf-8", "replace")
    for name, data in files.items():
        write_bytes(folder / name, data)
    return tuple(folder / name for name in files)
