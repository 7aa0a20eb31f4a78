{
    "name": "Traction",
    "summary": "Run teams on EOS: rocks, issues, to-dos and scorecards that move up and down the groups",
    # No series in front: Odoo 18.0 and 19.0 each ignore a module that bears the other's.
    "version": "1.0.0",
    "category": "Productivity",
    "author": "The hub-runner authors",
    "license": "LGPL-3",
    "depends": ["mail"],
    "data": [
        # Groups before the ACLs and rules that name them.
        "security/traction_security.xml",
        "security/ir.model.access.csv",
        "security/traction_rules.xml",
        "views/traction_item_views.xml",
        "views/traction_rock_views.xml",
        "views/traction_todo_views.xml",
        "views/traction_issue_views.xml",
        "views/traction_measurement_views.xml",
        "views/traction_kpi_views.xml",
        "views/traction_group_views.xml",
        "views/traction_menus.xml",
    ],
    "demo": ["demo/traction_demo.xml"],
    "application": True,
}
