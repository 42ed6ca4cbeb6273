"""An example for every schema: what its author wrote, else one built from its rules."""

from collections.abc import Mapping
from typing import Any

from entrypoints.http.openapi.schemas import Schemas

DEEPEST = 6
BY_FORMAT = {
    "uuid": "019a0000-0000-7000-8000-000000000001",
    "date-time": "2026-03-08T16:00:00Z",
    "date": "2026-03-08",
    "time": "09:00:00",
    "duration": "PT1H",
}
LATER = {"date-time": "2026-03-08T18:00:00Z", "date": "2026-03-09"}  # the end of a period
BY_NAME = {
    "email": "ann@example.com",
    "phone": "+12065550134",
    "postal_code": "98101",
    "timezone": "America/Los_Angeles",
    "currency": "USD",
    "slug": "acme",
    "org_slug": "acme",
    "primary_color": "#1f6feb",
    "country": "US",
    "logo_url": "https://example.com/logo.png",
    "cursor": "WzFd",
    "month": "2026-03",
}


class Examples:
    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def of(self, schema: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
        schema = self._schemas.resolved(schema)
        for key in ("examples", "enum"):
            if schema.get(key):
                return schema[key][0]
        for key in ("const", "default"):
            if key in schema and schema[key] is not None:
                return schema[key]
        for key in ("anyOf", "oneOf", "allOf"):
            if key in schema:
                return self.of(self._first(schema[key]), name, depth)
        return self._by_type(schema, name, depth)

    @staticmethod
    def _first(choices: list[Mapping[str, Any]]) -> Mapping[str, Any]:
        return next((choice for choice in choices if choice.get("type") != "null"), choices[0])

    def _by_type(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        match schema.get("type"):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, name, depth)
            case "string":
                return self._text(schema, name)
            case "integer" | "number":
                return _number(schema)
            case "boolean":
                return True
            case _:
                return None

    def _object(self, schema: Mapping[str, Any], depth: int) -> Any:
        if depth > DEEPEST:
            return {}
        return {key: self.of(part, key, depth + 1) for key, part in schema.get("properties", {}).items()}

    def _array(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        if depth > DEEPEST or "items" not in schema:
            return []
        return [self.of(schema["items"], name, depth + 1)] * max(1, schema.get("minItems", 0))

    @staticmethod
    def _text(schema: Mapping[str, Any], name: str) -> str:
        kind = schema.get("format")
        if (
            kind in LATER
            and name.rpartition("_")[2] in {"to", "until", "at"}
            and not name.startswith("start")
        ):
            return LATER[kind]
        if kind in BY_FORMAT:
            return BY_FORMAT[kind]
        stem = next((key for key in BY_NAME if name == key or name.endswith(f"_{key}")), None)
        text = BY_NAME[stem] if stem else name.replace("_", " ") or "text"
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        return text.ljust(least, "x")[:most]


def _number(schema: Mapping[str, Any]) -> int:
    least = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    most = schema.get("maximum")
    return int(max(least, min(1, most))) if most is not None else int(max(least, 1))
