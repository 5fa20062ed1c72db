import asyncio

from app.cluster.unnamed import Unnamed


def test_the_request_id_is_left_to_the_proxy():
    sent = []

    async def app(scope, receive, send):
        headers = [(b"x-request-id", b"a"), (b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"yes"})

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request"}

    asyncio.run(Unnamed(app)({"type": "http"}, receive, send))
    assert sent[0]["headers"] == [(b"content-type", b"text/plain")]
    assert sent[1]["body"] == b"yes"
