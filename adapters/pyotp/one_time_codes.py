from base64 import b32encode

import pyotp


class PyotpOneTimeCodes:
    """Asked by step and never by time: pyotp reads a time without zone in the server's own."""

    def code(self, secret: bytes, step: int) -> str:
        return pyotp.TOTP(b32encode(secret).decode()).generate_otp(step)
