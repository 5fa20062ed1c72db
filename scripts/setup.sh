#!/bin/sh
# Installs requirements/NAME.lock into .venv with the first Python that fits: `sh scripts/setup.sh NAME`.
# PYTHON names the interpreter to take instead; .venv is then made anew where it is of another version.
set -u
cd "$(dirname "$0")/.." || exit 1
name=$1
if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON"
else
    set -- python3.13 python3.12 python3.11 python3 python
fi

# Each candidate is run, since version managers put stand-ins on PATH that only fail. Where none fits,
# one that runs at all is left to scripts/venv.py, which says what it lacks.
for condition in \
    "import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" \
    "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" \
    "import sys; sys.exit(sys.version_info[0] < 3)"
do
    for candidate do
        if "$candidate" -c "$condition" >/dev/null 2>&1; then
            exec "$candidate" scripts/venv.py ${PYTHON:+--same-python} "$name"
        fi
    done
done
echo "Tercet needs Python 3.11, 3.12 or 3.13; tried: $*. Name another with PYTHON=/path/to/python3." >&2
exit 1
