"""The environment as typed settings, defaults that depend on one another filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from entrypoints.settings.groups import (
    AuthSettings,
    BasicSettings,
    DatabaseSettings,
    EdgeSettings,
    EmailSettings,
    ExportSettings,
    FieldSettings,
    GeneralSettings,
    OutboxSettings,
    RetentionSettings,
    StorageSettings,
    StripeSettings,
)
from entrypoints.settings.parsing import Fault, read_group, variable_of

LOCAL_ORIGIN = "http://localhost:3000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    general: GeneralSettings
    database: DatabaseSettings
    auth: AuthSettings
    basic: BasicSettings
    edge: EdgeSettings
    field: FieldSettings
    storage: StorageSettings
    outbox: OutboxSettings
    retention: RetentionSettings
    email: EmailSettings
    export: ExportSettings
    stripe: StripeSettings
    given: frozenset[str] = frozenset()  # variables that the environment set

    @property
    def is_dev(self) -> bool:
        return self.general.app_env == "dev"

    @property
    def home(self) -> Path:
        """Where the embedded database, the secrets of dev and the mails of `EMAIL_MODE=file` live."""
        return Path(self.general.home) if self.general.home else default_home()

    @property
    def upload_root(self) -> Path:
        """Of `ORDER_STORAGE_BACKEND=local`. A relative one lies in SWEEPLINE_HOME if that is set."""
        return Path(self.general.home or "") / self.storage.upload_root

    @property
    def embedded_database(self) -> bool:
        return "DATABASE_URL" not in self.given

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        strict = self.edge.strict_cors or self.edge.strict_policy_mode
        if not self.edge.cors_origins and self.is_dev and not strict:
            return (LOCAL_ORIGIN,)
        return tuple(origin for origin in self.edge.cors_origins if origin != "*" or not strict)

    @property
    def test_org_header(self) -> bool:
        """Whether `X-Test-Org` is read at all."""
        return self.is_dev or self.general.testing


def default_home() -> Path:
    """The user's data directory."""
    import os  # noqa: PLC0415  # the environment is read in this room alone

    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "sweepline"


def read_settings(environ: Mapping[str, str], *, bind: str | None = None) -> tuple[Settings, list[Fault]]:
    """Settings and everything that does not parse. `bind`: the address to listen on, None for a command."""
    faults: list[Fault] = []
    groups = {
        declared.name: read_group(declared.type, environ, faults)  # type: ignore[arg-type]  # resolved classes
        for declared in fields(Settings)
        if declared.name != "given"
    }
    names = {variable_of(f).name for group in groups.values() for f in fields(group)}
    settings = Settings(**groups, given=frozenset(name for name in names if environ.get(name, "").strip()))
    return _completed(settings, bind), faults


def _completed(settings: Settings, bind: str | None) -> Settings:
    """Defaults that depend on other settings."""
    env = settings.general.app_env or default_env(settings.database, bind)
    dev = env == "dev"
    basic, edge, email = settings.basic, settings.edge, settings.email
    caller_limit = edge.rate_limit_caller_per_minute or 10 * edge.rate_limit_per_minute
    return replace(
        settings,
        general=replace(settings.general, app_env=env),
        basic=replace(basic, enabled=dev if basic.enabled is None else basic.enabled),
        edge=replace(edge, rate_limit_caller_per_minute=caller_limit),
        email=replace(email, mode=email.mode or ("file" if dev else "off")),
    )


def default_env(database: DatabaseSettings, bind: str | None) -> Literal["dev", "prod"]:
    """`dev` only with the embedded database and nothing reachable from elsewhere."""
    return "dev" if database.url is None and is_loopback(bind) else "prod"


def is_loopback(bind: str | None) -> bool:
    if bind is None or bind == "localhost":
        return True
    try:
        return ip_address(bind.strip("[]")).is_loopback
    except ValueError:
        return False
