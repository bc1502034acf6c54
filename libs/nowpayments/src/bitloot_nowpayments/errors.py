"""What can go wrong at NOWPayments. No message holds a credential, an address or the provider's HTML.

NowPaymentsError
├── NowPaymentsUnavailable (Outage)     no answer, 5xx, a refused API key: not this request's fault
├── NowPaymentsBusy (Transient)         429, or no turn under our own rate limit
└── NowPaymentsRefused (Permanent)      the provider will not do this, now or later
    ├── AmountTooSmall
    ├── CurrencyUnavailable
    └── PaymentNotFound
"""

from bitloot_common.retry import Outage, Permanent, Transient

DEPENDENCY = "nowpayments"


class NowPaymentsError(Exception):
    """Parent of all."""


class NowPaymentsUnavailable(NowPaymentsError, Outage):
    """Nobody gets an answer now."""

    def __init__(self, operation: str, what: str) -> None:
        Outage.__init__(self, DEPENDENCY, f"NOWPayments {operation}: {what}")


class NowPaymentsBusy(NowPaymentsError, Transient):
    """Too many requests; again after `retry_after_s`."""

    def __init__(self, operation: str, what: str, retry_after_s: float) -> None:
        Transient.__init__(self, f"NOWPayments {operation}: {what}", retry_after_s)


class NowPaymentsRefused(NowPaymentsError, Permanent):
    """A 4xx that repeating does not change."""

    def __init__(self, operation: str, status: int, code: str) -> None:
        Permanent.__init__(self, f"NOWPayments {operation}: {status} {code}")
        self.status = status
        self.code = code


class AmountTooSmall(NowPaymentsRefused):
    """Less than the coin's network takes."""


class CurrencyUnavailable(NowPaymentsRefused):
    """A coin that the provider does not take now, or does not know."""


class PaymentNotFound(NowPaymentsRefused):
    """No such payment under this API key."""
