"""The one door for programs: settings that may be used, or every fault at once before anything listens."""

from collections.abc import Mapping
from dataclasses import replace

from entrypoints.settings.dev_secrets import NAMES, kept_secrets
from entrypoints.settings.load import Settings, read_settings
from entrypoints.settings.parsing import Fault, Secret
from entrypoints.settings.rules import in_any_environment, in_production


class SettingsRefused(Exception):
    """The configuration is unsafe or does not parse; the process must not start (exit status 78)."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def check_settings(
    environ: Mapping[str, str], *, bind: str | None = None
) -> tuple[Settings, tuple[Fault, ...]]:
    """Settings and everything wrong with them; touches nothing outside."""
    settings, faults = read_settings(environ, bind=bind)
    faults.extend(in_any_environment(settings))
    if not settings.is_dev:
        faults.extend(in_production(settings))
    return settings, tuple(faults)


def load_settings(environ: Mapping[str, str], *, bind: str | None = None) -> Settings:
    """`bind`: the address to listen on, None for a command that binds nothing. In dev, secrets that are not
    set are made once and kept under the home. Raises SettingsRefused naming every fault."""
    settings, faults = check_settings(environ, bind=bind)
    if faults:
        raise SettingsRefused(faults)
    if settings.is_dev and not set(NAMES) <= settings.given:
        settings = _with_kept_secrets(settings)
    return settings


def _with_kept_secrets(settings: Settings) -> Settings:
    kept = kept_secrets(settings.home)
    auth = settings.auth
    return replace(
        settings,
        auth=replace(
            auth,
            secret_key=auth.secret_key or Secret(kept["AUTH_SECRET_KEY"]),
            client_portal_secret=auth.client_portal_secret or Secret(kept["CLIENT_PORTAL_SECRET"]),
            worker_portal_secret=auth.worker_portal_secret or Secret(kept["WORKER_PORTAL_SECRET"]),
        ),
    )
