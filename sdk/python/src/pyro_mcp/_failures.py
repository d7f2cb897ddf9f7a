"""The one exception of this package."""

from __future__ import annotations


class PyroError(Exception):
    """A failure: `code` to branch on, `message` a sentence, `hint` what to do next (may be empty).

    Codes:
        invalid: an argument is wrong.
        missing: the thing named does not exist.
        conflict: it exists, but not in a state that allows this.
        denied: policy or a permission forbids it; over HTTP also a wrong token.
        limit: a stated limit is reached.
        unavailable: what is needed is not installed or does not answer; the hint says the remedy.
        timed_out: the call's own deadline passed.
        canceled: the caller took the call back.
        vm_died: the virtual machine ended under the call.
        internal: pyro failed, or its answer is not what this package knows.
    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __reduce__(self) -> tuple[type[PyroError], tuple[str, str, str]]:
        return (PyroError, (self.code, self.message, self.hint))
