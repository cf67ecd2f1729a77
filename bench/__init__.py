"""Measurements against a peer or a floor, printed as a table of ratios by script/bench.

One module per measurement in bench/rows; each has `run() -> list[Row]`. Everything a row needs it makes itself.
"""
