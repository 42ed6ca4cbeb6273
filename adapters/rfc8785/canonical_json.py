from collections.abc import Mapping
from typing import Any, cast

import rfc8785


class Rfc8785CanonicalJson:
    def encode(self, value: Mapping[str, object]) -> bytes:
        return rfc8785.dumps(cast("dict[str, Any]", dict(value)))
