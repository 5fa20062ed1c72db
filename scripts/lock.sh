#!/bin/sh
# Regenerates requirements/*.lock from pyproject.toml: `sh scripts/lock.sh UV [ARG ...]`, e.g. with `--upgrade`.
# dev.lock is resolved first and the others are constrained by it, so that each is a part of it;
# gpu.lock differs in TensorFlow alone, which it takes with its CUDA libraries.
set -eu
uv=$1
shift
cd "$(dirname "$0")/.."

compile() {
    output=$1
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
        --no-header --no-annotate pyproject.toml --output-file "requirements/$output.lock" "$@"
    # What is for Windows alone, where Tercet does not run, would have other conditions in one lock file than in another.
    awk "/^[^ ]/ { windows = / ; sys_platform == 'win32' / } !windows" "requirements/$output.lock" >"requirements/$output.partial"
    mv "requirements/$output.partial" "requirements/$output.lock"
}
cpu() {
    compile "$@" requirements/cpu.in --overrides requirements/cpu-override.txt
}

cpu dev --extra train --extra redis --extra dev "$@"
cpu train --extra train --constraints requirements/dev.lock
cpu serve --constraints requirements/dev.lock
compile gpu --extra train --extra gpu --constraints requirements/dev.lock
