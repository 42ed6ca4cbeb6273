"""How this installation is configured, for its administrators: secrets redacted, no addresses."""

from typing import Annotated

from dishka import FromDishka
from litestar import Controller
from msgspec import Meta, Struct

from domain.identity.actor import Actor, Need
from entrypoints.http.routes import get
from entrypoints.settings import Settings
from entrypoints.settings.viewing import KEYS, ShownSetting, shown_settings


class ConfigEntryBody(Struct):
    key: Annotated[str, Meta(examples=[KEYS[0]])]
    value: Annotated[str | int | bool | None, Meta(description="`<redacted>` for a secret that is set.")]
    redacted: Annotated[bool, Meta(description="Whether it is a secret.")]
    source: Annotated[str, Meta(description="`env` or `default`.", examples=["env"])]

    @classmethod
    def of(cls, setting: ShownSetting) -> "ConfigEntryBody":
        return cls(setting.key, setting.value, setting.redacted, setting.source)


class ConfigBody(Struct):
    entries: list[ConfigEntryBody]


class FlagBody(Struct):
    key: Annotated[str, Meta(examples=["exports"])]
    enabled: bool
    description: str
    rollout: Annotated[str, Meta(description="The mode, or `on` or `off`.", examples=["off"])]


class FlagsBody(Struct):
    flags: list[FlagBody]


class ConfigController(Controller):
    path = "/v1/admin"
    tags = ["operations"]

    @get("/config", need=Need.ADMIN, admin_route=True, summary="The operational settings, secrets redacted")
    async def config(self, actor: FromDishka[Actor], settings: FromDishka[Settings]) -> ConfigBody:
        """Under `STRICT_POLICY_MODE` it needs an owner."""
        if settings.edge.strict_policy_mode:
            actor.require(Need.OWNER)
        return ConfigBody([ConfigEntryBody.of(setting) for setting in shown_settings(settings)])

    @get("/feature-flags", need=Need.ADMIN, admin_route=True, summary="What is switched on here")
    async def flags(self, settings: FromDishka[Settings]) -> FlagsBody:
        return FlagsBody(list(flags_of(settings)))


EXPORTS_BY_MODE = {
    "off": "New leads are exported.",
    "webhook": "New leads are sent to EXPORT_WEBHOOK_URL.",
    "sheets": "New leads are kept as rows of a spreadsheet, to be fetched.",
}


def flags_of(settings: Settings) -> list[FlagBody]:
    mode = settings.export.mode
    return [
        FlagBody("exports", mode != "off", EXPORTS_BY_MODE[mode], mode),
        _switch("deposits", settings.field.deposits_enabled, "Risky bookings ask for a deposit."),
        _switch(
            "strict_policy_mode",
            settings.edge.strict_policy_mode,
            "The settings are for owners, browsers are let in by CORS_ORIGINS alone, and deposits are asked "
            "for even where nobody could collect them.",
        ),
    ]


def _switch(key: str, enabled: bool, description: str) -> FlagBody:
    return FlagBody(key, enabled, description, "on" if enabled else "off")
