"""The least that can be paid per coin, asked of the provider now and then."""

import time

import structlog
from bitloot_nowpayments import CurrencyUnavailable, MinAmount, NowPayments, NowPaymentsError

log = structlog.get_logger(__name__)

KEPT_S = 300.0
COINS_MAX = 500


class Minimums:
    """A small cache: the provider allows seven such questions a second for all customers together."""

    def __init__(self, provider: NowPayments) -> None:
        self._provider = provider
        self._known: dict[tuple[str, str], tuple[float, MinAmount]] = {}

    async def of(self, pay_currency: str, fiat: str) -> MinAmount | None:
        """None when the provider does not say: then its answer to the payment itself decides.

        Raises CurrencyUnavailable.
        """
        found = self._known.get((pay_currency, fiat))
        if found is not None and time.monotonic() - found[0] < KEPT_S:
            return found[1]
        try:
            minimum = await self._provider.min_amount(pay_currency, fiat)
        except CurrencyUnavailable:
            raise
        except NowPaymentsError as error:
            log.warning("payment.minimum.unknown", error=str(error))
            return None
        if len(self._known) >= COINS_MAX:
            self._known.clear()
        self._known[pay_currency, fiat] = (time.monotonic(), minimum)
        return minimum
