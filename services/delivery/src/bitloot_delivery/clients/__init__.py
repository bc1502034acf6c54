"""The outside: object storage and mail servers, behind one protocol class each."""
