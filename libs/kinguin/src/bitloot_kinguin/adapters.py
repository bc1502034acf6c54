"""Chooses the adapter: one line per API."""

from bitloot_kinguin.esa_api import EsaApi
from bitloot_kinguin.kinguin import Kinguin
from bitloot_kinguin.reservations_api import ReservationsApi
from bitloot_kinguin.settings import KinguinSettings


def open_kinguin(settings: KinguinSettings) -> Kinguin:
    """The adapter that `KINGUIN_API` names, with its breaker. Needs a running loop; close it at the end."""
    return EsaApi(settings) if settings.kinguin_api == "esa" else ReservationsApi(settings)
