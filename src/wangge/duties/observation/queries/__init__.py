"""Reads of the room: records, plans, boards."""
