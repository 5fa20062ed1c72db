# The Tercet service with its default bundle and all that retraining needs, on TensorFlow's CPU wheel.
# `docker compose up` builds and runs it.
# 1.8 GB: TensorFlow 1.0 (0.8 of it one library, libtensorflow_cc), what training needs besides 0.35, the other packages
# 0.2, the base image 0.2.
FROM python:3.11-slim AS packages

# The lock file alone decides this stage: a change of the source installs nothing anew.
WORKDIR /build
COPY requirements/train.lock ./
# Left out, since nothing imports them: pip (the base's own installs), C++ headers, libclang, the packages' own tests,
# and of Arrow what speaks to other servers. Byte code is made of what is imported, not of every module.
RUN python -m venv --without-pip /opt/tercet \
    && pip --python /opt/tercet/bin/python install --no-cache-dir --disable-pip-version-check --no-compile \
        --require-hashes --no-deps --requirement train.lock \
    && cd /opt/tercet/lib/python3.11/site-packages \
    && rm -rf tensorflow/include clang pyarrow/include pyarrow/*flight* pyarrow/*s3* \
    && find . -type d -name tests -prune -exec rm -rf {} + \
    && /opt/tercet/bin/python -c "import alembic.command, fastapi_offline, httpx, huey, jinja2, keras, matplotlib.figure, \
psycopg, pyarrow.parquet, pydantic_settings, scipy.stats, sklearn.feature_extraction.text, sklearn.linear_model, \
sklearn.metrics, sklearn.pipeline, sqlalchemy.orm, tensorflow, typer, uvicorn"


FROM python:3.11-slim

LABEL org.opencontainers.image.title="Tercet" \
    org.opencontainers.image.description="Classifies short texts over REST with a Conv1D-LSTM on GloVe vectors" \
    org.opencontainers.image.licenses="Apache-2.0"

# The volume takes its owner from this folder.
RUN useradd --uid 10001 --user-group --home-dir /data --no-create-home --shell /usr/sbin/nologin tercet \
    && install --directory --owner=tercet --group=tercet /data
COPY --from=packages /opt/tercet /opt/tercet

WORKDIR /srv/tercet
COPY LICENSE NOTICE ./
COPY assets assets
COPY model model
COPY training training
COPY app app
RUN /opt/tercet/bin/python -m compileall -q app model training

ENV PATH=/opt/tercet/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TERCET_HOST=0.0.0.0 \
    TERCET_PORT=8000 \
    TERCET_DATA=/data
USER tercet
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-I", "-c", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['TERCET_PORT']), timeout=4); c.request('GET', '/health/ready'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["python", "-m", "app"]
