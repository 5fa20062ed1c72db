"""How often the kernel killed a process for lack of memory, on the machine and in this control group.

Compared before and after: a process that nobody here killed and that ended by SIGKILL meanwhile was most likely one.
"""

import re
from pathlib import Path

_COUNTERS = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)
_EVERYWHERE = (
    Path("/proc/vmstat"),
    Path("/sys/fs/cgroup/memory.events"),  # of the container, or of a machine's root
    Path("/sys/fs/cgroup/memory/memory.oom_control"),  # version 1
)


def count() -> int:
    """The sum of the counters that can be read here; of use only beside another one."""
    texts = map(_text, (*_EVERYWHERE, _own_group() / "memory.events"))
    return sum(int(found) for text in texts for found in _COUNTERS.findall(text))


def _own_group() -> Path:
    """The control group of this process (cgroups(7), version 2)."""
    line = next((line for line in _text(Path("/proc/self/cgroup")).splitlines() if line.startswith("0::")), "0::/")
    return Path("/sys/fs/cgroup") / line.removeprefix("0::").lstrip("/")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
