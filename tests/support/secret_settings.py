"""Which variables hold secrets."""

from dataclasses import fields

from entrypoints.settings import Settings
from entrypoints.settings.parsing import variable_of


def secret_variables() -> list[str]:
    """By the type of their setting, never by their name."""
    groups = [declared.type for declared in fields(Settings) if declared.name != "given"]
    return [
        variable_of(declared).name
        for group in groups
        for declared in fields(group)  # type: ignore[arg-type]  # resolved classes
        if "Secret" in str(declared.type)
    ]
