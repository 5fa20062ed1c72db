"""`python -m tests.servers` prints what to add to pytest's `-m` for programs that are not installed here.

Of each it says so on standard error, so that nobody takes what was left out for passed.
"""

import shutil
import sys

from tests import chromium, haproxy, postgres, redis_server
from tests.clients import environment
from tests.deploy import kubectl


def main() -> None:
    """What the module says above."""
    programs = {
        "postgres": ("Postgres", postgres.programs()),
        "redis": ("Redis", shutil.which(redis_server.PROGRAM)),
        "haproxy": ("HAProxy", haproxy.program()),
        "browser": ("Chromium", chromium.program()),
        "kubectl": ("kubectl", kubectl.program()),
        "promtool": ("promtool", shutil.which("promtool")),
        "clients": ("The environment of tests/clients", environment.FOLDER if environment.wanted() else None),
    }
    for marker, (name, program) in programs.items():
        if program is None:
            sys.stderr.write(f"{name} is not installed: the tests that need it are left out.\n")
            sys.stdout.write(f" and not {marker}")


if __name__ == "__main__":
    main()
