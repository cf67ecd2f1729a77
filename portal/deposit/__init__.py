"""The deposit: pages on which a study is filled in, gets its files, is checked and sent to the curators.

Forms are made from catalogue.rules; every change goes through catalogue.services and catalogue.files.
"""
