"""Writing checkpoints: the register, screenings, alerts and handovers."""
