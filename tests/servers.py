"""`python -m tests.servers` prints what to add to pytest's `-m` for servers that are not installed here.

Of each it says so on standard error, so that nobody takes what was left out for passed.
"""

import shutil
import sys

from tests import postgres, redis_server


def main() -> None:
    """What the module says above."""
    found = {"Postgres": postgres.programs(), "Redis": shutil.which(redis_server.PROGRAM)}
    for name in (name for name, program in found.items() if program is None):
        sys.stderr.write(f"{name} is not installed: the tests that need it are left out.\n")
        sys.stdout.write(f" and not {name.lower()}")


if __name__ == "__main__":
    main()
