"""Payments in, one Kinguin purchase per order out."""
