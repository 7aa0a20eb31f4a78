"""Copies of databases, each with its filestore. No connection is left open, so whoever asks for one may fork."""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from hub_runner.odoo.inside.types_of_odoo import OdooObject

SPARE = "hub_runner_spare"


class Spare:
    """A copy that is made while nobody waits, for the next request with the same template; there is one at most.

    PostgreSQL takes a second for the thousand files of a copy, and almost nothing to rename it. Until then nobody may
    connect to it, and so Odoo's server does not see it: a database with a connection cannot be renamed.
    """

    def __init__(self) -> None:
        self._template, self._maker = "", 0

    def make(self, template: str) -> None:
        """Begins it in a process of its own, if there is none of this template."""
        if self._template == template:
            return
        self.forget(self._template)
        self._template, self._maker = template, os.fork()
        if self._maker == 0:
            _copy(template)

    def take(self, template: str, database: str) -> bool:
        """Gives it the name ``database``; False if there is none of this template, or it could not be made."""
        if not template or template != self._template:
            return False
        self._template = ""
        if not self._is_made():
            return False
        try:
            drop(database)
            open_as(SPARE, database)
        except Exception:  # noqa: BLE001 - a copy that is made now does as well
            traceback.print_exc()
            return False
        return True

    def forget(self, template: str) -> None:
        """Removes it, if it is one of this template, which will change."""
        if template and template == self._template:
            self._template = ""
            self._is_made()
            drop(SPARE)

    def _is_made(self) -> bool:
        """Waits for the end of the process that makes it. Whether it was made."""
        return os.waitpid(self._maker, 0)[1] == 0


def _copy(template: str) -> NoReturn:
    """In the process that makes the spare copy, and ends here."""
    code = 1
    try:
        clone(template, SPARE, closed=True)
        code = 0
    except Exception:  # noqa: BLE001 - whoever needs a copy makes one then, and says what is wrong
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(code)


def clone(template: str, database: str, closed: bool = False) -> None:
    """A copy of a database to which nobody is connected, with its files. ``closed``: nobody can connect to the copy."""
    drop(database)
    with _Connected() as cursor:
        cursor.execute("SHOW server_version_num")
        strategy = " STRATEGY FILE_COPY" if int(cursor.fetchone()[0]) >= 150000 else ""
        cursor.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"{strategy} ALLOW_CONNECTIONS {not closed}')
    config = import_module("odoo.tools").config
    files = config.filestore(template)
    if Path(files).is_dir():  # Odoo never changes such a file, so a second name for it is a copy
        shutil.copytree(files, config.filestore(database), copy_function=os.link)


def drop(database: str) -> None:
    config = import_module("odoo.tools").config
    with _Connected() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
    shutil.rmtree(config.filestore(database), ignore_errors=True)


def open_as(database: str, name: str) -> None:
    """Gives a closed database its ``name``, which nothing may have yet, and lets everybody connect to it."""
    config = import_module("odoo.tools").config
    with _Connected() as cursor:
        cursor.execute(f'ALTER DATABASE "{database}" RENAME TO "{name}"')
        cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    files = config.filestore(database)
    if Path(files).is_dir():
        Path(files).rename(config.filestore(name))


class _Connected:
    """A cursor on the database ``postgres``; nothing of it is left when the block ends."""

    def __enter__(self) -> OdooObject:
        sql_db = import_module("odoo.sql_db")
        psycopg2 = import_module("psycopg2")
        _, parameters = sql_db.connection_info_for("postgres")
        self.connection = psycopg2.connect(**parameters)
        self.connection.autocommit = True
        return self.connection.cursor()

    def __exit__(self, *error: object) -> None:
        self.connection.close()
