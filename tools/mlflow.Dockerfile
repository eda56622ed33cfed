# The MLflow server: run tracking and model registry, behind the platform's own authentication.
# `make build` builds it. BASE_IMAGE is Python 3.11 with venv, by digest: tools/base_image has the one that is shipped.
# It reads MLFLOW_BACKEND_STORE_URI (postgresql+psycopg://…), MLFLOW_ARTIFACTS_DESTINATION (gs://…) and
# MLFLOW_SERVER_ALLOWED_HOSTS (the names it is called by).
ARG BASE_IMAGE

FROM ${BASE_IMAGE} AS packages
COPY tools/mlflow/requirements.txt /tmp/requirements.txt
RUN python3 -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/requirements.txt \
 && /opt/venv/bin/pip uninstall --yes pip

FROM ${BASE_IMAGE}
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin mlflow
COPY --from=packages /opt/venv /opt/venv
WORKDIR /tmp
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp \
    MLFLOW_HOST=0.0.0.0 MLFLOW_PORT=8080 MLFLOW_WORKERS=2
# It tells nobody what it is used for; its own queue of background jobs is for evaluating language models.
ENV MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
USER 10001:10001
EXPOSE 8080
CMD ["mlflow", "server"]
