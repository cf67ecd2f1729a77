"""Roads in and out: one module per format that reads a study from files, or writes one to them.

Every format meets in the Dossier, a study as plain data. No Django here: the depositor's own machine runs this too.
A module enters by its line in `catalogue.exchange.formats.FORMATS`.
"""
