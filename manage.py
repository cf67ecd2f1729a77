#!/usr/bin/env python3
"""Vitrine's command line: `manage.py help` lists the commands."""

import gc
import os
import sys
from importlib import import_module

import django
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    # What is loaded stays; to look through it for garbage again and again would take a fifth of the start.
    gc.disable()
    django.setup()
    import_module("portal.urls")
    gc.freeze()
    gc.enable()
    execute_from_command_line(sys.argv)
