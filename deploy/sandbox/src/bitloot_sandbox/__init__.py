"""The providers' side: NOWPayments and Kinguin as a sandbox with faults and a ledger."""
