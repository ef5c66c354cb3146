# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One tree of errors; each carries the problem that the user is shown."""

from __future__ import annotations

from ._core.model import Problem


def broken(error: Exception) -> Problem:
    """Return the problem of a call that an exception has ended which nobody foresaw."""
    return Problem(
        "InternalError",
        f"The call broke down by {type(error).__name__}: {error}.",
        "Run again with -vvv for the traceback, and report it if it stays. What is under way in the cloud goes on, and "
        "the next run follows it.",
    )


class MigrationError(Exception):
    """Something that cannot be served, told as a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class OptionError(MigrationError):
    """The options of the call are wrong; nothing was asked of any cloud."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(Problem("InvalidOptions", message, remedy))


class MissingLibrary(MigrationError):
    """A provider's Python library cannot be imported. ``cause`` is the import's traceback."""

    def __init__(self, library: str, cause: str) -> None:
        super().__init__(Problem("MissingLibrary", f"The Python library {library} is missing.", f"Install {library}."))
        self.library = library
        self.cause = cause


class CloudError(MigrationError):
    """The cloud refused a call. ``whole_call`` says that it refused the caller, not the named resources."""

    def __init__(self, problem: Problem, whole_call: bool = False) -> None:
        super().__init__(problem)
        self.whole_call = whole_call


class Transient(CloudError):
    """The same call may go through later. ``throttled`` tells a rate limit from a fault.

    Not ``reached``: nobody answered, which a wrong endpoint would explain as well.
    """

    def __init__(self, problem: Problem, throttled: bool = False, reached: bool = True) -> None:
        super().__init__(problem, whole_call=True)
        self.throttled = throttled
        self.reached = reached


class TooLate(Transient):
    """A write was not sent: what was seen before it had become too old until its turn came."""

    def __init__(self) -> None:
        super().__init__(Problem("TooLate", "The call's turn came too late.", "Run again."))


class Moved(CloudError):
    """The resource is no longer in the state that the call needs: look again before anything else."""


class Unclear(CloudError):
    """A write got no answer, or one that says nothing: it may have been carried out. Look, never send it again."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem, whole_call=True)


class OutOfTime(Exception):
    """The time for this call is over; nothing is lost, a later call goes on."""
