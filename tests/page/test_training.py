""" "Models and training": with an admin's key, from an upload to a version that serves, and back."""

import re
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.page.accessibility import violations
from tests.page.visits import DARK, PHONE
from tests.retraining import toy
from tests.retraining.playground import KEY, Playground

pytestmark = pytest.mark.browser

LONGEST_TRAINING_MS = 120_000
EPOCHS = 3


@pytest.fixture(scope="module")
def playground(tmp_path_factory, toy_models):
    """The address of a service that retrains, with a toy model as version 1 and a data set `harbour`; and an admin."""
    folder = tmp_path_factory.mktemp("console")
    with Playground.of_toys(folder, toy_models, None).started() as (service, admin):
        admin.upload("harbour", toy.csv(seed=1))
        yield service.url, admin


@pytest.fixture
def address(playground):
    return playground[0]


@pytest.fixture
def admin(playground):
    """With version 1 in service."""
    found = playground[1]
    if found.get("/model").json()["version"] != 1:
        assert found.post("/models/1/promote").status_code == 200
    return found


@pytest.fixture
def trained(admin):
    """The data set of a training that succeeded, there or made now."""
    for job in admin.get("/jobs").json()["jobs"]:
        if job["state"] == "succeeded":
            return job["order"]["dataset"]["name"]
    assert admin.ended(admin.retrain("harbour", epochs=1))["state"] == "succeeded"
    return "harbour"


@pytest.fixture
def page(address, admin, visit):
    """The console, opened with the key."""
    page: Page = visit(address).open("/#training")
    enter(page, KEY)
    expect(panel(page, "Versions").get_by_role("heading", name="Version 1", exact=True)).to_be_visible()
    return page


def enter(page: Page, key: str) -> None:
    page.get_by_label("Admin key").fill(key)
    page.get_by_role("button", name="Open").click()


def panel(page: Page, name: str):
    return page.get_by_role("region", name=name, exact=True)


def job_panel(page: Page):
    """Of the training that is looked at, by whatever name."""
    return page.get_by_role("region", name=re.compile(r"^Training\b"))


def csv_file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": content}


def upload(page: Page, name: str, content: bytes) -> None:
    panel(page, "Data sets").get_by_label("File", exact=True).set_input_files(csv_file(f"{name}.csv", content))
    expect(panel(page, "Data sets").get_by_label("Name")).to_have_value(name)
    panel(page, "Data sets").get_by_role("button", name="Upload").click()


def train(page: Page, dataset: str, epochs: int, promote: str) -> None:
    form = panel(page, "Train a new version")
    form.get_by_label("Data set").select_option(dataset)
    form.get_by_label("Epochs, at most").fill(str(epochs))
    form.get_by_role("radio", name=promote).check()
    form.get_by_role("button", name="Start training").click()


def card(page: Page, version: int):
    heading = page.get_by_role("heading", name=f"Version {version}", exact=True)
    return panel(page, "Versions").get_by_role("listitem").filter(has=heading)


def let_serve(page: Page, button: str, answer: str) -> None:
    panel(page, "Versions").get_by_role("button", name=button).click()
    page.get_by_role("dialog").get_by_role("button", name=answer).click()


def expect_curves(job: Locator, epochs: list[Any]) -> None:
    """The losses of these, in the picture and in the table."""
    assert len(epochs) == EPOCHS
    expect(job.get_by_role("img", name=f"Loss by epoch, 1 to {EPOCHS}.")).to_be_visible()
    job.locator("summary", has_text="Figures of each epoch").click()
    rows = job.get_by_role("table", name="Figures of each epoch").get_by_role("row")
    for row, epoch in zip(rows.all()[1:], epochs, strict=True):
        expect(row).to_contain_text(f"{epoch['loss']:.4f}")
        expect(row).to_contain_text(f"{epoch['validation_loss']:.4f}")


def test_a_data_set_becomes_a_version_that_serves_and_is_rolled_back(page, admin):
    upload(page, "weather", toy.csv())
    expect(panel(page, "Data sets")).to_contain_text("weather is kept. It has 75 rows to learn from, with 3 labels")
    train(page, "weather", EPOCHS, "Never")
    job = job_panel(page)
    expect(job.get_by_role("progressbar")).to_be_visible()
    expect(job).to_contain_text("The training succeeded", timeout=LONGEST_TRAINING_MS)
    (ended,) = admin.get("/jobs?limit=1").json()["jobs"]
    version = ended["result"]["version"]
    expect(job).to_contain_text(f"Version {version} is trained. It was not put in service.")
    expect(job.get_by_role("img", name="Difference of the log loss")).to_be_visible()
    expect_curves(job, [data for _, kind, data in admin.events(ended["id"]) if kind == "epoch"])

    let_serve(page, f"Let version {version} serve", "Let it serve")
    expect(panel(page, "Versions")).to_contain_text(f"Version {version} serves now")
    expect(card(page, version)).to_contain_text("serves")
    expect(page.get_by_role("banner")).to_contain_text(f"version {version}")
    assert admin.get("/model").json()["version"] == version

    let_serve(page, "Roll back to version 1", "Roll back")
    expect(panel(page, "Versions")).to_contain_text("Version 1 serves now")
    expect(page.get_by_role("banner")).to_contain_text("version 1")
    assert admin.get("/model").json()["version"] == 1


def test_a_training_is_cancelled(page, admin):
    train(page, "harbour", 200, "Never")
    job = job_panel(page)
    expect(job.get_by_text("running", exact=True)).to_be_visible(timeout=LONGEST_TRAINING_MS)
    job.get_by_role("button", name="Cancel the training").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the training").click()
    expect(job).to_contain_text("The training was cancelled")
    assert admin.get("/jobs?limit=1").json()["jobs"][0]["state"] == "cancelled"


def test_a_key_that_is_not_an_admins_is_refused_in_words_and_the_next_one_taken(address, admin, visit):
    visited = visit(address)
    visited.expect("401")
    page = visited.open("/#training")
    enter(page, "not-a-key-of-this-service")
    expect(page.get_by_role("status").filter(has_text="The service does not know this key.")).to_be_visible()
    enter(page, KEY)
    expect(panel(page, "Versions")).to_be_visible()
    page.get_by_role("button", name="Forget the key").click()
    expect(page.get_by_label("Admin key")).to_have_value("")
    expect(panel(page, "Versions")).to_have_count(0)


def test_the_key_is_nowhere_but_in_memory(page, address):
    assert (
        page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie, location.href])").count(KEY) == 0
    )
    page.reload()
    expect(page.get_by_label("Admin key")).to_have_value("")


def test_a_file_that_no_training_could_use_is_refused_in_words(address, admin, visit):
    visited = visit(address)
    visited.expect("422")
    page = visited.open("/#training")
    enter(page, KEY)
    upload(page, "nothing", b"one,two\n1,2\n")
    expect(panel(page, "Data sets").get_by_role("status")).to_contain_text("column")
    assert "nothing" not in {each["name"] for each in admin.get("/datasets").json()["datasets"]}


def test_a_data_set_is_deleted_after_a_question(page, admin):
    upload(page, "passing", toy.csv(seed=2))
    expect(panel(page, "Data sets")).to_contain_text("passing is kept")
    delete = panel(page, "Data sets").get_by_role("button", name="Delete data set passing")
    delete.click()
    page.keyboard.press("Escape")
    expect(delete).to_be_visible()
    delete.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(panel(page, "Data sets")).to_contain_text("Data set passing is deleted.")
    assert "passing" not in {each["name"] for each in admin.get("/datasets").json()["datasets"]}


def test_the_console_is_opened_and_a_version_chosen_by_keyboard_alone(address, admin, visit):
    page = visit(address).open("/#training")
    page.get_by_label("Admin key").focus()
    page.keyboard.type(KEY)
    page.keyboard.press("Enter")
    expect(panel(page, "Data sets")).to_be_visible()
    page.get_by_label("Epochs, at most").focus()
    page.keyboard.type("2")
    expect(page.get_by_label("Epochs, at most")).to_have_value("2")


@pytest.mark.parametrize("options", [{}, DARK, PHONE, PHONE | DARK], ids=["light", "dark", "phone", "dark phone"])
def test_everybody_can_use_it_whatever_the_colours_and_the_width(address, visit, trained, options):
    visited = visit(address, **options)
    page = visited.open("/#training")
    expect(page.get_by_label("Admin key")).to_be_visible()
    assert violations(page) == []
    enter(page, KEY)
    expect(panel(page, "Data sets").get_by_role("heading", name="harbour")).to_be_visible()
    panel(page, "Trainings so far").get_by_role("button", name=f"Show the training on {trained}").first.click()
    expect(page.get_by_role("heading", name=re.compile(r"Version \d+ is trained"))).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
