from __future__ import annotations

import pytest

from hub_runner.checkout import testfiles


def scan(text: str) -> testfiles.TestFile:
    (file,) = testfiles.scan({"__init__.py": b"", "tests/test_rock.py": text.encode()})
    return file


def test_a_module_without_a_tests_folder_has_no_test_files() -> None:
    assert testfiles.scan({"models/test_rock.py": b"", "test_rock.py": b"", "tests/data.xml": b""}) == ()


def test_files_are_found_at_any_depth() -> None:
    assert [file.path for file in testfiles.scan({"tests/deeper/test_deep.py": b""})] == ["tests/deeper/test_deep.py"]


def test_tests_are_known_by_class_method_and_line() -> None:
    file = scan("class TestRock(TransactionCase):\n    x = 1\n\n    def test_one(self): ...\n    def helper(self): ...\n")
    assert [(test.name, test.line) for test in file.tests] == [("TestRock.test_one", 4)]
    assert file.holds_tests


@pytest.mark.parametrize(
    "text",
    [
        "class Mixin:\n    def test_one(self): ...\n",
        "def test_one(): ...\n",
        "class TestRock(TransactionCase):\n    test_data = [1]\n",
        "",
    ],
    ids=["a mixin", "a function", "data", "nothing"],
)
def test_what_odoo_would_not_run_anyway_makes_no_test_file(text: str) -> None:
    assert not scan(text).holds_tests


@pytest.mark.parametrize(
    "head",
    [
        "class PurchaseTest(models.Model):\n    _name = 'base.exception.test.purchase'\n",
        "class LineTest(PurchaseTest):\n    _inherit: str = 'base.exception.test.line'\n",
        "class RockTest(Component):\n    x = 1\n",
    ],
    ids=["a model", "a model by its name", "a component"],
)
def test_a_model_for_tests_is_no_test_case_whatever_its_methods_are_called(head: str) -> None:
    file = scan(head + "    def test_it(self): ...\n    def test_it(self): ...\n")
    assert not file.holds_tests
    assert file.shadowed == ()


@pytest.mark.parametrize("bases", ["models.Model, TransactionCase", "TransactionCase", "RockCommon"])
def test_a_test_case_stays_one_if_it_makes_a_model_too(bases: str) -> None:
    file = scan(f"class TestRock({bases}):\n    _name = 'rock'\n    def test_it(self): ...\n")
    assert [test.name for test in file.tests] == ["TestRock.test_it"]


def test_what_stands_in_a_function_or_another_class_is_nested_and_what_a_condition_holds_is_not() -> None:
    test = "class Test{}(Base):\n{}    async def test_one(self): ...\n"
    text = f"def f():\n  {test.format('A', '  ')}if x:\n  {test.format('B', '  ')}"
    assert [(it.cls, it.nested) for it in scan(text).tests] == [("TestA", True), ("TestB", False)]


@pytest.mark.parametrize("text", ["class (", "\0", "x = '\n", "x = " + "-" * 100_000 + "1", "x = " + "(" * 1000])
def test_a_file_that_is_not_python_counts_by_its_name(text: str) -> None:
    file = scan(text)
    assert file.unreadable
    assert file.holds_tests


def test_code_that_nests_deeper_than_python_calls_is_read_or_named() -> None:
    """B4."""
    test = "\nclass TestRock(Base):\n    def test_one(self): ...\n"
    branches = "".join(f"elif x == {number}:\n    pass\n" for number in range(900))
    for text in (f"x = {'1+' * 900}1", f"if x:\n    pass\n{branches}"):
        file = scan(text + test)
        assert file.unreadable or [it.name for it in file.tests] == ["TestRock.test_one"]


def test_a_later_method_of_the_same_name_takes_the_place_of_the_first() -> None:
    file = scan("class TestRock(Base):\n    def test_one(self): ...\n    def test_one(self): ...\n")
    assert [(test.name, test.line) for test in file.shadowed] == [("TestRock.test_one", 2)]


def test_a_later_class_of_the_same_name_takes_all_its_tests() -> None:
    text = "class TestRock(Base):\n    def test_one(self): ...\n\nclass TestRock(Base):\n    def test_two(self): ...\n"
    assert [test.name for test in scan(text).shadowed] == ["TestRock.test_one"]


@pytest.mark.parametrize(
    "text",
    [
        "if x:\n    class TestRock(Base):\n        def test_one(self): ...\nelse:\n    class TestRock(Base): ...\n",
        "class TestRock(Base):\n    def test_one(self): ...\n\nclass TestRock(TestRock):\n    def test_two(self): ...\n",
        "class A(Base):\n    @property\n    def test_x(self): ...\n    @test_x.setter\n    def test_x(self, x): ...\n",
        "class A(Base):\n    def test_one(self): ...\nclass B(Base):\n    def test_one(self): ...\n",
        "class A(Base):\n" + "".join(f"    @parameterized.expand(['{x}'])\n    def test_x(self, n): ...\n" for x in "ab"),
        "".join(f"@parameterized_class([{x}])\nclass A(Base):\n    def test_one(self): ...\n" for x in "ab"),
    ],
    ids=["a condition", "its own base", "a property", "two classes", "made under other names", "classes of other names"],
)
def test_only_what_is_certain_is_called_shadowed(text: str) -> None:
    assert scan(text).shadowed == ()


@pytest.mark.parametrize(
    "decorator",
    ["tagged('x')", "users('demo')", "patch.object(Rock, 'x')", "unittest.skipIf(a, 'b')", "tools.mute_logger()", "warmup"],
)
def test_a_decorator_that_keeps_the_name_changes_nothing(decorator: str) -> None:
    file = scan(f"class TestRock(Base):\n    @{decorator}\n    def test_one(self): ...\n    def test_one(self): ...\n")
    assert [test.name for test in file.shadowed] == ["TestRock.test_one"]


@pytest.mark.parametrize("decorator", ["", "    @parameterized.expand(ROCKS)\n"], ids=["plain", "the same names"])
def test_what_a_decorator_multiplies_may_still_take_the_place_of_an_earlier_one(decorator: str) -> None:
    test = "    def test_one(self): ...\n"
    file = scan(f"class TestRock(Base):\n{decorator}{test}    @parameterized.expand(ROCKS)\n{test}")
    assert [test.name for test in file.shadowed] == ["TestRock.test_one"]


def pages(text: str | bytes, **others: str) -> bool:
    """Whether tests with ``text`` ask for pages; ``others`` are test files of other modules, by name."""
    data = text if isinstance(text, bytes) else text.encode()
    return testfiles.ask_for_pages(
        testfiles.scan({"tests/test_it.py": data}),
        testfiles.scan({f"tests/{name}.py": other.encode() for name, other in others.items()}),
    )


@pytest.mark.parametrize(
    "text",
    [
        "class TestIt(HttpCase): pass",
        "class TestIt(common.HttpCase): pass",
        "class TestIt(HttpCaseWithUserDemo): pass",
        "class TestIt(AccountTestInvoicingHttpCommon): pass",
        "class TestIt(Base):\n    def test_it(self): self.start_tour('/odoo', 'tour')",
        "class TestIt(Base):\n    def test_it(self): self.url_open('/')",
    ],
)
def test_tests_that_ask_for_pages_are_found(text: str) -> None:
    assert pages(text)


def test_a_common_base_in_a_folder_below_is_found() -> None:
    files = {"tests/test_it.py": b"class TestIt(Common): pass", "tests/deeper/common.py": b"class Common(HttpCase): pass"}
    assert testfiles.ask_for_pages(testfiles.scan(files))


@pytest.mark.parametrize(
    "text",
    ["class TestIt(TransactionCase): pass", "# class TestIt(HttpCase)", "NAME = 'HttpCase'", "class (", b"\xff\xfe\x00", ""],
)
def test_anything_else_needs_no_pages(text: str | bytes) -> None:
    assert not pages(text)


def test_a_base_class_of_another_module_of_the_checkout_is_found() -> None:
    mine, other = "class TestIt(common.WebTest): pass", "class WebTest(HttpCase): pass\n\nclass Unused(WebTest): pass"
    assert pages(mine, common=other)
    assert not pages(mine)
    assert not pages("class TestIt(TransactionCase): pass", common=other)


def test_classes_that_go_in_circles_come_to_an_end() -> None:
    assert not pages("class A(B): pass\nclass B(A): pass")


def test_a_module_without_tests_needs_no_pages() -> None:
    assert not testfiles.ask_for_pages(())


TOUR = b'registry.category("web_tour.tours").add("probe_tour", { steps: () => [] });'
STARTS = b'self.start_tour("/odoo", "probe_tour", login="admin")'


@pytest.mark.parametrize("tour", [TOUR, TOUR.replace(b'"', b"'"), b"tour.register('probe_tour', {}, []);"])
def test_a_tour_that_no_test_starts_is_named(tour: bytes) -> None:
    (sentence,) = testfiles.unstarted_tours({"static/tests/tours/probe.js": tour, "tests/test_it.py": b"pass"})
    assert sentence == "static/tests/tours/probe.js has 1 tour that no Python test starts (start_tour): probe_tour."


def test_a_tour_that_a_test_starts_is_not_named() -> None:
    assert list(testfiles.unstarted_tours({"static/tests/tours/probe.js": TOUR, "tests/test_it.py": STARTS})) == []


@pytest.mark.parametrize("path", ["static/src/js/tour.js", "static/tests/tour.txt", "static/tests/helper.js"])
def test_tours_for_people_and_other_files_are_left_alone(path: str) -> None:
    content = b"export const helper = 1;" if "helper" in path else TOUR
    assert list(testfiles.unstarted_tours({path: content})) == []
