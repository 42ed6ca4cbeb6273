from domain.shared.errors import Forbidden, Unavailable, UpstreamRefused

RETRY_AFTER_SECONDS = 10


class StorageUnavailable(Unavailable):
    """The store did not answer, or said that it cannot now: the same call may succeed later."""

    def __init__(
        self,
        detail: str = "The store of the photos does not answer.",
        *,
        retry_after_seconds: int = RETRY_AFTER_SECONDS,
    ) -> None:
        super().__init__(detail, retry_after_seconds=retry_after_seconds)


class StorageRejected(UpstreamRefused):
    """The store understood and said no: the same call meets the same no until the settings are mended."""

    code = "storage_rejected"

    def __init__(self, detail: str = "The store of the photos refused.") -> None:
        super().__init__(detail)


class FileLinkInvalid(Forbidden):
    code = "file_link_invalid"

    def __init__(self) -> None:
        super().__init__("This link is not signed by us for this file, or its time is over.")
