"""What was not signed: counted per source, told in the log at a bounded rate, stored nowhere."""

import time

import structlog

from bitloot_ingress import answers
from bitloot_ingress.sources import Allowance

log = structlog.get_logger(__name__)

LOG_LINES_PER_MINUTE_MAX = 30


class Refusals:
    """Each source may be wrong so often a minute; then it hears 429. A signed webhook is never refused for it."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._minute = 0
        self._lines = 0
        self._unsaid = 0
        self.answer = answers.problem(
            429, "Too many requests with a bad signature.", retry_after=str(allowance.retry_after_s())
        )

    def spent(self, source: str) -> bool:
        """Whether the source has been wrong too often lately: then only the cheap check is made for it."""
        return self._allowance.spent(source)

    def note(self, provider: str, source: str, reason: str) -> bool:
        """One more refusal. False: the source's allowance is spent."""
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            if self._unsaid:
                log.warning("webhook.refused.unsaid", count=self._unsaid)
            self._minute, self._lines, self._unsaid = minute, 0, 0
        if self._lines < LOG_LINES_PER_MINUTE_MAX:
            self._lines += 1
            log.warning("webhook.refused", provider=provider, source=source, reason=reason)
        else:
            self._unsaid += 1
        return self._allowance.take(source)
