"""Draws the figures of docs/layers.md from the bundle that ships: `python -m scripts.draw_layers` in the root.

`--folder` takes another place than docs/images/layers, `--bundle` another bundle of the preset `reference`.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from model import durable
from model.bundle import verify
from scripts.layer_figures import FIGURES
from scripts.layer_figures.walk import walk
from training.report.theme import LIGHT, png

SENTENCE = "At low tide a path led out to the old tower, and nobody in Harrowmere had dared to open its door."
"""Twenty words that the vocabulary has, and one that it has not."""
ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "images" / "layers"
BUNDLE = ROOT / "assets" / "bundles" / "spooky-authors" / "1"


def draw(bundle: Path, folder: Path) -> list[Path]:
    """Write every figure into `folder`, which is made; the paths. Raises `BundleError`."""
    seen = walk(verify(bundle), SENTENCE)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, figure in FIGURES.items():
        path = folder / f"{name}.png"
        durable.write_bytes(path, png(figure(seen, LIGHT)))
        paths.append(path)
    return paths


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Draw the figures of docs/layers.md.")
    parser.add_argument("--bundle", type=Path, default=BUNDLE)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    chosen = parser.parse_args(arguments)
    for path in draw(chosen.bundle, chosen.folder):
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
