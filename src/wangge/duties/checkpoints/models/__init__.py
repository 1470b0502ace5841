"""Checkpoints 检疫点, what they screen, and whom they stop."""

from wangge.duties.checkpoints.models.register import Checkpoint, Handover, NumberCounter
from wangge.duties.checkpoints.models.screening import Alert, PersonForm, Screening, Total

__all__ = ["Alert", "Checkpoint", "Handover", "NumberCounter", "PersonForm", "Screening", "Total"]
