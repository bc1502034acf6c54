"""What the checkout routes work with; filled while the service starts."""

from dataclasses import dataclass, field

from bitloot_common.db import Pool
from bitloot_common.outbox import Outbox

from bitloot_ingress.sources import Allowance, Sources
from bitloot_ingress.use_cases.create_payment import PaymentDesk


@dataclass
class Checkout:
    """`pool` and `payments` exist from the lifespan's start on, and no request comes before it."""

    outbox: Outbox
    token_secret: str
    default_pay_currency: str
    deadline_s: float
    payment_deadline_s: float
    sources: Sources
    allowance: Allowance
    pool: Pool = field(init=False, repr=False)
    payments: PaymentDesk = field(init=False, repr=False)
