"""The depositor's side: `vitrine check`, `deposit`, `watch` and `convert`, and `client.Site` for programs.

It runs on a microscope's PC as well as on a cluster: the site's own readers and rules, without Django.
May enter: what a depositor does before, during and after an upload.
"""

from client.site import Site
from client.trouble import Trouble

__all__ = ["Site", "Trouble"]
