# scripts/image-trial brings another one.
ARG BASE=python:3.11-slim-bookworm
FROM $BASE

# pg_dump and pg_restore, for backups.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home studio \
    && install --directory --owner=studio --group=studio /data /backups

WORKDIR /app
COPY requirements.lock .
# More packages than everybody needs: sentry-sdk, for STUDIO_SENTRY_DSN.
ARG EXTRA=""
RUN pip install --no-cache-dir --no-deps --requirement requirements.lock \
    && { [ -z "$EXTRA" ] || pip install --no-cache-dir $EXTRA; }
COPY manage.py .
COPY studio studio
COPY vidgo_site vidgo_site
COPY vidgo_sandbox vidgo_sandbox
COPY templates templates
COPY static static
# What pages load is of this release, whatever a volume has kept of another.
RUN install --directory collected \
    && VIDGO_API_URL=http://127.0.0.1 STUDIO_DATA_DIR=/tmp/build python manage.py collectstatic --no-input \
    && chmod --recursive a+rX collected \
    && rm --recursive /tmp/build

ENV PYTHONUNBUFFERED=1 STUDIO_DATA_DIR=/data BIND=0.0.0.0
USER studio
VOLUME /data
EXPOSE 8000
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request as r; r.urlopen(r.Request('http://127.0.0.1:8000/healthz', headers={'Host': 'localhost'}), timeout=5)"]
CMD ["gunicorn", "--config", "vidgo_site/gunicorn.py"]
