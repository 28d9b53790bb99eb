# syntax=docker/dockerfile:1

# The steps are those of `make run`: tools/setup.py prepares .venv from requirements.lock, without
# what only developers need, then the server starts. The final image has neither uv nor a compiler.

FROM python:3.11-slim-bookworm AS builder
WORKDIR /app
# Only what the environment is made from, so that this layer is kept while only code changes.
COPY pyproject.toml requirements.lock LICENSE ./
COPY tools ./tools
RUN python3 tools/setup.py --product

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin switchboard \
    && install -d -o switchboard -g switchboard /data
# Run from the root of the checkout, as a stranger's `media` could shadow ours otherwise.
WORKDIR /app
COPY --from=builder /app/.venv ./.venv
COPY pyproject.toml LICENSE ./
COPY media ./media
COPY bridges ./bridges
COPY scheduler ./scheduler
COPY mcp_servers ./mcp_servers
COPY server ./server
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SWITCHBOARD_API__HOST=0.0.0.0
USER 10001:10001
VOLUME ["/data"]
EXPOSE 8010
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8010/health', timeout=2)"]
CMD ["python", "-m", "server", "run", "--port", "8010", "--data", "/data"]
