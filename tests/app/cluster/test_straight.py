"""In a process of its own, since it imports Ray."""

import json
import subprocess
import sys

_PROGRAM = """
import asyncio, json, sys
from types import SimpleNamespace
from app.cluster import straight

asked, status = [], 200

def app(name):
    async def called(scope, receive, send):
        asked.append(name)
        await send({"type": "http.response.start", "status": status, "headers": []})
    return called

async def send(message):
    pass

async def ask(middleware, path):
    await middleware({"type": "http", "path": path}, None, send)

async def scenario():
    global status
    proxy, replica = straight.Straight(app("ray")), straight.Straight(app("ray"))
    await ask(proxy, "/predict")
    held = SimpleNamespace(straight=app("ours"), leave=lambda: asked.append("leaves"))
    straight.serve = SimpleNamespace(get_replica_context=lambda: SimpleNamespace(servable_object=held))
    await ask(replica, "/predict")
    await ask(replica, "/-/healthz")
    status = 503
    await ask(replica, "/predict")
    await ask(replica, "/-/healthz")

asyncio.run(scenario())
print(json.dumps(asked))
"""


def test_requests_go_straight_to_what_the_replica_holds_and_the_end_is_noticed():
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == ["ray", "ours", "ray", "ours", "ray", "leaves"]
