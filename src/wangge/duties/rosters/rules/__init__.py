"""Roster arithmetic 排班: a problem in, a legal roster out. Pure: it knows no database and asks no clock.

`problem` says what is to be filled and by whom, `ledger` who may take a seat and why not, `broken` checks a
whole roster anew, `greedy` makes a legal one at once, `solver` improves it with a `model` of it or of a part, `sheet`
changes many seats as a sheet asks, `words` says it in sentences.
"""
