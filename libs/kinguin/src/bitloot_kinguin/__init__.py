"""Kinguin's buyer side behind one protocol class: the reservations and the ESA adapter."""
