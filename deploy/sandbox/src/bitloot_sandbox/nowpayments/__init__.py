"""NOWPayments, the payments API and its IPNs."""
