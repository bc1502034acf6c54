"""What fulfillment reads from the environment. A limit's name carries its unit."""

from decimal import Decimal
from typing import Literal

from bitloot_common.settings import ConsumerSettings, DatabaseSettings, ServiceSettings
from bitloot_kinguin import KinguinSettings
from pydantic import Field

from bitloot_fulfillment.kinguin_news import PurchasePolicy
from bitloot_fulfillment.money import PaymentPolicy
from bitloot_fulfillment.reconciler import Pace


class ShopSettings(KinguinSettings, DatabaseSettings):
    """What the use cases need, whoever runs them: the service or `bitloot reconcile`."""

    nowpayments_base: str = Field(description="https://api.nowpayments.io/v1")
    nowpayments_api_key: str = Field(repr=False, min_length=1)

    pay_on: Literal["finished", "confirmed"] = Field("finished", description="the status that pays an order")
    underpayment_tolerance_percent: Decimal = Field(Decimal("0.5"), ge=0, lt=100)
    refund_min: Decimal = Field(Decimal("1.00"), ge=0, description="a surplus below it is kept; order's currency")
    deliver_partial: Literal["as_it_comes", "when_complete"] = "as_it_comes"
    offer_attempts_max: int = Field(3, ge=1, le=20, description="offers tried for one order, the first included")

    reconcile_interval_s: float = Field(60.0, gt=0, description="the unit of all deadlines too")
    reconcile_purchases_per_s: float = Field(20.0, gt=0)
    reconcile_payments_per_s: float = Field(4.0, gt=0, description="the provider allows 7, checkout's included")
    reconcile_batch_max: int = Field(200, ge=1)
    reconcile_concurrent_max: int = Field(8, ge=1)

    @property
    def payment_policy(self) -> PaymentPolicy:
        return PaymentPolicy(self.pay_on, self.underpayment_tolerance_percent, self.refund_min)

    @property
    def purchase_policy(self) -> PurchasePolicy:
        return PurchasePolicy(self.deliver_partial, self.offer_attempts_max)

    @property
    def pace(self) -> Pace:
        return Pace(
            self.reconcile_interval_s,
            self.reconcile_purchases_per_s,
            self.reconcile_payments_per_s,
            self.reconcile_batch_max,
            self.reconcile_concurrent_max,
        )

    @property
    def purchase_call_s_max(self) -> float:
        """The call that buys, with its waits before it and a look at the offers (ESA wholesale)."""
        return self.kinguin_reserve_timeout_s + self.kinguin_timeout_s + 3 * self.kinguin_wait_s_max


class Settings(ShopSettings, ServiceSettings, ConsumerSettings):
    """The service."""

    consumer_concurrency: int = Field(64, ge=1, description="messages of one topic handled at once")
    kinguin_balance_interval_s: float = Field(300.0, gt=0)
    kinguin_balance_alert_eur: float = Field(500.0, ge=0, description="below it a warning; esa")
