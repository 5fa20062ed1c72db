"""A client that asks at a steady rate over connections that it keeps, whatever the service does meanwhile."""

import asyncio
import itertools
import json
import threading
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

_CONNECTIONS = 16
_LONGEST_ANSWER_S = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request; the times are those of the client's clock, in seconds since its start."""

    text: str
    asked_s: float
    answered_s: float
    status: int
    content: Any


class SteadyClient:
    """Asks for one text after another, `rate` times a second, from the block's beginning to its end."""

    def __init__(self, url: str, texts: list[str], rate: int = 200) -> None:
        self._host, self._port = urlsplit(url).hostname, urlsplit(url).port
        self._requests = [(text, _request(text)) for text in texts]
        self._rate = rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self.answers: list[Answer] = []
        self.failures: list[str] = []
        """Requests that were not answered at all."""
        self.asked = 0
        self.lasted_s = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    async def _run(self) -> None:
        due: asyncio.Queue[tuple[str, bytes] | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        connections = [asyncio.create_task(self._connection(due)) for _ in range(_CONNECTIONS)]
        for number in itertools.count():
            await asyncio.sleep(max(0.0, self._began + number / self._rate - loop.time()))
            if self._stop.is_set():
                break
            due.put_nowait(self._requests[number % len(self._requests)])
            self.asked += 1
        self.lasted_s = loop.time() - self._began
        for _ in connections:
            due.put_nowait(None)
        await asyncio.gather(*connections)

    async def _connection(self, due: asyncio.Queue[tuple[str, bytes] | None]) -> None:
        loop = asyncio.get_running_loop()
        reader, writer = await asyncio.open_connection(self._host, self._port)
        while (item := await due.get()) is not None:
            text, request = item
            asked_s = loop.time() - self._began
            try:
                async with asyncio.timeout(_LONGEST_ANSWER_S):
                    writer.write(request)
                    status, content = await _answer(reader)
            except (OSError, EOFError, TimeoutError) as error:
                self.failures.append(f"{asked_s:.2f} s: {error!r}")
                writer.close()
                reader, writer = await asyncio.open_connection(self._host, self._port)
            else:
                self.answers.append(Answer(text, asked_s, loop.time() - self._began, status, content))
        writer.close()


def _request(text: str) -> bytes:
    body = json.dumps({"text": text}).encode()
    head = (
        f"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, Any]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    status, (_, _, after) = int(head.split()[1]), head.partition("content-length:")
    return status, json.loads(await reader.readexactly(int(after.split("\r\n")[0])))
