"""The wheel that `pip install .` makes: all three packages, and what ships with them where the code looks for it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def members(tmp_path_factory) -> dict[str, int]:
    """Every file of the wheel and its size in bytes."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = folder.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        return {member.filename: member.file_size for member in archive.infolist()}


def test_it_holds_the_packages_and_nothing_else_of_the_tree(members):
    tops = {name.partition("/")[0] for name in members}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"app", "model", "training"}
    assert {name for name in members if name.endswith("__main__.py")} == {"app/__main__.py", "training/__main__.py"}


def test_it_holds_every_asset_as_it_is(members):
    assets = [path for path in (ROOT / "assets").rglob("*") if path.is_file()]
    assert assets
    for path in assets:
        assert members[f"model/{path.relative_to(ROOT).as_posix()}"] == path.stat().st_size


def test_it_holds_the_templates_of_the_report(members):
    assert [name for name in members if name.startswith("training/") and name.endswith(".jinja")]


def test_it_holds_the_migrations_of_the_database(members):
    folder = ROOT / "app" / "storage" / "migrations"
    migrations = [path.relative_to(ROOT).as_posix() for path in folder.rglob("*.py")]
    assert "app/storage/migrations/env.py" in migrations
    assert set(migrations) <= set(members)


def test_it_holds_the_page(members):
    files = [path.relative_to(ROOT).as_posix() for path in (ROOT / "app" / "page").rglob("*") if path.is_file()]
    assert "app/page/index.html" in files
    assert set(files) <= set(members)


def test_it_carries_its_licence(members):
    names = [name.partition(".dist-info/")[2] for name in members]
    assert {"licenses/LICENSE", "licenses/NOTICE"} <= set(names)
