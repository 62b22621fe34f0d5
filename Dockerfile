# One image for the web server and for the store's simulated devices; the command decides.
FROM python:3.12-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 DATA_DIR=/data STATIC_ROOT=/app/staticfiles
WORKDIR /app

COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock

COPY actors ./actors
COPY core ./core
COPY devicegw ./devicegw
COPY frontend_static ./frontend_static
COPY realtime ./realtime
COPY scripts ./scripts
COPY asgi.py manage.py ./

RUN python manage.py collectstatic --no-input \
    && useradd --system --home-dir /data trolley \
    && mkdir -p /data \
    && chown trolley /data
USER trolley
VOLUME /data
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-m", "scripts.probe", "http://127.0.0.1:8000/readyz"]
CMD ["python", "-m", "scripts.serve", "--host", "0.0.0.0", "--port", "8000"]
