"""What delivery counts, in Prometheus' names. No ids as labels."""

from prometheus_client import Counter, Gauge, Histogram

KEYS_SEALED = Counter("bitloot_keys_sealed_total", "Codes sealed into object storage.")
MAILS = Counter("bitloot_mails_total", "Attempts to send a mail, by what became of it.", ["purpose", "outcome"])
MAIL_OUTCOMES = ("mailed", "refused", "delayed", "dropped")
MAIL_DURATION_S = Histogram(
    "bitloot_mail_duration_seconds",
    "From handing a mail to the server to its answer.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
)
MAILS_PENDING_AGE_S = Gauge("bitloot_mails_oldest_pending_age_seconds", "Age of the oldest mail that is not sent yet.")
REVEALS = Counter("bitloot_reveals_total", "Requests to reveal, by what became of them.", ["outcome"])
