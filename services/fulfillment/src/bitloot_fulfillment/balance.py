"""Watches what is left to buy with: an empty balance stops every order, so somebody should hear of it before."""

import asyncio

import structlog
from bitloot_common.retry import Failure
from bitloot_kinguin import Kinguin
from prometheus_client import Gauge

log = structlog.get_logger(__name__)

# The label is there so that the series is not before its first value: without one the client would say 0 EUR.
_BALANCE = Gauge("bitloot_kinguin_balance_eur", "What is left to buy with at Kinguin; absent while unknown.", ["api"])
_ALERT = Gauge("bitloot_kinguin_balance_alert_eur", "Below it somebody is told: KINGUIN_BALANCE_ALERT_EUR.")


class BalanceWatch:
    """A background role: asks every `interval_s`, warns below `alert_eur`."""

    def __init__(self, kinguin: Kinguin, *, interval_s: float, alert_eur: float) -> None:
        self._kinguin = kinguin
        self._interval_s = interval_s
        self._alert_eur = alert_eur
        _ALERT.set(alert_eur)

    async def run(self) -> None:
        """Ends at once where the API has no balance."""
        while True:
            try:
                balance = await self._kinguin.balance()
            except Failure as error:
                log.info("kinguin.balance.unknown", error=str(error))
            else:
                if balance is None:
                    return
                _BALANCE.labels(self._kinguin.api).set(float(balance))
                if balance < self._alert_eur:
                    log.warning("kinguin.balance.low", balance_eur=str(balance), alert_eur=self._alert_eur)
            await asyncio.sleep(self._interval_s)
