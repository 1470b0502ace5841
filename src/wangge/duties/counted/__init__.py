"""What several rooms count alike: the events that figures of the duty log are made of, and who may counter a record."""
