"""The measurements: every module here has `run() -> list[Row]`, a docstring that says how it measures, and no state."""
