"""Reading checkpoints: the register, totals, alerts and handovers."""
