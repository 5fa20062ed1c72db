"""A steady mix of requests, each of which has to be answered once, with what one version of the model says."""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import httpx

from benchmarks.soak.consistency import Consistency
from benchmarks.soak.kinds import KINDS, SEVERAL, Ask

_LONGEST_ANSWER_S = 60.0
_MOST_AT_A_TIME = 64
_FRESH, _GONE = 0.1, 0.02
"""Shares of requests that come on a connection of their own, and whose client goes away before the answer."""
_AFTER_A_KILL_S = 3.0
_MOST_WRONG = 20
"""That are kept in words."""


class Traffic:
    """Sends until it is cancelled; what came of it is in the counters."""

    def __init__(
        self, url: str, texts: Sequence[str], rate: float, seed: int, kinds: Mapping[Callable[..., Ask], int] = KINDS
    ) -> None:
        self._url, self._texts, self._every_s = url, texts, 1 / rate
        self._random = random.Random(seed)
        self._kinds, self._weights = list(kinds), list(kinds.values())
        self._room = asyncio.Semaphore(_MOST_AT_A_TIME)
        self._killed_at = float("-inf")
        self.answered: Counter[str] = Counter()
        """By kind."""
        self.went_away = 0
        """Requests whose client left on purpose."""
        self.lost_to_kills = 0
        """Requests that were with a process when it was killed."""
        self.wrong: list[str] = []
        self.wrongs = 0
        self.consistency = Consistency()

    def killed(self) -> None:
        """A process that answers was killed right now: what it had open is lost."""
        self._killed_at = time.monotonic()

    async def run(self) -> None:
        """Send at the rate, for ever; on cancellation, wait for the answers that are due."""
        limits = httpx.Limits(max_connections=2 * _MOST_AT_A_TIME, max_keepalive_connections=_MOST_AT_A_TIME)
        async with (
            httpx.AsyncClient(base_url=self._url, limits=limits, timeout=_LONGEST_ANSWER_S, trust_env=False) as client,
            asyncio.TaskGroup() as asking,
        ):
            try:
                await self._send(client, asking)
            except asyncio.CancelledError:
                return

    async def _send(self, client: httpx.AsyncClient, asking: asyncio.TaskGroup) -> None:
        due = time.monotonic()
        while True:
            due = max(due + self._every_s, time.monotonic() - 1)  # what was late is not made up for in a burst
            await asyncio.sleep(due - time.monotonic())
            await self._room.acquire()
            asking.create_task(self._one(client))

    async def _one(self, client: httpx.AsyncClient) -> None:
        kind = self._random.choices(self._kinds, self._weights)[0]
        ask = kind(self._random.sample(self._texts, SEVERAL))
        try:
            if self._random.random() < _GONE:
                await self._go_away(client, ask)
            else:
                await self._answered(client, kind.__name__, ask)
        finally:
            self._room.release()

    async def _go_away(self, client: httpx.AsyncClient, ask: Ask) -> None:
        self.went_away += 1
        request = client.build_request(ask.method, ask.path, content=ask.body, headers=ask.headers)
        sending = asyncio.create_task(client.send(request))
        await asyncio.sleep(self._random.uniform(0, 0.02))
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    async def _answered(self, client: httpx.AsyncClient, kind: str, ask: Ask) -> None:
        request_id = uuid.uuid4().hex
        headers = {"X-Request-ID": request_id, **ask.headers}
        if self._random.random() < _FRESH:
            headers["Connection"] = "close"
        try:
            answer = await client.request(ask.method, ask.path, content=ask.body, headers=headers)
        except httpx.TransportError as error:
            self._broken(kind, error)
            return
        if problem := self._problem(ask, answer, request_id):
            self._wrong(f"{kind}: {problem}")
        self.answered[kind] += 1

    def _broken(self, kind: str, error: httpx.TransportError) -> None:
        if time.monotonic() - self._killed_at < _AFTER_A_KILL_S:
            self.lost_to_kills += 1
        else:
            self._wrong(f"{kind}: no answer ({error!r})")

    def _problem(self, ask: Ask, answer: httpx.Response, request_id: str) -> str | None:
        """What is wrong with an answer, if anything."""
        if answer.headers.get("X-Request-ID") != request_id:
            return f"the answer to another request ({answer.headers.get('X-Request-ID')})"
        if answer.status_code != ask.status:
            return f"{answer.status_code} instead of {ask.status}: {answer.text[:200]}"
        if ask.read is None:
            return None
        try:
            return self.consistency.note(ask.read(answer.content, ask.texts))
        except (ValueError, KeyError, StopIteration) as error:
            return f"{error!r} in {answer.text[:200]}"

    def _wrong(self, what: str) -> None:
        self.wrongs += 1
        if len(self.wrong) < _MOST_WRONG:
            self.wrong.append(what)
