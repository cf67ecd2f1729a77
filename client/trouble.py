"""What went wrong, in words for the person at the keyboard."""

from collections.abc import Sequence


class Trouble(Exception):
    """Something could not be done. `details` are (where, what); `status` is the answer's, if a site answered."""

    def __init__(self, message: str, *, details: Sequence[tuple[str, str]] = (), status: int = 0) -> None:
        super().__init__(message)
        self.message, self.details, self.status = message, list(details), status


class Unreachable(Trouble):
    """The site did not answer; the same may work later."""
