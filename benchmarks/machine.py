"""What the figures were measured on. Reads the versions of installed packages without importing them."""

import os
import platform
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Processor, cores, Python, TensorFlow and Keras."""
    return {
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "tensorflow": _version("tensorflow"),
        "keras": _version("keras"),
    }


def _processor() -> str:
    """The processor's name for itself, where the system tells (Linux)."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(module: str) -> str:
    """Of the package that a module comes from: TensorFlow's has several names."""
    return version(packages_distributions()[module][0])
