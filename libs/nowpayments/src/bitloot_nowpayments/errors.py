"""What can go wrong at NOWPayments. No message holds a credential, an address or the provider's HTML.

NowPaymentsError
├── NowPaymentsUnavailable   no answer, 5xx, 429 or a refused API key: nothing is wrong with this request
└── NowPaymentsRefused       the provider will not do this, now or later
    ├── AmountTooSmall
    ├── CurrencyUnavailable
    └── PaymentNotFound
"""


class NowPaymentsError(Exception):
    """Parent of all."""


class NowPaymentsUnavailable(NowPaymentsError):
    """Try again after `retry_after_s`, if it says so."""

    def __init__(self, operation: str, what: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"NOWPayments {operation}: {what}")
        self.retry_after_s = retry_after_s


class NowPaymentsRefused(NowPaymentsError):
    """A 4xx that repeating does not change."""

    def __init__(self, operation: str, status: int, code: str) -> None:
        super().__init__(f"NOWPayments {operation}: {status} {code}")
        self.status = status
        self.code = code


class AmountTooSmall(NowPaymentsRefused):
    """Less than the coin's network takes."""


class CurrencyUnavailable(NowPaymentsRefused):
    """A coin that the provider does not take now, or does not know."""


class PaymentNotFound(NowPaymentsRefused):
    """No such payment under this API key."""
