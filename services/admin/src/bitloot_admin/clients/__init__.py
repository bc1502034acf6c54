"""The outside; foreign errors become ours here."""
