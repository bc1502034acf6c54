"""Delivery's commands of `bitloot`."""
