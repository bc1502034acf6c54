"""Codes sealed into object storage, the link mailed, the link page served."""
