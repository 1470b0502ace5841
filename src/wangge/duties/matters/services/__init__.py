"""What can be done to matters, by verb group. Every function: permission, rule, change, journal, one transaction."""
