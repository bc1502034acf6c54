"""Time as the providers write it."""

import time
from datetime import UTC, datetime


def now_s() -> float:
    return time.time()


def iso_ms_z(at_s: float) -> str:
    """NOWPayments: 2020-12-22T15:00:22.742Z."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def iso_offset(at_s: float, *, colon: bool = True, millis: bool = True) -> str:
    """Kinguin: 2020-10-16T11:24:08.025+00:00, and in places +0000."""
    text = datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return (text[:-3] if millis else text[:-7]) + ("+00:00" if colon else "+0000")
