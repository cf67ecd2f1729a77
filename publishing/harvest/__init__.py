"""What machines harvest by: Signposting link sets and sitemaps. Made from publications and their Records only.

Lists page by keyset. No HTTP here: portal puts what is made here on its addresses.
"""
