#!/bin/sh
# Regenerates requirements/*.lock from pyproject.toml: `sh scripts/lock.sh UV [ARG ...]`, e.g. with `--upgrade`.
# dev.lock is resolved first and the others are constrained by it, so that each is a part of it;
# image.lock is what the container image has, ray.lock the same with Ray; gpu.lock differs from it in TensorFlow alone, which it takes with its
# CUDA libraries. clients.lock is for tests/clients alone and has nothing to do with the others.
set -eu
uv=$1
shift
cd "$(dirname "$0")/.."

compile() {
    output=$1
    source=$2
    shift 2
    "$uv" pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
        --no-header --no-annotate "$source" --output-file "requirements/$output.lock" "$@"
    # What is for Windows alone, where Tercet does not run, would have other conditions in one lock file than in another.
    awk "/^[^ ]/ { windows = / ; sys_platform == 'win32' / } !windows" "requirements/$output.lock" >"requirements/$output.partial"
    mv "requirements/$output.partial" "requirements/$output.lock"
}
cpu() {
    output=$1
    shift
    compile "$output" pyproject.toml "$@" requirements/cpu.in --overrides requirements/cpu-override.txt
}

cpu dev --extra train --extra redis --extra otel --extra ray --extra dev "$@"
cpu train --extra train --constraints requirements/dev.lock
cpu serve --constraints requirements/dev.lock
cpu image --extra train --extra redis --extra otel --constraints requirements/dev.lock
cpu ray --extra train --extra redis --extra otel --extra ray --constraints requirements/dev.lock
compile gpu pyproject.toml --extra train --extra redis --extra otel --extra gpu --constraints requirements/dev.lock

# What KServe asks for and its client of REST does not import: a sixth of the size.
unneeded=
for name in aiohappyeyeballs aiohttp aiohttp-retry aiosignal attrs cffi cryptography frozenlist grpcio-tools httptools \
    multidict pillow propcache pyasn1 pycparser pyjwt python-dotenv setuptools uvloop websockets yarl; do
    unneeded="$unneeded --no-emit-package $name"
done
compile clients requirements/clients.in $unneeded "$@"
