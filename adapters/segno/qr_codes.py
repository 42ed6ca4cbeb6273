from io import BytesIO

import segno

QUIET_ZONE = 4
SCALE = 4


class SegnoQrCodes:
    def svg(self, text: str) -> str:
        picture = BytesIO()
        code = segno.make_qr(text, error="m")
        code.save(picture, kind="svg", scale=SCALE, border=QUIET_ZONE, light="#fff", xmldecl=False, nl=False)
        return picture.getvalue().decode()
