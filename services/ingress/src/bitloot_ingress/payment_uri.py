"""What a QR code of a payment holds: a URI that wallets understand, else the bare address."""

from decimal import Decimal
from urllib.parse import quote

# BIP 21 and its kin: scheme:address?amount=…
_SCHEMES = {"btc": "bitcoin", "ltc": "litecoin", "doge": "dogecoin", "bch": "bitcoincash", "dash": "dash"}


def payment_uri(coin: str | None, address: str | None, amount: Decimal | None, memo: str | None) -> str | None:
    """None without an address. Ethereum's tokens have no URI that all wallets read alike: the address alone."""
    if address is None:
        return None
    plain = f"{amount:f}" if amount is not None else ""
    match (coin or "").lower():
        case "xrp":
            return f"xrp:{address}?amount={plain}" + (f"&dt={quote(memo, safe='')}" if memo else "")
        case known if known in _SCHEMES and plain:
            bare = address.removeprefix(f"{_SCHEMES[known]}:")
            return f"{_SCHEMES[known]}:{bare}?amount={plain}"
    return address
