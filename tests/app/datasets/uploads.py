"""Requests and files for tests of data sets."""

import asyncio
import hashlib
import json

from starlette.requests import Request

from app.datasets.upload import Upload

CSV = b"text,label\n" + b"".join(b"text number %d,%s\n" % (n, (b"calm", b"storm")[n % 2]) for n in range(40))


def request_of(*chunks, stays=False, **headers):
    """A request that sends `chunks`; None stands for a client that leaves, an awaitable for one that thinks.

    After its body it `stays` until it is answered, or leaves.
    """
    left = list(chunks)

    async def receive():
        if stays and not left:
            await asyncio.Event().wait()
        chunk = left.pop(0) if left else None
        if chunk is None:
            return {"type": "http.disconnect"}
        if not isinstance(chunk, bytes):
            await chunk
        return {"type": "http.request", "body": chunk, "more_body": bool(left)}

    names = [(name.replace("_", "-").encode(), str(value).encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "PUT", "path": "/", "headers": names}, receive)


def upload_of(folder, content=CSV, extension=".csv"):
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(content).hexdigest()
    path = folder / f".upload-{digest[:8]}"
    path.write_bytes(content)
    return Upload(path, extension, len(content), digest)


def facts(text_column="text", label_column="label", **others):
    """What the check says of `CSV`."""
    found = {
        "source": "a.csv",
        "rows_read": 40,
        "rows": 40,
        "labels": {"calm": 20, "storm": 20},
        "duplicates": 0,
        "columns": ["text", "label"],
        "text_column": text_column,
        "label_column": label_column,
        "fingerprint": "0" * 64,
        "problems": [],
    }
    return json.loads(json.dumps(found | others))
