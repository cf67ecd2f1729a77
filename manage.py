#!/usr/bin/env python3
"""Vitrine's command line: `manage.py help` lists the commands."""

import gc
import os
import sys
from contextlib import suppress
from importlib import import_module

import django
from django.core.management import CommandError, CommandParser, execute_from_command_line, handle_default_options


def _choose_settings() -> None:
    """Those that are asked for, as Django itself would read them, but before anything is loaded."""
    parser = CommandParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--settings")
    parser.add_argument("--pythonpath")
    with suppress(CommandError):  # Django tells it in words
        handle_default_options(parser.parse_known_args(sys.argv[1:])[0])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")


if __name__ == "__main__":
    _choose_settings()
    # What is loaded stays; to look through it for garbage again and again would take a fifth of the start. Nearly all
    # commands need the addresses; `help` could do without, but is not asked for often.
    gc.disable()
    django.setup()
    import_module("portal.urls")
    gc.freeze()
    gc.enable()
    execute_from_command_line(sys.argv)
