"""What people see of an error: one line, as kubectl words it, and never a traceback."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from kctl.commands.command import Several, UsageError


def explain(error: Exception, err: TextIO, debug: bool) -> int:
    """Print the error; returns the exit code. With --debug, the traceback goes first."""
    if debug:
        import traceback

        traceback.print_exception(error, file=err)
    err.write(text_of(error) + "\n")
    return 1


def text_of(error: Exception) -> str:
    """The line for one error. An ApiError reads as kubectl prints a Status."""
    from kctl.api.errors import ApiError

    if isinstance(error, ApiError):
        return api_error_text(error)
    if isinstance(error, Doing):
        return api_error_text(error.error, error.doing)
    if isinstance(error, Several):
        return "\n".join(_one_of_several(each) for each in error.errors)
    if isinstance(error, RecursionError):
        return "error: the input is nested too deeply"
    if isinstance(error, FileNotFoundError) and error.filename:
        return f"error: {error.filename}: no such file or directory"
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"error: {where}{error.strerror}"
    message = str(error).strip() or type(error).__name__
    return f"error: {message}"


def _one_of_several(error: Exception) -> str:
    """kubectl's MultipleErrors: only a Status keeps its prefix, and none has the long form."""
    from kctl.api.errors import ApiError

    if isinstance(error, UsageError):
        return error.message
    if isinstance(error, Doing):
        return status_text(error.error, error.doing)
    return status_text(error) if isinstance(error, ApiError) else text_of(error)


def api_error_text(error: Exception, doing: str = "") -> str:
    """kubectl's rendering of a Status, as in `Error from server (NotFound): pods "x" not
    found`. `doing` is what kubectl puts before the message: "error when creating "x.yaml"".

    An invalid object is the exception (kubectl's checkErr): with details it reads "The
    Deployment "x" is invalid: ..." and one line a cause where there are several.
    """
    from kctl.api.errors import ApiError

    assert isinstance(error, ApiError)
    return _invalid_text(error) if error.reason == "Invalid" else status_text(error, doing)


def status_text(error: Exception, doing: str = "") -> str:
    """ "Error from server (REASON): MESSAGE"."""
    from kctl.api.errors import ApiError

    assert isinstance(error, ApiError)
    where = f"{doing}: " if doing else ""
    reason = f" ({error.reason})" if error.reason else ""
    return f"Error from server{reason}: {where}{error.message}"


def _invalid_text(error: Exception) -> str:
    from kctl.api.errors import ApiError

    assert isinstance(error, ApiError)
    details = error.details
    head = f'The {details.get("kind", "")} "{details.get("name", "")}" is invalid'
    causes = details.get("causes") or []
    if not details:
        return "The request is invalid: " + error.message
    if not causes:
        return head
    lines = [f"{cause.get('field', '')}: {cause['message']}" for cause in causes]
    if len(lines) == 1:
        return f"{head}: {lines[0]}"
    return f"{head}: \n" + "\n".join(f"* {line}" for line in lines)


class Doing(Exception):
    """An ApiError, and what kubectl says was being done: 'error when creating "x.yaml"'."""

    def __init__(self, error: Exception, doing: str) -> None:
        super().__init__(str(error))
        self.error, self.doing = error, doing


class described:
    """`with described("error when creating ..."):` names it in API errors from inside."""

    def __init__(self, doing: str) -> None:
        self.doing = doing

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from kctl.api.errors import ApiError

        if isinstance(error, ApiError):
            raise Doing(error, self.doing) from None


def silence(stream: TextIO) -> int:
    """The reader of our output went away: say nothing more. Exit as a shell would see it."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno() if stream is not sys.stdout else 1)
    return 141
