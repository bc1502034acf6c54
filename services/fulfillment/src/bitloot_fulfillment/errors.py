"""What may go wrong in fulfillment, in the ladder's classes.

NotYet      PaymentUnknown         an IPN before its payment is committed
            ReservationNotOurs     a webhook before our reservation's id is committed
Transient   PurchaseInWork         another handler holds this order's purchase
            PurchaseUnsettled      may have been bought: the search has not said none often enough
            OvertakenByAnother     a guarded update found that somebody was faster
Permanent   OrderUnknown           an event names an order that is not there
            order_machine.IllegalTransition
"""

from uuid import UUID

from bitloot_common.retry import NotYet, Permanent, Transient


class PaymentUnknown(NotYet):
    def __init__(self, payment_id: str) -> None:
        super().__init__(f"payment {payment_id} is not known yet")


class ReservationNotOurs(NotYet):
    def __init__(self, reservation_id: str) -> None:
        super().__init__(f"no purchase of ours is {reservation_id}, or not yet")


class PurchaseInWork(Transient):
    def __init__(self, order_id: UUID, retry_after_s: float) -> None:
        super().__init__(f"order {order_id} is being bought by another handler", retry_after_s=retry_after_s)


class PurchaseUnsettled(Transient):
    def __init__(self, external_id: str, retry_after_s: float) -> None:
        super().__init__(f"purchase {external_id} may have been made; asking again", retry_after_s=retry_after_s)


class OvertakenByAnother(Transient):
    def __init__(self, what: str) -> None:
        super().__init__(f"{what} was changed by another handler meanwhile", retry_after_s=None)


class OrderUnknown(Permanent):
    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"order {order_id} is unknown")
