CREATE TABLE IF NOT EXISTS payments (
    id INTEGER PRIMARY KEY, order_id TEXT, doc TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS payments_order ON payments (order_id);
CREATE TABLE IF NOT EXISTS invoices (
    id INTEGER PRIMARY KEY, doc TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS purchases (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, api TEXT NOT NULL, external_id TEXT, doc TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS purchases_external ON purchases (external_id);
CREATE TABLE IF NOT EXISTS codes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, purchase_id TEXT NOT NULL, doc TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS codes_purchase ON codes (purchase_id);
CREATE TABLE IF NOT EXISTS calls (
    purchase_id TEXT NOT NULL, operation TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (purchase_id, operation)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, purchase_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS webhooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL, subject TEXT NOT NULL,
    state TEXT NOT NULL, due_at REAL, doc TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS webhooks_pending ON webhooks (due_at) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS webhooks_subject ON webhooks (subject);

-- The ledger cannot forget: what was sold stays sold.
CREATE TRIGGER IF NOT EXISTS purchases_stay BEFORE DELETE ON purchases
    BEGIN SELECT RAISE(ABORT, 'the ledger does not forget'); END;
CREATE TRIGGER IF NOT EXISTS codes_stay BEFORE DELETE ON codes
    BEGIN SELECT RAISE(ABORT, 'the ledger does not forget'); END;
CREATE TRIGGER IF NOT EXISTS codes_are_final BEFORE UPDATE ON codes
    BEGIN SELECT RAISE(ABORT, 'the ledger does not forget'); END;
