import pytest

from hub_runner.engine.images import Pull, refusal


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ('Get "https://registry/v2/": dial tcp: lookup registry: no such host', "No registry is reached"),
        ("dial tcp 192.0.2.1:443: connect: connection refused", "No registry is reached"),
        ("no answer within 45 s (time limit)", "No registry is reached"),
        ("pull access denied for x, repository does not exist or may require 'docker login'", "`docker login` first"),
        ("manifest for odoo:99 not found: manifest unknown", "There is no such image: look at"),
        ("write /var/lib/docker/tmp/x: no space left on device", "disk is full"),
        ("toomanyrequests: You have reached your pull rate limit", "try again later"),
        ("invalid reference format", "not the name of an image"),
    ],
)
def test_a_refusal_names_the_image_the_words_of_the_registry_and_what_to_do(words: str, advice: str) -> None:
    said = refusal("odoo:18.0", words)
    assert said.startswith("The image odoo:18.0 is not to be had: ")
    assert words in said
    assert advice in said


def test_progress_sums_the_layers_and_takes_a_finished_one_for_whole() -> None:
    pull = Pull()
    for event in (
        {"status": "Pulling from library/odoo", "id": "18.0"},
        {"status": "Downloading", "id": "a", "progressDetail": {"current": 10_000_000, "total": 30_000_000}},
        {"status": "Downloading", "id": "b", "progressDetail": {"current": 1_000_000, "total": 70_000_000}},
        {"status": "Download complete", "id": "a", "progressDetail": {}},
        {"status": "Download complete", "id": "was-here-already", "progressDetail": {}},
        {"status": "Extracting", "id": "a", "progressDetail": {"current": 1, "total": 30_000_000}},
    ):
        pull.take(event)
    assert str(pull) == "31 of 100 MB"


def test_a_pull_without_layers_has_a_progress_too() -> None:
    assert str(Pull()) == "0 of 0 MB"
