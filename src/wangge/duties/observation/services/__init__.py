"""Writes of the room: people, plans and checks, referrals, measures."""
