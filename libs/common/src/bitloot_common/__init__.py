"""Mechanisms and contracts shared by the BitLoot services."""
