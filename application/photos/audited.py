from domain.photos.photo import Photo


def audited_photo(photo: Photo) -> dict[str, object]:
    """What an audit row keeps of a photo: neither its name nor what was said of it."""
    return {
        "order_id": str(photo.booking_id),
        "phase": photo.phase.value,
        "content_type": photo.picture.content_type,
        "size_bytes": photo.picture.size_bytes,
        "review_status": photo.review_status.value,
        "replaces": str(photo.replaces) if photo.replaces else None,
        "replaced_by": str(photo.replaced_by) if photo.replaced_by else None,
        "version": photo.version,
    }
