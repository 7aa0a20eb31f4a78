import subprocess
from pathlib import Path

import pytest

from hub_runner.errors import EnvironmentFailure
from hub_runner.machine.packages import mirror, plan

BOOKWORM = {"ID": "debian", "VERSION_ID": "12", "VERSION_CODENAME": "bookworm", "PRETTY_NAME": "Debian 12"}
UBUNTU = {"ID": "ubuntu", "VERSION_ID": "24.04", "VERSION_CODENAME": "noble"}
EVERYTHING = {"engine", "client", "compose"}
MIRROR = "http://mirror.example/debian"


def test_debian_12_takes_docker_and_nothing_else_from_a_debian_13_source() -> None:
    made = plan(BOOKWORM, EVERYTHING, MIRROR)
    source, preferences = made.files.values()
    assert f"{MIRROR} trixie main" in source
    assert "Package: *\nPin: release n=trixie\nPin-Priority: -1" in preferences
    assert "Package: docker.io docker-cli docker-compose docker-buildx\n" in preferences
    assert made.packages == ("docker.io", "docker-cli", "iptables", "docker-compose", "docker-buildx")


@pytest.mark.parametrize("version", [{"VERSION_ID": "13"}, {"VERSION_ID": "14"}, {}])
def test_later_debians_and_testing_without_a_number_use_their_own_packages(version: dict[str, str]) -> None:
    made = plan({"ID": "debian", **version}, EVERYTHING, MIRROR)
    assert made.files == {}
    assert "docker-compose" in made.packages


def test_ubuntu_names_compose_differently_and_has_the_client_in_its_engine() -> None:
    assert plan(UBUNTU, EVERYTHING, None).packages == ("docker.io", "iptables", "docker-compose-v2", "docker-buildx")


def test_only_what_is_missing_is_installed() -> None:
    assert plan(BOOKWORM, {"compose"}, MIRROR).packages == ("docker-compose", "docker-buildx")
    assert plan(BOOKWORM, {"client"}, MIRROR).packages == ("docker-cli",)


@pytest.mark.parametrize("system", [{}, {"ID": "fedora", "PRETTY_NAME": "Fedora 43"}, {"ID": "debian", "VERSION_ID": "11"}])
def test_another_system_is_told_what_is_missing_and_where_to_read_on(system: dict[str, str]) -> None:
    with pytest.raises(EnvironmentFailure, match=r"Missing: Compose 2.20 or later.*docs\.docker\.com"):
        plan(system, {"compose"}, MIRROR)


def test_debian_12_without_a_debian_source_is_told_so() -> None:
    with pytest.raises(EnvironmentFailure, match="no source of Debian's packages"):
        plan(BOOKWORM, EVERYTHING, None)


def test_the_commands_that_are_shown_write_the_same_files_in_a_shell(tmp_path: Path) -> None:
    made = plan(BOOKWORM, EVERYTHING, MIRROR)
    writes = [line for line in made.script.splitlines() if line.startswith("printf")]
    for (path, text), line in zip(made.files.items(), writes, strict=True):
        target = tmp_path / Path(path).name
        # A shell takes a pasted, indented line too.
        subprocess.run(["sh", "-c", f"    {line.replace(path, str(target))}"], check=True)
        assert target.read_text() == text
    assert made.script.splitlines()[len(writes) :] == [
        "apt-get update",
        "apt-get install -y --no-install-recommends docker.io docker-cli iptables docker-compose docker-buildx",
    ]


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (
            "http://security.example/debian-security bookworm-security\nhttp://a.example/debian bookworm",
            "http://a.example/debian",
        ),
        ("http://foreign.example/apt cloud-sdk-bookworm\nhttp://a.example/debian stable\n", "http://a.example/debian"),
        ("http://a.example/debian-security bookworm-security", None),
        ("nonsense\n\n a b c", None),
        ("", None),
    ],
)
def test_the_mirror_is_the_one_of_the_machines_own_release(targets: str, expected: str | None) -> None:
    assert mirror(targets, BOOKWORM) == expected


def test_ubuntus_mirror_is_no_debian_mirror() -> None:
    assert mirror("http://archive.example/ubuntu noble", UBUNTU) is None
