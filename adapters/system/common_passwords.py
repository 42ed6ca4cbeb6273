from importlib import resources


def common_passwords() -> frozenset[str]:
    """The shipped list, case-folded, most used first in the file. From zxcvbn (MIT licence)."""
    text = resources.files("adapters.system").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(text.split("\n")) - {""}
