"""Environment → typed settings, refused at start if unsafe."""

from entrypoints.settings.load import Settings, SettingsRefused
from entrypoints.settings.parsing import Fault, Secret

__all__ = ["Fault", "Secret", "Settings", "SettingsRefused"]
