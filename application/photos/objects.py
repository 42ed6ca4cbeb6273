"""Which objects a photo may have, and their tombstones."""

from collections.abc import Sequence
from datetime import datetime

from application.ports.identifiers import Identifiers
from domain.photos.photo import Photo
from domain.shared.ids import OrgId
from domain.storage.object_keys import PhotoKeys
from domain.storage.tombstone import Tombstone, tombstones_of


def keys_of(org_id: OrgId, photo: Photo) -> PhotoKeys:
    return PhotoKeys(
        org_id=org_id,
        booking_id=photo.booking_id,
        photo_id=photo.id,
        extension=photo.picture.extension,
    )


def tombstones_for(org_id: OrgId, photo: Photo, now: datetime, ids: Identifiers) -> Sequence[Tombstone]:
    """One for every object under every name that it may have."""
    keys, picture = keys_of(org_id, photo), photo.picture
    known = {keys.original: picture.stored_key}
    if picture.stored_thumbnail_key is not None:
        known[keys.thumbnail] = picture.stored_thumbnail_key
    return tombstones_of(keys, now, ids.new, known)
