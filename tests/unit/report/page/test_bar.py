from hub_runner.report.page.bar import WIDTH, added, bar


def test_parts_lie_beside_each_other_and_fill_the_bar() -> None:
    parts = bar({"a": 1.0, "b": 0.0, "c": 3.0})
    assert [(part.begin, part.width) for part in parts] == [(0, 250), (250, 0), (250, 750)]
    assert sum(part.width for part in bar({str(number): 0.1 for number in range(33)})) == WIDTH


def test_nothing_took_any_time() -> None:
    assert bar({}) == ()
    assert bar({"a": 0.0}) == ()


def test_durations_of_several_runs_are_added() -> None:
    assert added([{"a": 1.0, "b": 2.0}, {"b": 3.0, "c": 4.0}]) == {"a": 1.0, "b": 5.0, "c": 4.0}
