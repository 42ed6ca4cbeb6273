"""What a runner is called: by people, and in full."""

_PROOF = "#"


def full_name(name: str, proof: str) -> str:
    """As leases and pulses have it: with what its life can be told by, where that is known."""
    return f"{name}{_PROOF}{proof}" if proof else name


def short_name(runner: str) -> str:
    """As the log of attempts shows it: host and number of its process."""
    name, mark, _proof = runner.rpartition(_PROOF)
    return name if mark else runner


def proof_of(runner: str) -> str:
    """Empty: nothing is known of its life."""
    _name, mark, proof = runner.rpartition(_PROOF)
    return proof if mark else ""
