"""The reader 读报: one message as people write it, read into a filled form that a person confirms.

Every module but `making` is pure: text and dictionaries in, spans of the text out. Each finder knows one
kind of thing (places, times, counts, …); `reader.read` asks them in turn and settles what overlaps.
Nothing here writes to a log: what is read is personal data.
"""
