"""What stands against replaying an export, beside what stands against any message."""

from domain.shared.errors import Conflict


class ExportNotDead(Conflict):
    code = "export_not_dead"

    def __init__(self) -> None:
        super().__init__("Only a dead export can be replayed.")


class ExportPayloadUnavailable(Conflict):
    code = "export_payload_unavailable"

    def __init__(self) -> None:
        super().__init__("Its content was erased, or is past its retention.")


class ExportTargetMissing(Conflict):
    code = "export_target_missing"

    def __init__(self) -> None:
        super().__init__("Exports are switched off, or have no URL, now.")


class ExportTargetRefused(Conflict):
    code = "export_target_refused"

    def __init__(self, rule: str) -> None:
        super().__init__(f"The URL of exports breaks the rule {rule}.")
