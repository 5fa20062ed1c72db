"""Two services behind a load balancer are restarted one after the other, and no client notices."""

import asyncio
import contextlib
import itertools
import time

import httpx
import pytest

from tests import haproxy
from tests.app.process import Service, client_of, started
from tests.ports import free_port

pytestmark = pytest.mark.haproxy

TEXTS = ["the sea was calm", "a storm came over the sea", "nothing known"]
CLIENTS = 4
"""Of each kind: that keep their connection, and that take a new one for each request."""
PAUSE_S = 0.01


class Load:
    """Clients that ask without a break, and never again for the same; what was not as it should be."""

    def __init__(self, url, expected):
        self._url, self._expected = url, expected
        self._over = False
        self.answers = 0
        self.faults = []

    async def _ask(self, client, text):
        try:
            response = await client.post("/predict", json={"text": text})
        except httpx.HTTPError as error:
            self.faults.append(repr(error))
            return
        if response.status_code != 200 or response.json()["probabilities"] != pytest.approx(self._expected[text]):
            self.faults.append((response.status_code, response.text[:300]))
        self.answers += 1

    async def _keep_asking(self, *, fresh):
        async with contextlib.AsyncExitStack() as stack:
            kept = None if fresh else await stack.enter_async_context(self._client())
            for text in itertools.cycle(TEXTS):
                if self._over:
                    return
                async with contextlib.nullcontext(kept) if kept else self._client() as client:
                    await self._ask(client, text)
                await asyncio.sleep(PAUSE_S)

    def _client(self):
        return httpx.AsyncClient(base_url=self._url, timeout=30, trust_env=False)

    async def during(self, work):
        """Until `work`, which runs in a thread, is done."""
        async with asyncio.TaskGroup() as tasks:
            for fresh in [False, True] * CLIENTS:
                tasks.create_task(self._keep_asking(fresh=fresh))
            try:
                await asyncio.to_thread(work)
            finally:
                self._over = True


class Member:
    """One of the services, which is started again on its own port."""

    service: Service

    def __init__(self, folder, toy_models):
        folder.mkdir()
        self.port = free_port()
        self._folder, self._models = folder, toy_models
        self._stack = contextlib.ExitStack()

    def start(self):
        self.service = self._stack.enter_context(
            started(self._folder, DATA=self._models.parent, PORT=self.port, DRAIN_DELAY_S=0.6)
        )

    def end(self):
        self.service.terminate()
        assert self.service.exit_code() == 0
        assert "ERROR" not in self.service.log()
        self.close()

    def close(self):
        self._stack.close()


def predictions_of(service):
    with client_of(service) as client:
        return {text: client.post("/predict", json={"text": text}).json()["probabilities"] for text in TEXTS}


def wait_until_both_answer(url, members):
    """Return once the balancer sends to each of them."""
    with httpx.Client(base_url=url, trust_env=False) as client:
        for member in members:
            before, deadline = accepted(member), time.monotonic() + 30
            while accepted(member) == before:
                assert time.monotonic() < deadline
                client.post("/predict", json={"text": TEXTS[0]})


def accepted(member):
    with client_of(member.service) as client:
        return client.get("/statistics").json()["requests"]["accepted"]


def test_no_request_is_lost_in_a_rolling_restart_under_load(tmp_path, toy_models):
    members = [Member(tmp_path / name, toy_models) for name in ("one", "other")]

    def restart_each():
        for member in members:
            member.end()
            member.start()
            member.service.wait_until_ready()
            wait_until_both_answer(url, members)

    with contextlib.ExitStack() as stack:
        for member in members:
            stack.callback(member.close)
            member.start()
        for member in members:
            member.service.wait_until_ready()
        url = stack.enter_context(haproxy.running(tmp_path, [member.port for member in members]))
        wait_until_both_answer(url, members)
        load = Load(url, predictions_of(members[0].service))
        asyncio.run(load.during(restart_each))
    assert load.faults == []
    assert load.answers > 200
