"""Kinguin, both of its faces: the reservations API of the design and the real ESA API."""
