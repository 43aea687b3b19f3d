"""Strict JSON: what is not finite becomes a string, because JSON has no word for it."""

from __future__ import annotations

import json
import math
from typing import Any


def dumps(value: Any) -> str:
    return json.dumps(_strict(value), indent=2, ensure_ascii=False, allow_nan=False)


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
