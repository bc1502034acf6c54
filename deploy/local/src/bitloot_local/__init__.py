"""The whole system on one machine without Docker: stack, mailbox and demo."""
