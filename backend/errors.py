"""What can go wrong outside of a training run, each as one sentence with a remedy for the page.

What may come in answer to a click is short: a toast shows about 95 characters.
"""


class BackendError(Exception):
    """One clear sentence (`problem`) and one that says what to do (`remedy`)."""

    problem = "Something that this school needs is not available."
    remedy = "Try again; if it happens again, tell whoever runs this school."

    def __init__(self, problem: str = "", remedy: str = "") -> None:
        self.problem = problem or type(self).problem
        self.remedy = remedy or type(self).remedy
        super().__init__(f"{self.problem} {self.remedy}")

    def __reduce__(self) -> tuple[type["BackendError"], tuple[str, str]]:
        """Cross from a worker to the page unchanged."""
        return type(self), (self.problem, self.remedy)


class DatabaseBusy(BackendError):
    """Another process holds the database's lock for longer than we are ready to wait."""

    problem = "The database is locked by another program."
    remedy = "Nothing was saved: wait a moment and do it again."


class DatabaseReadOnly(BackendError):
    """The database can be read but not written."""

    problem = "The database cannot be written to."
    remedy = "Nothing is saved: make the data folder writable."


class DiskFull(BackendError):
    """There is no room for one more row."""

    problem = "The disk of the database is full."
    remedy = "Nothing was saved: free some space, then do it again."


class DatabaseIsNewer(BackendError):
    """A later version of the school has already changed the tables."""

    problem = "The database was written by a newer version of Pip School."
    remedy = "Update Pip School, or point PIP_SCHOOL_DATA at another folder."


class DatabaseUnreachable(BackendError):
    """No connection, a file that is not a database, a broken URL."""

    problem = "The database cannot be opened."
    remedy = "Check PIP_SCHOOL_DATA or DATABASE_URL, and that the database server is running."


class UnknownRun(BackendError):
    """A run or a press that nobody recorded."""

    problem = "There is no such run."
    remedy = "Check the link, or press Train to make a new run."


class RefusedConfig(BackendError):
    """A configuration that the engine does not accept."""

    problem = "These settings are not allowed."
    remedy = "Move the slider back into its range and press Train again."


class WorkersNotReady(BackendError):
    """No worker can answer yet."""

    problem = "The workers are still warming up."
    remedy = "Wait a few seconds and ask again."


class NothingToTalkTo(BackendError):
    """The run has no policy that answers questions at this update."""

    problem = "This run has no voice at that update."
    remedy = "Choose an update that the run has reached, in a run at Pip's desk."


class QuestionRefused(BackendError):
    """A question that Pip cannot read."""

    problem = "Pip cannot read this question."
    remedy = "Use words that Pip knows."


class CertificateRefused(BackendError):
    """A credential that is not what it claims to be, or not in force any more."""

    problem = "This certificate cannot be relied on."
    remedy = "Hand in the .jwt file that was downloaded here."


class KeyUnusable(BackendError):
    """A key that cannot be read, or is of another kind."""

    problem = "This is not the public key of a school."
    remedy = "It begins with did:key:z6Mk. Take it from the school, at its /api/revocations."
