# syntax=docker/dockerfile:1
# The image of every REX process. By itself (docker run) it is `rex up` with its own Postgres and Valkey in /data.

FROM node:24-slim AS screen
WORKDIR /app/web/ui
COPY web/ui/package.json web/ui/package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY web/ui ./
RUN npm run build

FROM python:3.11-slim AS python
WORKDIR /app
ENV UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
COPY requirements.lock pyproject.toml ./
# uv as the lock says it, and then of the lock only what REX needs to run.
RUN sed -n '/^uv==/,/[^\\]$/p' requirements.lock > uv.txt \
 && pip install --no-cache-dir --require-hashes -r uv.txt \
 && uv venv /opt/rex \
 && uv pip install --python /opt/rex/bin/python --no-cache --require-hashes -c requirements.lock -r pyproject.toml

FROM python:3.11-slim AS source
WORKDIR /app
COPY alembic.ini ./
COPY alembic alembic
COPY rex_celery rex_celery
COPY workers workers
COPY web web
COPY examples examples
# What a checkout has beside its source; the screen comes built from its own stage.
RUN rm -rf web/ui && find . -name __pycache__ -prune -exec rm -rf {} +

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home rex
WORKDIR /app
COPY --from=python /opt/rex /opt/rex
COPY --from=source /app /app
COPY --from=screen /app/web/ui/dist web/ui/dist
# The checkout is the package: a path and a command are all there is to install.
RUN echo /app > "$(/opt/rex/bin/python -c 'import site; print(site.getsitepackages()[0])')/rex.pth" \
 && printf '#!/opt/rex/bin/python\nfrom rex_celery.cli.main import run\nrun()\n' > /opt/rex/bin/rex \
 && chmod 755 /opt/rex/bin/rex \
 && /opt/rex/bin/python -m compileall -q rex_celery workers web
ENV PATH=/opt/rex/bin:$PATH PYTHONUNBUFFERED=1 REX_HOME=/data REX_HOST=0.0.0.0 REX_FLOWER_HOST=0.0.0.0
USER rex
VOLUME /data
EXPOSE 8800 8801 5555
CMD ["rex", "up"]
