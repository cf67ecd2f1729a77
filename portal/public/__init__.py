"""The public web pages: home, search, studies, images, terms, and what harvesters read.

Everything about published studies is read from Records; drafts are shown only behind catalogue.access.
"""
