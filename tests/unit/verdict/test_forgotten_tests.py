from __future__ import annotations

import pytest

from tests.unit.verdict.story import INSTALLED, Story, about, event, ran, suite

MORE = "class TestMore(TransactionCase):\n    def test_more(self):\n        pass\n"


def test_a_module_without_tests_is_told_where_to_write_one(story: Story) -> None:
    (story.folder / "tests/test_rock.py").unlink()
    told = story.tells(INSTALLED, suite()).ends()
    assert (told.problem.kind, told.problem.return_code) == ("no_tests", 3)
    assert "addons/traction/tests/test_something.py" in told.problem.message


def test_an_empty_init_names_the_files_that_it_does_not_import(story: Story) -> None:
    told = story.tells(INSTALLED, suite()).ends()
    assert told.kinds == ["no_tests"]
    assert "tests/__init__.py imports none" in told.problem.message
    assert told.problem.details == ("tests/test_rock.py: 1 test (TestRock.test_one)",)


def test_models_that_a_test_imports_when_it_runs_are_no_forgotten_file(story: Story) -> None:
    """As `tests/purchase_test.py` of OCA's base_exception: its suite is made before FakeModelLoader asks for it."""
    model = "class RockTest(models.Model):\n    _name = 'rock.test'\n\n    def test_rock_check(self):\n        pass\n"
    story.write("tests/rock_test.py", model)
    assert story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one")).ends().kinds == []


def test_tags_that_select_nothing_are_named(story: Story) -> None:
    told = Story(story.root, settings={"test_tags": "weekly"}).tells(INSTALLED, suite(deselected=("TestRock.test_one",)))
    assert told.ends().kinds == ["no_tests"]
    assert "test-tags 'weekly' selects none of its 1 test." in told.ends().problem.message
    assert "Did you mean --test-tags nightly?" in told.ends().problem.message


@pytest.mark.parametrize(
    ("asked", "likely"),
    [
        ("test_one", ":TestRock.test_one"),
        ("TestRock", ":TestRock"),
        (":TestRok", ":TestRock"),
        (":TestRock.test_on", ":TestRock.test_one"),
        ("/traction:TestRok", ":TestRock"),
    ],
)
def test_a_tag_that_selects_nothing_is_answered_with_its_likely_spelling(story: Story, asked: str, likely: str) -> None:
    known = suite(deselected=("TestRock.test_one", "TestOther.test_else"))
    told = Story(story.root, settings={"test_tags": asked}).tells(INSTALLED, known).ends()
    assert f"Did you mean --test-tags {likely}?" in told.problem.message
    assert told.problem.details == ()


def test_many_deselected_tests_are_counted_and_not_listed(story: Story) -> None:
    known = suite("TestRock.test_one", deselected=tuple(f"TestRock.test_{n}" for n in range(30)))
    assert story.tells(INSTALLED, known, ran("TestRock.test_one")).ends().verdict.notes == ("30 tests deselected by tags",)


def test_all_skipped_proves_nothing_and_gives_the_reasons(story: Story) -> None:
    told = story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one", "skipped", reason="later")).ends()
    assert (told.problem.kind, told.problem.return_code) == ("all_skipped", 3)
    assert told.problem.details == ("TestRock.test_one: later",)


def test_a_class_that_skips_itself_skips_each_of_its_tests(story: Story) -> None:
    skip = event("class_outcome", **about("TestRock.setUpClass"), status="skipped", reason="no wkhtmltopdf")
    told = story.tells(INSTALLED, suite("TestRock.test_one", "TestRock.test_two"), skip).ends()
    assert told.kinds == ["all_skipped"]
    assert [(o.method, o.reason) for o in told.verdict.outcomes] == [
        ("test_one", "no wkhtmltopdf"),
        ("test_two", "no wkhtmltopdf"),
    ]


def test_one_forgotten_file_beside_a_good_one_is_named(story: Story) -> None:
    story.write("tests/test_more.py", MORE)
    told = story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one")).ends()
    assert (told.problem.kind, told.problem.return_code) == ("forgotten_files", 3)
    assert told.problem.details == ("tests/test_more.py: 1 test (TestMore.test_more)",)
    assert (told.problem.file, told.problem.line) == ("addons/traction/tests/test_more.py", 2)


def test_a_helper_that_nobody_imports_is_not_forgotten(story: Story) -> None:
    story.write("tests/test_data.py", "ROWS = [1, 2]\n\n\nclass Helper:\n    def test_like(self):\n        pass\n")
    told = story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one")).ends()
    assert told.verdict.passed


def test_a_forgotten_file_that_is_not_python_is_named_with_its_error(story: Story) -> None:
    story.write("tests/test_more.py", "class TestMore(\n")
    told = story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one")).ends()
    assert told.kinds == ["forgotten_files"]
    assert "never closed" in told.problem.details[0] or "unexpected EOF" in told.problem.details[0]


def test_deselected_tests_are_said_and_not_held_against_the_run(story: Story) -> None:
    selected = suite("TestRock.test_one", deselected=("TestRock.test_nightly",))
    found = story.tells(INSTALLED, selected, ran("TestRock.test_one")).ends().verdict
    assert found.passed
    assert found.notes == ("1 test deselected by tags: TestRock.test_nightly",)


def test_what_was_skipped_is_said_with_the_reasons(story: Story) -> None:
    names = ("TestRock.test_one", "TestRock.test_two", "TestRock.test_three")
    skips = [ran(name, "skipped", reason="no\n Chrome") for name in names[1:]]
    told = story.tells(INSTALLED, suite(*names), ran(names[0]), *skips).ends()
    assert told.verdict.passed
    assert told.verdict.notes == ("2 tests skipped (no Chrome): TestRock.test_two, TestRock.test_three",)


def test_a_test_selected_for_one_position_only_is_not_deselected(story: Story) -> None:
    second = suite(deselected=("TestRock.test_one",), position="post_install")
    found = story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one"), second).ends().verdict
    assert (found.passed, found.notes) == (True, ())


LATER = ["post_install", "standard"]


def later(name: str) -> dict[str, object]:
    return dict(about(name), selected=False, tags=LATER, dropped="")


def test_tests_for_after_the_installation_that_odoo_never_asked_for_are_named(story: Story) -> None:
    first = suite("TestRock.test_one")
    first["tests"].append(later("TestRock.test_later"))
    told = story.tells(INSTALLED, first, ran("TestRock.test_one")).ends()
    assert told.kinds == ["not_run"]
    assert "TestRock.test_later" in told.problem.details[0]
    assert "asked for no post_install tests any more" in told.problem.details[0]
    assert not any("deselected" in note for note in told.verdict.notes)


def test_a_module_of_such_tests_only_is_told_why_none_ran(story: Story) -> None:
    first = suite(looked_at=["tests/test_rock.py"])
    first["tests"].append(later("TestRock.test_later"))
    told = story.tells(INSTALLED, first).ends()
    assert told.kinds[0] == "no_tests"
    assert "Odoo loaded its registry anew" in told.problem.message


def test_tests_for_after_the_installation_that_were_collected_and_deselected_are_not_of_that_kind(story: Story) -> None:
    first, second = suite("TestRock.test_one"), suite(position="post_install")
    for found in (first, second):
        found["tests"].append(later("TestRock.test_later"))
    assert story.tells(INSTALLED, first, ran("TestRock.test_one"), second).ends().verdict.passed


def test_a_selected_test_that_never_started_is_named(story: Story) -> None:
    told = story.tells(INSTALLED, suite("TestRock.test_one", "TestRock.test_two"), ran("TestRock.test_one")).ends()
    assert (told.problem.kind, told.problem.return_code) == ("not_run", 3)
    assert told.problem.details == ("TestRock.test_two (tests/test_rock.py:7): selected, and never started",)


def test_a_limit_of_failures_is_named_where_it_kept_tests_from_starting(story: Story) -> None:
    """V6."""
    told = story.tells(INSTALLED, suite("TestRock.test_one", "TestRock.test_two"), ran("TestRock.test_one", "failed"))
    ended = told.ends(1, variables=frozenset({"ODOO_TEST_MAX_FAILED_TESTS"}))
    assert ended.kinds == ["tests_failed", "not_run"]
    assert "as many failures as ODOO_TEST_MAX_FAILED_TESTS" in ended.verdict.problems[1].details[0]
    assert "ODOO_TEST" not in told.ends(1).verdict.problems[1].details[0]


def test_methods_that_odoo_cannot_find_are_named_each_with_its_reason(story: Story) -> None:
    story.write(
        "tests/test_rock.py",
        "class TestRock(TransactionCase):\n    def test_one(self): pass\n    def test_one(self): pass\n",
    )
    loose = [about("Common.test_common", file="tests/common.py"), about("TestRock.test_mixin")]
    nowhere = dict(about("TestRock.test_nowhere"), selected=False, tags=["standard"], dropped="")
    plain = dict(about("TestPlain.test_plain"), selected=False, tags=None, dropped="")
    known = suite("TestRock.test_one", loose=[dict(place, kind="inherited") for place in loose])
    known["tests"] += [nowhere, plain]
    told = story.tells(INSTALLED, known, ran("TestRock.test_one")).ends()
    assert told.kinds == ["not_run"]
    assert [detail.split(":")[0].split()[0] for detail in told.problem.details] == [
        "Common.test_common",
        "TestRock.test_mixin",
        "TestRock.test_nowhere",
        "TestPlain.test_plain",
        "TestRock.test_one",
    ]
    assert told.verdict.notes == ()


def test_a_method_of_a_common_class_is_named_with_those_that_inherit_it(story: Story) -> None:
    story.write("tests/test_rock.py", "class TestRock(Common):\n    def test_one(self): pass\n")
    known = suite("TestRock.test_one", loose=[dict(about("Common.test_common", file="tests/common.py"), kind="inherited")])
    (detail,) = story.tells(INSTALLED, known, ran("TestRock.test_one")).ends().problem.details
    assert "inherited by TestRock, and Odoo runs only what stands in a class's own body" in detail


def test_each_kind_of_test_that_is_none_has_a_reason_of_its_own(story: Story) -> None:
    stray, function = about("TestStray.test_stray"), about(".test_function")
    known = suite("TestRock.test_one", loose=[dict(stray, kind="class"), dict(function, kind="function")])
    told = story.tells(INSTALLED, known, ran("TestRock.test_one")).ends()
    assert told.kinds == ["not_run"]
    first, second = told.problem.details
    assert first.startswith("TestStray.test_stray (tests/test_rock.py:7): TestStray is no test case")
    assert second.startswith("test_function (tests/test_rock.py:7): a function")


def test_a_test_whose_body_odoo_never_runs_is_no_passed_one(story: Story) -> None:
    known = suite("TestRock.test_one", "TestRock.test_two")
    known["tests"][1]["dropped"] = "coroutine"
    told = story.tells(INSTALLED, known, ran("TestRock.test_one"), ran("TestRock.test_two")).ends()
    assert told.kinds == ["not_run"]
    assert "makes a coroutine that Odoo drops" in told.problem.details[0]
    assert [outcome.method for outcome in told.verdict.outcomes] == ["test_one"]


def test_a_module_of_such_tests_only_has_none(story: Story) -> None:
    known = suite("TestRock.test_one")
    known["tests"][0]["dropped"] = "generator"
    told = story.tells(INSTALLED, known, ran("TestRock.test_one")).ends()
    assert told.kinds == ["no_tests"]
    assert "Each is named below with the reason" in told.problem.message
    assert "makes a generator that Odoo drops" in told.problem.details[0]


def test_a_test_that_was_exchanged_after_it_was_collected_proves_nothing(story: Story) -> None:
    started, ended = ran("TestRock.test_one")
    told = story.tells(INSTALLED, suite("TestRock.test_one"), dict(started, replaced=True), ended).ends()
    assert told.kinds == ["not_run"]
    assert "in the place of the test that was collected" in told.problem.details[0]


def test_a_test_that_is_written_and_not_there_at_run_time_is_said(story: Story) -> None:
    nested = "def make():\n    class TestMade(Base):\n        def test_made(self): pass\n"
    text = "class TestRock(Base):\n    def test_one(self): pass\n    def test_gone(self): pass\ndel TestRock.test_gone\n"
    story.write("tests/test_rock.py", text + nested)
    found = story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one")).ends().verdict
    assert found.passed
    assert "1 test method written, and not there at run time" in found.notes[0]
    assert "TestRock.test_gone (tests/test_rock.py:3)" in found.notes[0]


def test_a_class_that_broke_says_nothing_of_its_namesake_in_another_file(story: Story) -> None:
    broken = event("class_outcome", **about("TestRock.setUpClass", file="tests/test_other.py"), status="error")
    told = story.tells(INSTALLED, suite("TestRock.test_one"), broken).ends(1)
    assert told.kinds == ["tests_failed", "not_run"]


def test_a_class_that_skips_itself_skips_nothing_of_its_namesake_in_another_file(story: Story) -> None:
    skip = event("class_outcome", **about("TestRock.setUpClass", file="tests/test_other.py"), status="skipped", reason="no")
    told = story.tells(INSTALLED, suite("TestRock.test_one"), skip, ran("TestRock.test_one")).ends()
    assert [outcome.status.value for outcome in told.verdict.outcomes] == ["passed"]
    assert story.tells(INSTALLED, suite("TestRock.test_one"), skip).ends().kinds == ["no_tests"]


def test_a_run_that_the_user_narrowed_does_not_answer_for_the_rest(story: Story) -> None:
    story.write("tests/test_more.py", MORE)
    narrowed = Story(story.root, settings={"test_tags": "/traction:TestRock.test_one"})
    loose = [dict(about("Common.test_common", file="tests/common.py"), kind="inherited")]
    told = narrowed.tells(INSTALLED, suite("TestRock.test_one", loose=loose), ran("TestRock.test_one")).ends()
    assert told.verdict.passed
    assert "forgotten tests were not looked for" in told.verdict.notes[0]


def test_a_narrowed_run_still_answers_for_what_it_selected(story: Story) -> None:
    narrowed = Story(story.root, settings={"test_tags": "/traction:TestRock"})
    told = narrowed.tells(INSTALLED, suite("TestRock.test_one", "TestRock.test_two"), ran("TestRock.test_one")).ends()
    assert told.kinds == ["not_run"]
