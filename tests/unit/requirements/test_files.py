from __future__ import annotations

from pathlib import Path

import pytest

from hub_runner.errors import UsageError
from hub_runner.requirements import files


def read(folder: Path, text: str) -> files.RequirementsFile:
    path = folder / "requirements.txt"
    path.write_text(text)
    return files.read(path, folder)


def shown(found: files.RequirementsFile) -> list[str]:
    return [str(line.requirement) for line in found.requirements]


def test_comments_blank_lines_hashes_and_continued_lines_are_read_as_pip_reads_them(tmp_path: Path) -> None:
    text = "# all\n\nfoo>=1 # why\nbar==2 \\\n  --hash=sha256:00 \\\n  --hash=sha256:01\nbaz[x] ; python_version < '3.10'\n"
    found = read(tmp_path, text)
    assert shown(found) == ["foo>=1", "bar==2", 'baz[x]; python_version < "3.10"']
    assert [line.place for line in found.requirements] == [f"requirements.txt, line {number}" for number in (3, 4, 7)]


def test_a_number_sign_within_a_word_begins_no_comment(tmp_path: Path) -> None:
    address = "https://example.org/foo-1-py3-none-any.whl#sha256=00"
    found = read(tmp_path, f"foo @ {address}\n")
    assert [line.requirement.url for line in found.requirements] == [address]


def test_options_that_say_where_to_look_are_kept(tmp_path: Path) -> None:
    text = "-i https://a.example/simple\n--extra-index-url=https://b.example/simple\n--pre\n-f wheels\nfoo\n"
    found = read(tmp_path, text)
    where = ["--index-url=https://a.example/simple", "--extra-index-url=https://b.example/simple", "--pre"]
    assert found.options == [*where, f"--find-links={tmp_path / 'wheels'}"]


def test_a_line_may_have_several_options_and_quotes(tmp_path: Path) -> None:
    text = "-i https://a.example/simple --trusted-host a.example --require-hashes --pre\n--find-links 'my wheels'\n"
    found = read(tmp_path, text)
    where = ["--index-url=https://a.example/simple", "--trusted-host=a.example", "--pre"]
    assert found.options == [*where, f"--find-links={tmp_path / 'my wheels'}"]


def test_a_variable_gets_its_value_only_when_it_is_asked_for_and_only_if_it_has_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHEELS_ADDRESS", "https://a.example/wheels")
    assert read(tmp_path, "-f ${WHEELS_ADDRESS}\n").options == ["--find-links=${WHEELS_ADDRESS}"]
    found = read(tmp_path, "--index-url https://${TOKEN}@a.example/${GONE}/simple\n")
    assert found.options == ["--index-url=https://${TOKEN}@a.example/${GONE}/simple"]
    value = files.expanded(found.options[0], {"TOKEN": "secret", "GONE": ""})
    assert value == "--index-url=https://secret@a.example/${GONE}/simple"


@pytest.mark.parametrize("end", ["\\", "\\\n", "# a comment\n"])
def test_a_last_line_that_says_it_goes_on_counts(tmp_path: Path, end: str) -> None:
    assert shown(read(tmp_path, f"foo==1 \\\n{end}")) == ["foo==1"]


def test_the_address_of_a_wheel_alone_says_whose_it_is(tmp_path: Path) -> None:
    address = "https://example.org/my_foo-1-py3-none-any.whl#sha256=00"
    (line,) = read(tmp_path, f"{address} ; python_version > '3.0'\n").requirements
    assert (line.requirement.name, line.requirement.url) == ("my-foo", address)


def test_a_generated_file_is_passed_over_also_if_another_one_includes_it(tmp_path: Path) -> None:
    (tmp_path / "generated.txt").write_text("# generated from manifests external_dependencies\nneighbour\n")
    assert shown(read(tmp_path, "-r generated.txt\nfoo\n")) == ["foo"]


def test_other_files_are_read_from_where_they_are_named_and_circles_end(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.txt").write_text("foo\n-r ../requirements.txt\n-c limits.txt\n")
    (tmp_path / "more" / "limits.txt").write_text("bar<2\n")
    found = read(tmp_path, "-r more/a.txt\nbar\n")
    assert shown(found) == ["foo", "bar"]
    assert found.constraints == ["bar<2"]
    assert found.requirements[0].place == "more/a.txt, line 1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("foo bar\n", "line 1: 'foo bar' is not a requirement"),
        ("x\n-e .\n", "line 2: '.' is neither on an index nor a wheel"),
        ("git+https://user:secret@example.org/a.git@main\n", "'git.https://example.org/a.git@main' is neither"),
        ("foo @ git+https://example.org/foo.git\n", "'foo @ git.https://example.org/foo.git' is neither"),
        ("git+https://example.org/foo.git#egg=foo\n", "neither on an index nor a wheel"),
        ("odoo-addon-foo @ https://example.org/foo-1.tar.gz\n", "neither on an index nor a wheel"),
        ("foo @ https://example.org/foo-1.tar.gz\n", "neither on an index nor a wheel"),
        ("./local\n", "neither on an index nor a wheel"),
        ("-r gone.txt\n", "gone.txt is not a file of this checkout"),
        ("-r https://example.org/r.txt\n", "is not a file of this checkout"),
        ("x\n- freezegun\n", "requirements.txt, line 2: '- freezegun' is neither a requirement nor an option"),
        ("- https://user:secret@example.org/foo\n", "line 1: '- https://example.org/foo' is neither a requirement"),
        ("-\n", "line 1: '-' is neither a requirement nor an option"),
        ("--\n", "line 1: '--' is neither a requirement nor an option"),
        ("-- freezegun\n", "line 1: '-- freezegun' is neither a requirement nor an option"),
        ("--index-url=https://a.example/simple surplus\n", "is neither a requirement nor an option"),
        ("--find-links 'wheels\n", "cannot be read .No closing quotation"),
        ("--run-this thing\n", "does not know the option --run-this"),
    ],
)
def test_what_is_not_installed_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as refused:
        read(tmp_path, text)
    assert "secret" not in str(refused.value)


def test_a_file_in_no_known_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_bytes(b"\xff\xfe\x00foo")
    with pytest.raises(UsageError, match="cannot be read"):
        files.read(path, tmp_path)
