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
    assert said.startswith("The image odoo:18.0 could not be pulled: ")
    assert words in said
    assert advice in said


def test_progress_counts_the_layers_that_have_come_wherever_the_output_is_cut() -> None:
    pull = Pull()
    output = (
        b"18.0: Pulling from library/odoo\n0123456789ab: Pulling fs layer\n1123456789ab: Pulling fs layer\n"
        b"2123456789ab: Already exists\n0123456789ab: Download complete\n0123456789ab: Pull complete\n1123456789ab: Ver"
    )
    for cut in range(0, len(output), 7):
        pull.add(output[cut : cut + 7])
    assert str(pull) == "2 of 3 layers are here"


def test_a_pull_before_its_first_layer_is_asking() -> None:
    assert str(Pull()) == "asking the registry"
