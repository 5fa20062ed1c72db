"""The bill of materials has every package that is locked, with its hashes, and is what it says it is."""

import json
import sys

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from model.version import __version__
from scripts import bill_of_materials
from scripts.bill_of_materials import LOCKS
from tests.test_lock_files import entries


@pytest.fixture(scope="module")
def bills(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sbom")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["bill_of_materials", str(folder)])
        bill_of_materials.main()
    return {lock: json.loads((folder / f"{lock}.cdx.json").read_text()) for lock in LOCKS}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_is_in_it_with_all_its_hashes(bills, lock):
    expected = {}
    for entry in entries(lock):
        head, *hashes = entry.replace("\\\n", " ").split(" --hash=sha256:")
        expected[head.partition(";")[0].strip()] = {each.strip() for each in hashes}
    found = {
        f"{component['name']}=={component['version']}": {
            each["content"] for reference in component["externalReferences"] for each in reference.get("hashes", ())
        }
        for component in bills[lock]["components"]
    }
    assert found == expected
    assert len(found) > 50


def test_it_keeps_to_the_standard_and_names_tercet(bills):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bills["serve"])) is None
    component = bills["serve"]["metadata"]["component"]
    assert (component["name"], component["version"]) == ("tercet", __version__)


def test_what_is_served_says_its_licences(bills):
    components = bills["serve"]["components"]
    unknown = [each["name"] for each in components if "licenses" not in each and "tensorflow" not in each["name"]]
    assert len(unknown) <= 0.1 * len(components), unknown
    by_name = {each["name"]: each.get("licenses") for each in components}
    assert by_name["fastapi"] == [{"expression": "MIT"}]
