"""The demonstration 演示: fourteen days of one city, replayed through the real services."""
