"""The NOWPayments client: create a payment, ask about one."""
