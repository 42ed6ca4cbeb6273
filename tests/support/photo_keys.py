from uuid import UUID

from uuid_utils.compat import uuid7

from domain.shared.ids import BookingId, OrgId, PhotoId
from domain.storage.object_keys import PhotoKeys


def photo_keys(org_id: OrgId, extension: str = ".jpg") -> PhotoKeys:
    """Of a photo that nobody had before."""
    return PhotoKeys(
        org_id=org_id,
        booking_id=BookingId(UUID(int=uuid7().int)),
        photo_id=PhotoId(UUID(int=uuid7().int)),
        extension=extension,
    )
