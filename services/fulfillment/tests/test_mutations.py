"""What the promises rest on, taken away one by one in a copy of the code: each time a test must fail.

Each mutant runs the tests that guard it in a process of its own, against this session's database and sandbox.
"""

import asyncio
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from bitloot_local.pytest_plugin import Database

TESTS = Path(__file__).parent
SOURCE = TESTS.parent / "src"


@dataclass(frozen=True)
class Mutant:
    """In `file`, `code` becomes `instead`; then one of `tests` must fail."""

    name: str
    file: str
    code: str
    instead: str
    tests: str
    is_named: bool = False


MUTANTS = [
    Mutant(
        "idempotency key",
        "buyer.py",
        "return str(order_id) if attempt == 1 else",
        "import time; return f'{order_id}:{time.time_ns()}' if attempt else",
        "test_purchase.py::test_a_purchase_carries_the_orders_own_id",
        is_named=True,
    ),
    Mutant(
        "intent committed before the call",
        "use_cases/reserve_key.py",
        "            return Claim(order, purchase, may_exist=False, until=until)",
        "            await connection.execute('rollback; begin')\n"
        "            return Claim(order, purchase, may_exist=False, until=until)",
        "test_purchase.py::test_the_intent_is_committed_when_the_call_leaves",
        is_named=True,
    ),
    Mutant(
        "the intent says that a call may have left",
        "store/purchases.py",
        "case when $10::bigint is null then null else clock_timestamp() end",
        "null",
        "test_purchase.py::test_an_unclear_answer_buys_once[esa-accept_then_timeout]",
    ),
    Mutant(
        "row lock",
        "store/orders.py",
        '_SELECT + " for update"',
        "_SELECT",
        "test_purchase.py::test_a_handler_waits_for_whoever_holds_the_order[reservations]",
        is_named=True,
    ),
    Mutant(
        "inbox",
        "use_cases/accept_payment.py",
        "if cause.event_id and not await first_time(connection, CONSUMER, cause.event_id):",
        "if False:",
        "test_payments.py::test_one_event_delivered_twice_is_booked_once",
        is_named=True,
    ),
    Mutant(
        "lease",
        "use_cases/reserve_key.py",
        "if held_for_s is not None:",
        "if False:",
        "test_purchase.py::test_a_live_handlers_lease_is_waited_for",
    ),
    Mutant(
        "search believed only when it has said none often enough",
        "use_cases/reserve_key.py",
        "settled = nones >= search.nones and none_for_s >= search.over_s",
        "settled = True",
        "test_purchase.py::test_a_search_that_sees_new_orders_late_buys_once[esa]",
    ),
    Mutant(
        "cancelled only when Kinguin itself says so",
        "use_cases/record_kinguin_event.py",
        "return of_reservation(await buyer.kinguin.get(news.reservation_id))",
        "return news",
        "test_offers.py::test_a_cancel_that_kinguin_itself_denies_replaces_nothing",
    ),
    Mutant(
        "price, currency and coin must match",
        "money.py",
        'return "price_amount"',
        "return None",
        "test_payments.py::test_a_report_that_does_not_fit_the_order_pays_nothing_and_calls_a_person",
    ),
]


# each costs a process: `make test` runs those that the issue names, MUTATIONS=all the rest too
CHOSEN = MUTANTS if os.environ.get("MUTATIONS") == "all" else [one for one in MUTANTS if one.is_named]


@pytest.mark.parametrize("mutant", CHOSEN, ids=lambda mutant: mutant.name)
async def test_each_safeguard_is_guarded_by_a_test(
    mutant: Mutant, database: Database, sandbox_url: str, tmp_path: Path
) -> None:
    file = _copied(tmp_path) / "bitloot_fulfillment" / mutant.file
    text = file.read_text()
    assert text.count(mutant.code) == 1, f"{mutant.name}: the code to take away is not there any more"
    file.write_text(text.replace(mutant.code, mutant.instead))
    code, out = await _tested(tmp_path, [mutant.tests], database, sandbox_url)
    assert code == 1, f"{mutant.name} is missed by {mutant.tests}:\n{out[-2000:]}"
    assert " failed" in out, out[-2000:]


async def test_nothing_taken_away_fails_no_test(database: Database, sandbox_url: str, tmp_path: Path) -> None:
    """The control: else a copy that cannot even be imported would count as a mutant that was found."""
    _copied(tmp_path)
    code, out = await _tested(tmp_path, sorted({one.tests for one in CHOSEN}), database, sandbox_url)
    assert code == 0, out[-2000:]
    assert " passed" in out, out[-2000:]
    assert " failed" not in out, out[-2000:]


def _copied(into: Path) -> Path:
    return Path(shutil.copytree(SOURCE, into / "src"))


async def _tested(directory: Path, tests: list[str], database: Database, sandbox_url: str) -> tuple[int | None, str]:
    """Exit code and output of `tests` on the copy of the code in `directory`."""
    env = os.environ | {
        "PYTHONPATH": str(directory / "src"),
        "FULFILLMENT_TEST_DATABASE": f"{database.url} {database.url_of('fulfillment')}",
        "FULFILLMENT_TEST_SANDBOX": sandbox_url,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider"),
        *(str(TESTS / one) for one in tests),
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode()
