"""A Django app for tests of real workers: its one kind of job writes a line for each step, and goes on where it was."""
