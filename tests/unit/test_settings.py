from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_runner.errors import UsageError
from hub_runner.settings import Settings, find_output, load
from tests.conftest import Nobody, write_module


def loaded(root: Path, toml: str = "", environ: Mapping[str, str] | None = None, **flags: Any) -> Settings:
    (root / "pyproject.toml").write_text(f"[tool.hub-runner]\n{toml}\n", encoding="utf-8")
    (root / "docker-compose.agent.yml").touch()
    return load(root, environ=environ or {}, flags=flags)


def test_the_defaults_are_those_of_the_work_order(tmp_path: Path) -> None:
    settings = load(tmp_path, environ={})
    assert settings.prefix == "hub-agent-test-"
    assert list(settings.port_range) == list(range(8090, 8101))
    assert settings.addons_folders == (tmp_path.resolve() / "addons",)


def test_a_flag_beats_the_environment_and_that_beats_pyproject(tmp_path: Path) -> None:
    toml = 'project = "evv"\ntest-tags = "toml"\nports = "1-2"'
    settings = loaded(tmp_path, toml, {"HUB_RUNNER_TEST_TAGS": "env", "HUB_RUNNER_PORTS": "3-4"}, ports="5-6")
    assert (settings.project, settings.test_tags, settings.ports) == ("evv", "env", "5-6")


@pytest.mark.parametrize("name", ["tool.hub_runner", "tool.hubrunner", "tool.Hub-Runner", "hub-runner", "hub_runner"])
def test_a_table_whose_name_is_almost_right_is_refused(tmp_path: Path, name: str) -> None:
    """Its settings were left out without a word: `warnings = "fail"` in there failed nothing."""
    (tmp_path / "pyproject.toml").write_text(f'[{name}]\nproject = "evv"\n', encoding="utf-8")
    with pytest.raises(UsageError, match=rf"^\[{name}\] in .*pyproject.toml is not read: write \[tool\.hub-runner\]\.$"):
        load(tmp_path, environ={})


def test_settings_that_may_not_be_read_are_not_left_out(tmp_path: Path, nobody: Nobody) -> None:
    """A run of another project's defaults was what came of them."""
    (tmp_path / "pyproject.toml").write_text('[tool.hub-runner]\nproject = "evv"\n', encoding="utf-8")
    (tmp_path / "pyproject.toml").chmod(0)
    said = nobody("from hub_runner import settings; print(settings.load(Path(sys.argv[1]), environ={}))", str(tmp_path))
    assert said.splitlines()[-1].endswith("pyproject.toml cannot be read: Permission denied.")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xef\xbb\xbf[tool.hub-runner]\n", "begins with a byte order mark, .*save it as UTF-8 without one"),
        ("[tool.hub-runner]\n".encode("utf-16"), r"toml:1 is written in UTF-16: save it as UTF-8"),
        (b"[tool.hub-runner]\n# caf\xe9\n", r"toml:2 is not written in UTF-8"),
        (b"[tool.hub-runner\n", "is not valid TOML"),
        (b"x = " + b"[" * 100_000, "is not valid TOML"),
    ],
)
def test_a_file_that_is_no_toml_is_refused_with_what_is_wrong(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(data)
    with pytest.raises(UsageError, match=message):
        load(tmp_path, environ={})


def test_a_setting_that_stands_in_the_file_with_a_dash_and_with_an_underscore_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"one setting twice, as odoo_image and as odoo-image: keep one of them"):
        loaded(tmp_path, 'odoo-image = "odoo:18.0"\nodoo_image = "odoo:17.0"')


@pytest.mark.parametrize("name", ["odoo-image", "db-image", "compose-file"])
def test_an_image_and_a_compose_file_have_a_name(tmp_path: Path, name: str) -> None:
    """CI systems set a variable that nobody has given a value."""
    variable = f"HUB_RUNNER_{name.replace('-', '_').upper()}"
    with pytest.raises(UsageError, match=rf"^{name} in the environment is empty: leave it out, or say a value such as"):
        loaded(tmp_path, "", {variable: ""})


@pytest.mark.parametrize("toml", ['addons = ["a\\u0000b"]', 'compose-file = "a\\u0000b"', 'output = "\\u0000"'])
def test_a_text_that_no_path_can_hold_is_refused(tmp_path: Path, toml: str) -> None:
    with pytest.raises(UsageError, match=r"must be a (list of texts|text), not"):
        loaded(tmp_path, toml)


def test_evv_is_served_by_its_project_name_alone(tmp_path: Path) -> None:
    """W13."""
    assert loaded(tmp_path, 'project = "evv"').prefix == "evv-agent-test-"


@pytest.mark.parametrize(
    ("toml", "environ", "flags", "source"),
    [
        ("colour = 1", {}, {}, "pyproject.toml"),
        ("", {"HUB_RUNNER_COLOUR": "1"}, {}, "the environment"),
        ("", {}, {"colour": 1}, "the command line"),
    ],
)
def test_an_unknown_setting_is_refused_with_its_source(
    tmp_path: Path, toml: str, environ: dict[str, str], flags: dict[str, Any], source: str
) -> None:
    with pytest.raises(UsageError, match=rf"Unknown setting 'colour' in .*{source}.*Known are: addons, "):
        loaded(tmp_path, toml, environ, **flags)


def test_a_typing_mistake_is_answered_with_the_likeliest_setting(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean odoo-image"):
        loaded(tmp_path, 'odo-image = "odoo:18.0"')


def test_the_root_is_not_a_setting(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Unknown setting 'root'"):
        loaded(tmp_path, environ={"HUB_RUNNER_ROOT": "/"})


def test_what_our_own_processes_tell_each_other_is_no_unknown_setting(tmp_path: Path) -> None:
    settings = loaded(tmp_path, environ={"HUB_RUNNER_PARENT": "1", "HUB_RUNNER_STATE": "/x", "HUB_RUNNER_PORT": "8091"})
    assert settings == loaded(tmp_path, environ={})


@pytest.mark.parametrize(
    ("value", "demo", "halves"),
    [
        ("true", "on", ["on"]),
        ("false", "off", ["off"]),
        ("'on'", "on", ["on"]),
        ("'1'", "on", ["on"]),
        ("'off'", "off", ["off"]),
        ("'both'", "both", ["on", "off"]),
    ],
)
def test_demo_data_is_on_off_or_both(tmp_path: Path, value: str, demo: str, halves: list[str]) -> None:
    settings = loaded(tmp_path, f"demo = {value}")
    assert settings.demo == demo
    assert [half.demo for half in settings.halves] == halves


@pytest.mark.parametrize(
    ("toml", "wanted"),
    [
        ("ports = 'many'", "a port or a range"),
        ("ports = '8100-8090'", "a port or a range"),
        ("ports = '0'", "a port or a range"),
        ("ports = '8090-70000'", "a port or a range"),
        ("project = 'Hub!'", "a-z, 0-9 and dashes"),
        ("project = ''", "a-z, 0-9 and dashes"),
        ("demo = 'perhaps'", "on, off, both, true or false"),
        ("demo = ['on']", "a text"),
        ("health-timeout = 'soon'", "a number"),
        ("health-timeout = nan", "a number"),
        ("health-timeout = -1", "a number"),
        ("test-timeout = inf", "a number"),
        ("wait-for-port = true", "a number"),
        ("odoo-image = ['odoo']", "a text"),
        ("compose-file = {a = 1}", "a text"),
        ("addons = 5", "a list of texts"),
        ("addons = [1, 2]", "a list of texts"),
        ("addons = []", "at least one folder"),
        ("odoo-args = '--load=\"web'", "a list of texts"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_wanted(tmp_path: Path, toml: str, wanted: str) -> None:
    with pytest.raises(UsageError, match=wanted) as refusal:
        loaded(tmp_path, toml)
    assert toml.split(" =")[0] in str(refusal.value)


@pytest.mark.parametrize("toml", ["[tool.hub-runner", "[tool]\nhub-runner = 1", "tool = 1", "\xff"])
def test_a_broken_pyproject_is_refused_by_name(tmp_path: Path, toml: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(toml.encode("latin-1"))
    with pytest.raises(UsageError, match=r"pyproject\.toml"):
        load(tmp_path, environ={})


def test_lists_may_come_as_text(tmp_path: Path) -> None:
    environ = {"HUB_RUNNER_ADDONS": "addons, extra", "HUB_RUNNER_LANGUAGES": "de_DE fr_FR"}
    settings = loaded(tmp_path, environ=environ)
    assert (settings.addons, settings.languages) == (("addons", "extra"), ("de_DE", "fr_FR"))


def test_a_folder_with_a_space_is_quoted_in_text_as_in_a_shell(tmp_path: Path) -> None:
    assert loaded(tmp_path, environ={"HUB_RUNNER_ADDONS": "addons 'my addons'"}).addons == ("addons", "my addons")


def test_a_comma_belongs_to_the_argument_that_it_stands_in(tmp_path: Path) -> None:
    settings = loaded(tmp_path, environ={"HUB_RUNNER_ODOO_ARGS": "--load=base,web --workers=0"})
    assert settings.odoo_args == ("--load=base,web", "--workers=0")


def test_the_checkout_is_found_from_a_folder_inside_it(tmp_path: Path) -> None:
    loaded(tmp_path, 'project = "evv"')
    inside = tmp_path / "addons" / "traction"
    inside.mkdir(parents=True)
    settings = load(inside, environ={})
    assert (settings.root, settings.project) == (tmp_path.resolve(), "evv")


def test_a_folder_without_any_settings_is_a_checkout_of_its_own(tmp_path: Path) -> None:
    assert load(tmp_path, environ={}).root == tmp_path.resolve()


def test_the_output_may_lie_outside_the_checkout(tmp_path: Path) -> None:
    assert loaded(tmp_path, output="/elsewhere").run_folder("p") == Path("/elsewhere/.hub-runner/runs/p")


@given(st.dictionaries(st.sampled_from(sorted(vars(Settings(root=Path("/"))))), st.text() | st.floats() | st.booleans()))
def test_whatever_is_set_is_taken_or_refused_in_words(values: dict[str, Any]) -> None:
    with contextlib.suppress(UsageError):
        settings = load(Path("/"), environ={}, flags=values)
        assert len(settings.port_range) >= 1
        assert 0 <= settings.health_timeout <= 1e6


@pytest.mark.parametrize("pattern", ["addons/*", "{root}/addons/*", "a*/*"])
def test_a_pattern_stands_for_all_folders_that_fit_it(tmp_path: Path, pattern: str) -> None:
    for name in ("addons/two", "addons/one"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "addons" / "README").touch()
    settings = Settings(root=tmp_path, addons=(pattern.format(root=tmp_path), "addons/one"))
    assert settings.addons_folders == (tmp_path / "addons" / "one", tmp_path / "addons" / "two")


def test_a_checkout_whose_own_path_looks_like_a_pattern_is_taken_as_it_is(tmp_path: Path) -> None:
    root = tmp_path / "check[out]*"
    (root / "addons/one").mkdir(parents=True)
    assert Settings(root=root, addons=("addons/*",)).addons_folders == (root / "addons/one",)


def test_a_pattern_that_fits_nothing_stands_for_itself_so_that_messages_can_name_it(tmp_path: Path) -> None:
    assert Settings(root=tmp_path, addons=("parts/*",)).addons_folders == (tmp_path / "parts" / "*",)


def test_a_folder_whose_name_looks_like_a_pattern_is_that_folder(tmp_path: Path) -> None:
    for name in ("[ab]", "a"):
        (tmp_path / name).mkdir()
    assert Settings(root=tmp_path, addons=("[ab]",)).addons_folders == (tmp_path / "[ab]",)


def test_a_checkout_that_is_one_module_is_its_own_addons_folder(tmp_path: Path) -> None:
    """V12."""
    root = write_module(tmp_path, "traction")
    assert Settings(root=root).addons_folders == (root,)
    (root / "addons").mkdir()
    assert Settings(root=root).addons_folders == (root / "addons",)


def test_the_output_folder_is_found_by_the_same_precedence_though_another_setting_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.hub-runner]\ncolour = 1\noutput = "toml"', encoding="utf-8")
    environ = {"HUB_RUNNER_OUTPUT": "environ", "HUB_RUNNER_COLOUR": "2"}
    assert find_output(tmp_path, None, environ={}) == tmp_path / "toml"
    assert find_output(tmp_path, None, environ=environ) == tmp_path / "environ"
    assert find_output(tmp_path, "flag", environ=environ) == tmp_path / "flag"
    (tmp_path / "pyproject.toml").write_text("[", encoding="utf-8")
    assert find_output(tmp_path, None, environ=environ) == tmp_path / "environ"


NOBODY, THIRD = 65534, 12345


@pytest.mark.skipif(os.getuid() != 0, reason="only root may act as somebody else")
@pytest.mark.parametrize("theirs", ["pyproject.toml", "docker-compose.agent.yml", "."])
def test_settings_of_a_third_user_above_the_folder_are_ignored_with_a_note(
    tmp_path: Path, nobody: Nobody, theirs: str
) -> None:
    """B10: whoever wrote a pyproject.toml into /tmp decided what other users' commands ran there."""
    (tmp_path / "pyproject.toml").write_text('[tool.hub-runner]\nproject = "theirs"', encoding="utf-8")
    (tmp_path / "docker-compose.agent.yml").touch()
    os.chown(tmp_path / theirs, THIRD, THIRD)
    mine = tmp_path / "mine"
    mine.mkdir()
    os.chown(mine, NOBODY, NOBODY)
    said = nobody("from hub_runner import settings; print(settings.load(Path(sys.argv[1]), environ={}))", str(mine))
    assert f"root=PosixPath('{mine}')" in said
    assert "project='hub'" in said
    assert f"{tmp_path / theirs} belongs to another user (uid {THIRD})" in said


@pytest.mark.skipif(os.getuid() != 0, reason="only root may act as somebody else")
@pytest.mark.parametrize("owner", [0, NOBODY], ids=["root's", "one's own"])
def test_settings_of_root_and_of_the_user_count_in_folders_above(tmp_path: Path, nobody: Nobody, owner: int) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.hub-runner]\nproject = "evv"', encoding="utf-8")
    os.chown(tmp_path / "pyproject.toml", owner, owner)
    mine = tmp_path / "mine"
    mine.mkdir()
    os.chown(mine, NOBODY, NOBODY)
    said = nobody("from hub_runner import settings; print(settings.load(Path(sys.argv[1]), environ={}))", str(mine))
    assert "project='evv'" in said
    assert "notes=()" in said


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_root_in_a_checkout_of_another_user_takes_all_of_it(tmp_path: Path) -> None:
    """A container of a CI system runs as root in a checkout that belongs to the host's user."""
    (tmp_path / "pyproject.toml").write_text('[tool.hub-runner]\nproject = "evv"', encoding="utf-8")
    inside = tmp_path / "addons"
    inside.mkdir()
    for path in (tmp_path, inside, tmp_path / "pyproject.toml"):
        os.chown(path, THIRD, THIRD)
    settings = load(inside, environ={})
    assert (settings.project, settings.notes) == ("evv", ())


@pytest.mark.parametrize(("value", "level"), [("true", "fail"), ("false", "note")])
def test_the_old_name_for_logged_errors_is_understood_with_a_note(tmp_path: Path, value: str, level: str) -> None:
    settings = loaded(tmp_path, f"strict-logs = {value}")
    assert settings.logged_errors == level
    assert "strict-logs" in settings.notes[0]
    assert f"logged-errors = '{level}'" in settings.notes[0]
    assert loaded(tmp_path, "", {"HUB_RUNNER_STRICT_LOGS": value}).logged_errors == level


def test_a_level_of_strictness_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"warnings in .* must be one of fail, note, ignore, not 'true'"):
        loaded(tmp_path, 'warnings = "true"')


@pytest.mark.parametrize("rule", ["warnings", "warnings:", "warning:x", ":x", "demo:x"])
def test_an_exception_that_belongs_to_no_strictness_setting_is_refused(tmp_path: Path, rule: str) -> None:
    with pytest.raises(UsageError, match=r"waive in .* takes SETTING:PATTERN"):
        loaded(tmp_path, f'waive = ["{rule}"]')


def test_an_exception_in_the_environment_may_hold_spaces_and_commas(tmp_path: Path) -> None:
    environ = {"HUB_RUNNER_WAIVE": "'warnings:no access rules, consider' unrun-tests:TestOld"}
    assert loaded(tmp_path, "", environ).waive == ("warnings:no access rules, consider", "unrun-tests:TestOld")


@pytest.mark.parametrize(("text", "seconds"), [("", 0), ("90", 90), ("90s", 90), ("30m", 1800), ("2h", 7200)])
def test_how_long_to_keep_is_seconds_minutes_or_hours(tmp_path: Path, text: str, seconds: int) -> None:
    assert load(tmp_path, environ={}, flags={"keep": text}).keep_seconds == seconds


@pytest.mark.parametrize("text", ["traction", "-1", "1.5h", "30 m", "m", "30d"])
def test_anything_else_is_no_time_to_keep(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="must be a time such as 90s, 30m or 2h"):
        load(tmp_path, environ={}, flags={"keep": text})


@pytest.mark.parametrize(
    ("toml", "environ", "flags"),
    [
        ('with = ["a", "b"]', {}, {}),
        ("", {"HUB_RUNNER_WITH": "a,b"}, {}),
        ("", {}, {"with_": "a b"}),
    ],
)
def test_modules_to_install_along_are_named_in_any_place(
    tmp_path: Path, toml: str, environ: dict[str, str], flags: dict[str, Any]
) -> None:
    """`with` is a word of Python, so the field has another name than the setting."""
    assert loaded(tmp_path, toml, environ, **flags).with_ == ("a", "b")


@pytest.mark.parametrize(
    "name", ["registry.example.org/hub-cache", "localhost/hub-cache", "127.0.0.1:5000/a/b_c", "docker.io/me/hub-cache"]
)
def test_a_cache_registry_is_a_repository_of_a_registry(tmp_path: Path, name: str) -> None:
    assert load(tmp_path, environ={"HUB_RUNNER_CACHE_REGISTRY": name}).cache_registry == name


@pytest.mark.parametrize("name", ["hub-cache", "me/hub-cache", "registry.example.org", "https://example.org/x", "a.b/x:tag"])
def test_anything_else_is_refused_with_an_example(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"such as registry\.example\.org/hub-cache"):
        load(tmp_path, environ={"HUB_RUNNER_CACHE_REGISTRY": name})


@pytest.mark.parametrize("floor", ["101", "-1", "most"])
def test_a_floor_of_coverage_is_percent(tmp_path: Path, floor: str) -> None:
    with pytest.raises(UsageError, match="coverage-fail-under in the command line"):
        load(tmp_path, environ={}, flags={"coverage_fail_under": floor})
