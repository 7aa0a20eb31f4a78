from . import (
    test_access,
    test_cascade,
    test_escalate,
    test_group,
    test_http,
    test_issue,
    test_kpi,
    test_rock,
    test_todo,
    test_views,
)
