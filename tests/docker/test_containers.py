"""What the containers of api and worker may do, asked of the engine and of the containers themselves."""

import json

import pytest

from tests.docker.compose import IMAGE, docker

pytestmark = pytest.mark.docker

SERVICES = ("api", "worker")
LARGEST_IMAGE = 1_450_000_000
OWNERS = "import glob, os; print({os.stat(p).st_uid for p in glob.glob('/proc/[0-9]*')})"
STATUS = """
import glob, json, os
status = [dict(line.split(':\\t', 1) for line in open(f'{p}/status').read().splitlines() if ':\\t' in line)
          for p in glob.glob('/proc/[0-9]*') if os.access(f'{p}/status', os.R_OK)]
print(json.dumps(sorted({(s['CapEff'], s['CapBnd'], s['NoNewPrivs']) for s in status})))
"""
WRITABLE = """
import os
mounts = {line.split()[1]: line.split()[3].split(',')[0] for line in open('/proc/mounts')}
places = ('/', '/data', '/opt/tercet', '/srv/tercet', '/tmp', '/usr')
print(mounts['/'], [place for place in places if os.access(place, os.W_OK)])
"""
LIMITS = """
from pathlib import Path
group = Path('/sys/fs/cgroup')
memory = [group / 'memory.max', group / 'memory/memory.limit_in_bytes']
processes = [group / 'pids.max', group / 'pids/pids.max']
print(*[next(path for path in paths if path.exists()).read_text().strip() for paths in (memory, processes)])
"""


@pytest.fixture(params=SERVICES)
def service(request):
    return request.param


def test_no_process_is_root(installed, service):
    assert installed.python(service, OWNERS) == "{10001}"


def test_no_process_has_a_capability_or_can_gain_privileges(installed, service):
    assert json.loads(installed.python(service, STATUS)) == [["0" * 16, "0" * 16, "1"]]


def test_only_the_volume_and_what_is_temporary_can_be_written(installed, service):
    assert installed.python(service, WRITABLE) == "ro ['/data', '/tmp']"


@pytest.mark.parametrize(("service", "memory"), [("api", 2 << 30), ("worker", 4 << 30)])
def test_memory_and_processes_are_limited(installed, service, memory):
    assert installed.python(service, LIMITS) == f"{memory} 512"


def test_what_settings_switch_on_is_in_the_image(installed):
    assert (
        installed.python("api", "import opentelemetry.sdk.trace, psycopg, redis, app.tracing.export; print('ok')")
        == "ok"
    )


def test_settings_of_the_file_reach_both(installed, service):
    assert installed.python(service, "import os; print(os.environ['TERCET_ACCESS_LOG'])") == "true"


def test_the_image_says_what_it_is_and_is_no_larger_than_it_was():
    (image,) = json.loads(docker("image", "inspect", IMAGE))
    assert image["Config"]["User"] == "10001:10001"
    assert image["Config"]["Labels"]["org.opencontainers.image.title"] == "Tercet"
    assert image["Config"]["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert image["Size"] < LARGEST_IMAGE
