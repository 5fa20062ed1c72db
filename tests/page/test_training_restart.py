"""A training that is watched while the service restarts: the page says so, connects again and misses nothing."""

import contextlib
import re

import pytest
from playwright.sync_api import expect

from tests.ports import free_port
from tests.retraining import toy
from tests.retraining.playground import KEY, Playground

pytestmark = pytest.mark.browser

LONGEST_TRAINING_MS = 180_000


def test_the_curves_have_no_gap_where_the_service_restarts_meanwhile(tmp_path, toy_models, visit):
    playground = Playground.of_toys(tmp_path, toy_models, None, PORT=free_port())
    with contextlib.ExitStack() as running:
        service, admin = running.enter_context(playground.started())
        admin.upload("harbour", toy.csv(each=150))
        visited = visit(service.url)
        page = visited.open("/#training")
        page.get_by_label("Admin key").fill(KEY)
        page.get_by_role("button", name="Open").click()
        page.get_by_role("button", name="Start training").click()
        job = page.get_by_role("region", name="Training", exact=True)
        expect(job.get_by_role("img", name="Loss by epoch")).to_be_visible(timeout=LONGEST_TRAINING_MS)
        visited.expect(r"ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|\b503\b")
        service.terminate()
        assert service.exit_code() == 0
        expect(page.get_by_text(re.compile("Connecting again|Trying again"))).to_be_visible()
        running.enter_context(playground.started())
        expect(job).to_contain_text("The training succeeded", timeout=LONGEST_TRAINING_MS)
        expect(page.get_by_text(re.compile("Connecting again|Trying again"))).to_have_count(0)
        job.get_by_text("Figures of each epoch").first.click()
        rows = job.get_by_role("table", name="Figures of each epoch").get_by_role("rowheader").all_text_contents()
        assert [int(row.split()[0]) for row in rows] == list(range(1, len(rows) + 1))
