"""Environment → typed settings, refused at start if unsafe."""

from entrypoints.settings.load import Settings
from entrypoints.settings.parsing import Fault, Secret
from entrypoints.settings.start import SettingsRefused, check_settings, load_settings

__all__ = ["Fault", "Secret", "Settings", "SettingsRefused", "check_settings", "load_settings"]
