"""What a process that we start reads its settings from."""

import os

from entrypoints.settings import Settings


def environment_of(settings: Settings) -> dict[str, str]:
    """Ours, with what was found out: children read it as if an operator had written it."""
    database, general = settings.database, settings.general
    found = {"APP_ENV": general.app_env or "prod", "SWEEPLINE_HOME": str(settings.home)}
    if general.public_base_url is not None:
        found["PUBLIC_BASE_URL"] = general.public_base_url
    if database.url is not None:
        found["DATABASE_URL"] = database.url.reveal()
    if database.owner_url is not None:
        found["DATABASE_OWNER_URL"] = database.owner_url.reveal()
    return {**os.environ, **found}
