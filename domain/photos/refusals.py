"""Why a photo, or what is asked of one, is refused. The codes are public."""

from domain.shared.errors import (
    Conflict,
    Gone,
    Invalid,
    NotFound,
    PaymentRequired,
    Unauthenticated,
    UnsupportedType,
)


class PhotoNotFound(NotFound):
    def __init__(self, field: str = "photo_id") -> None:
        super().__init__(field)


class PhotoReplaced(Conflict):
    code = "photo_replaced"

    def __init__(self, detail: str = "A newer photo stands in its place.") -> None:
        super().__init__(detail)


class PhotoLocked(Conflict):
    code = "photo_locked"

    def __init__(self, detail: str = "The photo is approved. Ask the office.") -> None:
        super().__init__(detail)


class NoRoomForPhotos(PaymentRequired):
    def __init__(self) -> None:
        super().__init__("The plan has no room for another photo.", members={"metric": "storage"})


class TypeNotAllowed(UnsupportedType):
    """By the first bytes: what the sender calls it counts for nothing."""

    def __init__(self, allowed: str) -> None:
        super().__init__(f"The file is none of {allowed}, whatever its name says.")


class ImageUnreadable(Invalid):
    code = "image_unreadable"

    def __init__(self) -> None:
        super().__init__("The file cannot be decoded: it is damaged, cut off, or no image at all.")


class ImageTooLarge(Invalid):
    code = "image_too_large"

    def __init__(self, width: int, height: int, most_pixels: int) -> None:
        super().__init__(f"The image has {width} by {height} pixels; at most {most_pixels} are taken.")


class PhotoTokenInvalid(Unauthenticated):
    code = "photo_token_invalid"

    def __init__(self) -> None:
        super().__init__("This link was altered, or made for another photo or another browser.")


class PhotoTokenExpired(Unauthenticated):
    code = "photo_token_expired"

    def __init__(self) -> None:
        super().__init__("This link has run out. Ask for a new one.")


class PhotoTokenUsed(Gone):
    code = "photo_token_used"

    def __init__(self) -> None:
        super().__init__("This link opens once, and was opened.")
