"""Coins, their networks and what they are worth today (in the sandbox: always the same)."""

import secrets

USD_OF_FIAT = {"usd": 1.0, "eur": 1.08, "gbp": 1.27, "pln": 0.25}
USD_OF_COIN = {
    "btc": 65_000.0,
    "eth": 3_200.0,
    "ltc": 80.0,
    "xrp": 0.6,
    "xlm": 0.1,
    "trx": 0.12,
    "doge": 0.15,
    "sol": 150.0,
    "xmr": 160.0,
    "bnbbsc": 580.0,
    "usdttrc20": 1.0,
    "usdterc20": 1.0,
    "usdtbsc": 1.0,
    "usdc": 1.0,
}
NETWORKS = {"usdttrc20": "trx", "usdterc20": "eth", "usdc": "eth", "bnbbsc": "bsc", "usdtbsc": "bsc"}
WITH_MEMO = {"xrp", "xlm"}
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def usd_of(currency: str) -> float | None:
    currency = currency.lower()
    return USD_OF_FIAT.get(currency) or USD_OF_COIN.get(currency)


def converted(amount: float, source: str, target: str) -> float | None:
    """None when there is no rate between them."""
    have, want = usd_of(source), usd_of(target)
    return round(amount * have / want, 8) if have and want else None


def network_of(coin: str) -> str:
    return NETWORKS.get(coin, coin)


def new_address(coin: str) -> str:
    if network_of(coin) in ("eth", "bsc"):
        return "0x" + secrets.token_hex(20)
    first = {"btc": "3", "ltc": "M", "trx": "T", "xrp": "r", "xlm": "G", "doge": "D"}.get(network_of(coin), "")
    return first + "".join(_BASE58[byte % 58] for byte in secrets.token_bytes(33))


def new_memo(coin: str) -> str | None:
    return str(secrets.randbelow(10**9)) if coin in WITH_MEMO else None
