"""What a record tells of one thing: a test, a test that Odoo found, what only looks like one, a line that was logged."""

from __future__ import annotations

from dataclasses import dataclass, field

from hub_runner.text import did_you_mean
from hub_runner.verdict.events import ClassOutcome, FoundTest, Log, LooseTest, TestOutcome, TestPlace


@dataclass(frozen=True, kw_only=True)
class TestId:
    """One test of one class. Files are relative to the module's folder, lines start at 1.

    Two files may hold classes of one name, so the file of the class (``home``) is part of what tells tests apart.
    """

    module: str
    cls: str
    method: str
    home: str | None = None
    file: str | None = field(default=None, compare=False)
    line: int | None = field(default=None, compare=False)

    __test__ = False  # pytest takes each class named Test* for a test case

    @classmethod
    def of(cls, place: TestPlace) -> TestId:
        return cls(**{name: place[name] for name in TestPlace.__annotations__})  # type: ignore[literal-required]

    @property
    def name(self) -> str:
        return f"{self.cls}.{self.method}" if self.cls else self.method

    def is_in_class_of(self, other: TestId) -> bool:
        """Whether both belong to one class. A file that is not known may be any file."""
        files = {self.home, other.home} - {None}
        return (self.module, self.cls) == (other.module, other.cls) and len(files) < 2


@dataclass(frozen=True, kw_only=True)
class Found:
    """A test that Odoo's loader found, before it applied positions and tags."""

    test: TestId
    selected: bool
    left_out: bool  # selected by tags, and not asked for
    tags: tuple[str, ...] | None  # None: no test case of Odoo's
    dropped: str  # what a call of it makes (a coroutine, a generator) and nobody runs

    @classmethod
    def of(cls, found: FoundTest) -> Found:
        tags = None if found["tags"] is None else tuple(found["tags"])
        return cls(
            test=TestId.of(found),
            selected=found["selected"],
            left_out=found.get("left_out", False),
            tags=tags,
            dropped=found["dropped"],
        )


@dataclass(frozen=True, kw_only=True)
class Loose:
    """What looks like a test and is none; ``kind`` as in ``LooseTest``."""

    test: TestId
    kind: str

    @classmethod
    def of(cls, loose: LooseTest) -> Loose:
        return cls(test=TestId.of(loose), kind=loose["kind"])


@dataclass(frozen=True, kw_only=True)
class Hint:
    """A wrong name in an error, and those that Odoo knows and that are most like it."""

    wrong: str
    names: tuple[str, ...]
    module: str = ""  # one that is not installed, and that has what is called so

    @classmethod
    def all_of(cls, event: Log | TestOutcome | ClassOutcome) -> tuple[Hint, ...]:
        hints = event.get("hints", ())
        return tuple(cls(wrong=it["wrong"], names=tuple(it["names"]), module=it.get("module", "")) for it in hints)

    @property
    def advice(self) -> str:
        """What to do about the wrong name; empty if Odoo knows nothing like it."""
        if self.module:
            return f"{self.wrong} is in the module {self.module}: add it to depends in the manifest."
        return did_you_mean(self.names)


@dataclass(frozen=True, kw_only=True)
class Logged:
    """A warning or error. ``loading`` is the module that was being installed; ``test`` the test that was running."""

    level: str
    logger: str
    message: str
    exception: str
    loading: str | None
    testing: bool  # while tests ran, also between two of them: in a setUpClass
    test: TestId | None
    hints: tuple[Hint, ...] = ()
    late: bool = False  # after the installation: Odoo had begun with its post_install tests, or ended them

    @classmethod
    def of(cls, log: Log, *, late: bool = False) -> Logged:
        return cls(
            level=log["level"],
            logger=log["logger"],
            message=log["message"],
            exception=log["exception"],
            loading=log["loading"],
            testing=log["testing"],
            test=TestId.of(log["test"]) if log["test"] else None,
            hints=Hint.all_of(log),
            late=late,
        )

    @property
    def is_error(self) -> bool:
        return self.level != "WARNING"
