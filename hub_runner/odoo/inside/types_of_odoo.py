"""Types of what the programs in Odoo's container handle. Odoo ships none for its own objects."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Dict, Optional, Tuple, Type  # noqa: UP035 - Python 3.8 evaluates the lines below

OdooObject = Any  # a class, record, cursor, registry or module of Odoo: what is used of it is looked up when it is used
Json = Dict[str, Any]  # noqa: UP006 - an event or a report: its values are checked by whoever reads it
ErrorInfo = Tuple[Type[BaseException], BaseException, Optional[TracebackType]]  # noqa: UP006, UP045 - of sys.exc_info()
