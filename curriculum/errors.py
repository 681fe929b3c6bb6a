"""What a chapter's author reads when a file is wrong."""

from engine.frozen import Frozen


class Problem(Frozen):
    """One mistake in one file: where it stands, what is written there, and the remedy."""

    file: str
    line: int
    where: str  # path inside the file, such as outcomes[2].when[0].metric
    value: str
    message: str
    remedy: str

    def __str__(self) -> str:
        """One line for a terminal: file, line, value, what is wrong, remedy."""
        return f"{self.file}:{self.line}: {self.within}"

    @property
    def within(self) -> str:
        """The same without the place: value, what is wrong, remedy."""
        shown = f" ({self.value})" if self.value else ""
        return f"{self.where}{shown}: {self.message} {self.remedy}"


class ChapterError(Exception):
    """A file of the curriculum cannot be used; carries every problem found in it."""

    def __init__(self, problems: list[Problem]) -> None:
        """Keep the problems in the order of their lines."""
        self.problems = sorted(problems, key=lambda problem: (problem.file, problem.line))
        super().__init__("\n".join(str(problem) for problem in self.problems))
