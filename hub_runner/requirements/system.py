"""Packages of the system that modules ask for: programs and Debian packages of their manifests, and a setting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hub_runner.checkout.modules import MANIFEST, Module
from hub_runner.errors import UsageError
from hub_runner.settings import Settings

SETTING = "system-packages"
# Programs that manifests of public modules name, and the packages of Debian and Ubuntu that bring them.
PROGRAMS = {
    "antiword": "antiword",
    "chromium": "chromium",
    "convert": "imagemagick",
    "dot": "graphviz",
    "ffmpeg": "ffmpeg",
    "git": "git",
    "gs": "ghostscript",
    "java": "default-jre-headless",
    "lessc": "node-less",
    "libreoffice": "libreoffice",
    "openssl": "openssl",
    "pandoc": "pandoc",
    "pdftk": "pdftk-java",
    "pdftotext": "poppler-utils",
    "pdftoppm": "poppler-utils",
    "qpdf": "qpdf",
    "soffice": "libreoffice",
    "tesseract": "tesseract-ocr",
    "unrtf": "unrtf",
    "wkhtmltopdf": "wkhtmltopdf",
    "xmlsec1": "xmlsec1",
}
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+(?::[a-z0-9]+)?(?:=[A-Za-z0-9.+:~-]+)?")  # Debian's rules, with a version if any
_PROGRAM = re.compile(r"[\w.+-]+")


@dataclass(frozen=True, kw_only=True)
class SystemPackage:
    """One wanted package of the system. ``program`` is what a manifest asks for; it needs no package if it is there."""

    name: str
    source: str
    program: str = ""


def wanted_packages(settings: Settings, modules: tuple[Module, ...]) -> tuple[SystemPackage, ...]:
    """What the modules and the setting ask for. Raises UsageError for a name that is none or that nobody knows."""
    source, renamed, found = f"the setting {SETTING}", dict[str, str](), list[SystemPackage]()
    for text in settings.system_packages:
        program, equals, package = text.partition("=")
        if equals and _PROGRAM.fullmatch(program) and package and package[0].isalpha():
            renamed[program] = _checked(package, source)
        else:
            found.append(SystemPackage(name=_checked(text, source), source=source))
    return (*found, *(package for module in modules for package in _of_manifest(module, renamed)))


def _of_manifest(module: Module, renamed: dict[str, str]) -> Iterator[SystemPackage]:
    """A manifest that names both programs and packages says which packages bring the programs."""
    source = str(module.folder / MANIFEST)
    packages, programs = module.external_dependencies("deb"), module.external_dependencies("bin")
    for name in packages:
        yield SystemPackage(name=_checked(name, source), source=source)
    for program in () if packages else programs:
        package = renamed.get(program) or PROGRAMS.get(program, "")
        yield SystemPackage(name=package, source=source, program=program)


def _checked(name: str, source: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{source}: {name!r} is not the name of a Debian package.")
    return name


def unnamed(package: SystemPackage) -> UsageError:
    """What to say of a program that is missing and that no known package brings."""
    return UsageError(
        f"{package.source}: the program {package.program!r} is not in the image, and hub-runner does not know which package "
        f'brings it. Say so: {SETTING} = ["{package.program}=PACKAGE"].'
    )
