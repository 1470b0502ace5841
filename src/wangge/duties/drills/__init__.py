"""Communication drills 通联演练: a test to everyone on duty, on every channel, and who answered how fast."""
