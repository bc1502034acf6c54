"""What may go wrong at Kinguin, in the ladder's classes.

    Transient   KinguinUnavailable     time-out, broken connection, 5xx, 429, ResourceLock; a purchase that was
                                       answered in words which nobody documented
                ExternalIdTaken        "already used": true only when a look-up finds it
    NotYet      NotReady               no code yet
                ReservationUnknown     404: may only be young
    Outage      KinguinDown            credentials refused, balance used up
                Outage                 the breaker is open
    Permanent   Refused                any other 4xx; of a purchase only in the API's own words
                OfferUnavailable       out of stock or too dear: another offer may do
                ReservationEnded       cancelled, expired, out of stock

Messages name operation, status and the provider's error kind: never a body, a header or a URL's query.
"""

from bitloot_common.retry import NotYet, Outage, Permanent, Transient

DEPENDENCY = "kinguin"
THROTTLED = "429"


class KinguinUnavailable(Transient):
    """No usable answer. `may_have_happened` is False only where the request surely had no effect.

    `is_away`: no answer or a 5xx, not a 429, an odd answer or a limit of our own. Only then it names its
    dependency: the ladder asks that one's probe before it buries a message that met this alone.
    """

    def __init__(
        self,
        operation: str,
        what: str,
        *,
        may_have_happened: bool,
        retry_after_s: float | None = None,
        is_away: bool = False,
    ) -> None:
        super().__init__(f"kinguin {operation}: {what}", retry_after_s=retry_after_s)
        self.operation = operation
        self.may_have_happened = may_have_happened
        self.is_away = is_away
        self.dependency = DEPENDENCY if is_away else None


def counts_as_outage(error: BaseException) -> bool:
    """What the breaker for `kinguin` takes as evidence: no answer or a 5xx; a 429 is an answer."""
    if isinstance(error, KinguinUnavailable):
        return error.is_away
    return isinstance(error, Outage)


class ExternalIdTaken(Transient):
    """The API says that our external id was used. ESA says so of other violations too: look it up."""

    def __init__(self, external_id: str) -> None:
        super().__init__(f"kinguin reserve: external id {external_id} is said to be used")
        self.external_id = external_id


class NotReady(NotYet):
    """The codes are not there yet."""

    def __init__(self, reservation_id: str) -> None:
        super().__init__(f"kinguin delivered: no code of {reservation_id} yet")
        self.reservation_id = reservation_id


class ReservationUnknown(NotYet):
    """Kinguin does not know this id, or not yet."""

    def __init__(self, operation: str, reservation_id: str) -> None:
        super().__init__(f"kinguin {operation}: {reservation_id} is unknown")
        self.reservation_id = reservation_id


class KinguinDown(Outage):
    """Kinguin cannot be used at all: every order would fail alike, so consumption pauses."""

    def __init__(self, why: str) -> None:
        super().__init__(DEPENDENCY, f"kinguin: {why}")


class Refused(Permanent):
    """Kinguin understood and said no. `why` is its word for it."""

    def __init__(self, operation: str, why: str) -> None:
        super().__init__(f"kinguin {operation}: refused, {why}")
        self.operation = operation
        self.why = why


class OfferUnavailable(Refused):
    """This offer cannot be had in this quantity at this price."""


class ReservationEnded(Permanent):
    """The reservation was cancelled, has expired or ran out of stock."""

    def __init__(self, operation: str, reservation_id: str, how: str) -> None:
        super().__init__(f"kinguin {operation}: {reservation_id} is {how}")
        self.reservation_id = reservation_id
        self.how = how
