"""Where the files that ship with Tercet are: the default bundle and the vectors in the box."""

from pathlib import Path


def assets_folder() -> Path:
    """`assets/` of the checkout, or the copy inside the installed package."""
    package = Path(__file__).parent
    installed = package / "assets"
    return installed if installed.is_dir() else package.parent / "assets"
