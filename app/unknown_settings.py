"""Variables that look like settings and are none, such as a misspelt one; else nobody would notice."""

import difflib
import os
import re
from collections.abc import Iterator, Mapping

from dotenv import dotenv_values

from app.settings import PREFIX, Settings

_OTHERS = frozenset(
    f"{PREFIX}{name}"
    for name in (
        *("JOB", "TEST_BROWSER", "ACCEPTANCE_DATA", "SCHEMA_KEY"),
        *("TAG", "PUBLISH", "BALANCER_PUBLISH", "REPLICAS", "GPUS", "API_MEMORY", "WORKER_MEMORY"),
    )
)
"""That the tests, trainings and docker-compose.yml know; all of them read `.env` or the same environment."""
_CLOSE = 0.7
"""How alike names have to be, as difflib measures it, for the one to be meant by the other."""
_SERVICE_LINK = re.compile(r".*_SERVICE_(HOST|PORT)(_\w+)?|.*_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?")
"""What Kubernetes sets in a pod beside a service whose name begins with tercet."""
_LINK = re.compile(r"(tcp|udp|sctp)://")


def warnings() -> Iterator[str]:
    """A line for each such variable of the environment and of `.env`; none shows a value."""
    given = {name: value or "" for name, value in dotenv_values(".env").items()} | os.environ
    return unknown(given)


def unknown(given: Mapping[str, str]) -> Iterator[str]:
    """The same, for these variables and their values."""
    names = [name.upper() for name in Settings.model_fields]
    known = {PREFIX + name for name in names}
    for name, value in sorted(given.items()):
        upper = name.upper()
        if not upper.startswith(PREFIX) or upper in known | _OTHERS:
            continue
        if _SERVICE_LINK.fullmatch(upper) or _LINK.match(value):
            continue
        close = difflib.get_close_matches(upper.removeprefix(PREFIX), names, n=1, cutoff=_CLOSE)
        advice = f"did you mean {PREFIX}{close[0]}?" if close else ".env.example lists them all."
        yield f"Warning: {name[:80]} is no setting; {advice}"
