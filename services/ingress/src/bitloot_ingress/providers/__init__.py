"""The webhook providers, one file each. A new one is its file and a line in `registered`."""

from bitloot_ingress.providers.kinguin import Kinguin
from bitloot_ingress.providers.kinguin_esa import KinguinEsa
from bitloot_ingress.providers.nowpayments import NowPayments
from bitloot_ingress.providers.provider import Outcome, Provider, Reading, Secrets
from bitloot_ingress.settings import Settings

__all__ = ["Outcome", "Provider", "Reading", "Secrets", "registered"]


def registered(settings: Settings) -> list[Provider]:
    """Every provider whose webhooks are taken."""
    return [
        NowPayments(settings),
        Kinguin(settings),
        KinguinEsa(settings),
    ]
