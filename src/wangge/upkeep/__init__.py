"""Upkeep 运维: one archive of everything, brought back into an empty installation, and a doctor."""
