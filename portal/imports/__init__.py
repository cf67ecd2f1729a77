"""Pages for the roads in and out of a study's metadata: an import from files, looked at before it is taken over, and
downloads in every format. What an import does is catalogue's; nothing but pages enters here.
"""
