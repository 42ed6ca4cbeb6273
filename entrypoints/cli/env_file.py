"""Writes the `.env` that compose.yaml reads: every secret random, every choice at its safe default."""

import os
import secrets
import sys
from pathlib import Path

SECRETS = (
    "POSTGRES_PASSWORD",
    "OWNER_DATABASE_PASSWORD",
    "APP_DATABASE_PASSWORD",
    "AUTH_SECRET_KEY",
    "CLIENT_PORTAL_SECRET",
    "WORKER_PORTAL_SECRET",
    "METRICS_TOKEN",
)
CHOICES = {
    "PUBLIC_BASE_URL": "https://sweepline.example.com",
    "EMAIL_MODE": "off",
    "COMPOSE_PROFILES": "redis",
    "REDIS_URL": "redis://redis:6379/0",
}


def env_text() -> str:
    """Secrets are 192 random bits in hexadecimal: nothing to quote anywhere, and no word among them."""
    lines = ["# Keep this file out of version control and off shared disks.\n"]
    lines += [f"{name}={secrets.token_hex(24)}\n" for name in SECRETS]
    lines += [f"{name}={value}\n" for name, value in CHOICES.items()]
    return "".join(lines)


def write(path: Path) -> bool:
    """For the owner's eyes alone. False, and nothing written, if the file is there already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(env_text())
    return True


def main() -> int:
    path = Path(sys.argv[1] if len(sys.argv) > 1 else ".env")
    if not write(path):
        print(f"{path} exists already; move it away first.", file=sys.stderr)
        return 1
    print(f"Wrote {path}. Set PUBLIC_BASE_URL and the mail settings in it before going live.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
