"""The sandbox's memory: one SQLite file, written before anything is answered.

WAL without fsync: what was written survives a `kill -9` of the process, and a write costs some 20 µs.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

Doc = dict[str, Any]
SCHEMA = Path(__file__).with_name("schema.sql")


def _text(doc: Doc) -> str:
    return orjson.dumps(doc).decode()


class Store:
    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._db = sqlite3.connect(data_dir / "sandbox.sqlite", isolation_level=None)
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")  # ours alone: no lock calls, and no second sandbox
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(SCHEMA.read_text())

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing, should the process be killed within. Never held over an await."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _docs(self, query: str, *values: Any) -> list[Doc]:
        return [orjson.loads(row[0]) for row in self._db.execute(query, values)]

    def _doc(self, query: str, *values: Any) -> Doc | None:
        row = self._db.execute(query, values).fetchone()
        return orjson.loads(row[0]) if row else None

    # payments and invoices

    def last_payment_id(self) -> int | None:
        found: int | None = self._db.execute(
            "SELECT max(id) FROM (SELECT id FROM payments UNION ALL SELECT id FROM invoices)"
        ).fetchone()[0]
        return found

    def save_payment(self, payment_id: int, order_id: str | None, doc: Doc) -> None:
        self._db.execute(
            "INSERT INTO payments VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc",
            (payment_id, order_id, _text(doc)),
        )

    def payment(self, payment_id: int) -> Doc | None:
        return self._doc("SELECT doc FROM payments WHERE id = ?", payment_id)

    def payments(self, order_id: str | None, limit: int) -> list[Doc]:
        return self._docs(
            "SELECT doc FROM payments WHERE ? IS NULL OR order_id = ? ORDER BY rowid DESC LIMIT ?",
            order_id,
            order_id,
            limit,
        )

    def save_invoice(self, invoice_id: int, doc: Doc) -> None:
        self._db.execute("INSERT INTO invoices VALUES (?, ?)", (invoice_id, _text(doc)))

    def invoice(self, invoice_id: int) -> Doc | None:
        return self._doc("SELECT doc FROM invoices WHERE id = ?", invoice_id)

    # purchases: what was sold, with its codes and how often it was asked about

    def save_purchase(self, purchase_id: str, api: str, external_id: str | None, doc: Doc) -> None:
        self._db.execute(
            "INSERT INTO purchases (id, api, external_id, doc) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET doc = excluded.doc",
            (purchase_id, api, external_id, _text(doc)),
        )

    def purchase(self, purchase_id: str) -> Doc | None:
        return self._doc("SELECT doc FROM purchases WHERE id = ?", purchase_id)

    def purchases_of(self, external_id: str) -> list[Doc]:
        return self._docs("SELECT doc FROM purchases WHERE external_id = ? ORDER BY seq", external_id)

    def purchases_of_api(self, api: str, limit: int, offset: int) -> tuple[list[Doc], int]:
        docs = self._docs(
            "SELECT doc FROM purchases WHERE api = ? ORDER BY seq DESC LIMIT ? OFFSET ?", api, limit, offset
        )
        count: int = self._db.execute("SELECT count(*) FROM purchases WHERE api = ?", (api,)).fetchone()[0]
        return docs, count

    def all_purchases(self) -> list[Doc]:
        return self._docs("SELECT doc FROM purchases ORDER BY seq")

    def latest_purchases(self, limit: int) -> list[Doc]:
        return self._docs("SELECT doc FROM purchases ORDER BY seq DESC LIMIT ?", limit)

    def unfinished_purchases(self) -> list[Doc]:
        return self._docs("SELECT doc FROM purchases WHERE doc ->> 'next_step_at' IS NOT NULL ORDER BY seq")

    def add_codes(self, purchase_id: str, docs: list[Doc]) -> None:
        self._db.executemany(
            "INSERT INTO codes (purchase_id, doc) VALUES (?, ?)", [(purchase_id, _text(d)) for d in docs]
        )

    def codes(self, purchase_id: str) -> list[Doc]:
        return self._docs("SELECT doc FROM codes WHERE purchase_id = ? ORDER BY seq", purchase_id)

    def all_codes(self) -> dict[str, list[Doc]]:
        found: dict[str, list[Doc]] = {}
        for purchase_id, doc in self._db.execute("SELECT purchase_id, doc FROM codes ORDER BY seq"):
            found.setdefault(purchase_id, []).append(orjson.loads(doc))
        return found

    def count_call(self, purchase_id: str, operation: str) -> None:
        self._db.execute(
            "INSERT INTO calls VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1", (purchase_id, operation)
        )

    def all_calls(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for purchase_id, operation, n in self._db.execute("SELECT * FROM calls"):
            found.setdefault(purchase_id, {})[operation] = n
        return found

    def remember_key(self, key: str, fingerprint: str, purchase_id: str) -> None:
        self._db.execute("INSERT INTO idempotency VALUES (?, ?, ?)", (key, fingerprint, purchase_id))

    def known_key(self, key: str) -> tuple[str, str] | None:
        found: tuple[str, str] | None = self._db.execute(
            "SELECT fingerprint, purchase_id FROM idempotency WHERE key = ?", (key,)
        ).fetchone()
        return found

    # webhooks, sent and to be sent

    def add_webhook(self, provider: str, subject: str, due_at: float, doc: Doc) -> int:
        row = self._db.execute(
            "INSERT INTO webhooks (provider, subject, state, due_at, doc) VALUES (?, ?, ?, ?, ?)",
            (provider, subject, doc["state"], due_at, _text(doc)),
        )
        assert row.lastrowid is not None
        return row.lastrowid

    def save_webhook(self, webhook_id: int, due_at: float | None, doc: Doc) -> None:
        self._db.execute(
            "UPDATE webhooks SET state = ?, due_at = ?, doc = ? WHERE id = ?",
            (doc["state"], due_at, _text(doc), webhook_id),
        )

    def pending_webhooks(self) -> list[tuple[int, float, Doc]]:
        rows = self._db.execute("SELECT id, due_at, doc FROM webhooks WHERE state = 'pending' ORDER BY id")
        return [(row[0], row[1], orjson.loads(row[2])) for row in rows]

    def webhooks(self, provider: str | None, subject: str | None, limit: int) -> list[tuple[int, Doc]]:
        rows = self._db.execute(
            "SELECT id, doc FROM webhooks WHERE (?1 IS NULL OR provider = ?1)"
            " AND (?2 IS NULL OR subject = ?2)"
            " ORDER BY id DESC LIMIT ?3",
            (provider, subject, limit),
        )
        return [(row[0], orjson.loads(row[1])) for row in rows]
