"""External ids that XML files ask for too early or in vain, and what else Odoo refuses in them."""

from __future__ import annotations

import tracemalloc

import pytest

from hub_runner.checkout.lint import xmlfiles
from hub_runner.checkout.lint.module_text import Text
from tests.unit.checkout.lint.written import shown, written

ACTION = "<record id='rock_action' model='ir.actions.act_window'/>"
MANIFEST = "{'data': ['menu.xml', 'views.xml']}"


def menus(body: str, *, views: str = ACTION, manifest: str = MANIFEST, series: str = "19.0", **files: str) -> Text:
    texts = {"menu.xml": f"<odoo>\n{body}\n</odoo>", "views.xml": f"<odoo>{views}</odoo>", **files}
    return written(texts, manifest=manifest, series=series)


def view(arch: str, model: str = "ir.ui.view", kind: str = "xml") -> str:
    return f"<record id='v' model='{model}'>\n<field name='arch' type='{kind}'>\n{arch}\n</field></record>"


@pytest.mark.parametrize(
    "body",
    [
        "<menuitem id='a'\naction='rock_action'/>",
        "<menuitem id='a'\nparent='probe.rock_action'/>",
        "<record id='a' model='x'>\n<field name='b' ref='rock_action'/></record>",
        "<record id='a' model='x'>\n<field name='b' eval=\"[(4, ref('rock_action'))]\"/></record>",
        "<template id='a'\ninherit_id='rock_action'/>",
        view("<button name='%(rock_action)d'/>").replace("\n", "", 1),
    ],
)
def test_an_id_of_a_later_file_stops_the_installation_at_its_line(body: str) -> None:
    (line,) = shown(menus(body))
    assert line.startswith("!menu.xml:3: ")
    assert line.endswith("rock_action is defined in a file that is listed later: list that file before this one")


def test_an_id_that_stands_further_down_in_the_file_stops_the_installation() -> None:
    (line,) = shown(menus(f"<menuitem id='a' action='rock_action'/>\n{ACTION}", views=""))
    assert line == "!menu.xml:2: rock_action is defined further down in this file: its record must stand before this line"


def test_an_id_that_nothing_defines_is_named_with_the_likeliest_one_and_once() -> None:
    manifest = "{'data': ['views.xml', 'menu.xml']}"
    twice = "<menuitem id='a' action='rock_actoin'/>\n<menuitem id='b' action='rock_actoin'/>"
    (line,) = shown(menus(twice, manifest=manifest))
    assert line == ("!menu.xml:2: rock_actoin is defined in no file that is loaded before; did you mean probe.rock_action?")


@pytest.mark.parametrize(
    "body",
    [
        f"{ACTION}<menuitem id='a' action='rock_action' groups='base.group_user,-base.group_system'/>",
        "<menuitem id='a'><menuitem id='b' parent='a'/></menuitem>",
        "<menuitem id='a' action='sale.action_orders'/>",
        "<record id='a' model='x' forcecreate='0'><field name='b' ref='gone'/></record>",
        "<record id='a' model='x'><field name='b' eval=\"ref('gone') if 0 else False\"/></record>",
        "<record id='a' model='x'><field name='b' eval=\"ref('gone', raise_if_not_found=False)\"/></record>",
        "<record id='a' model='product.product'/><menuitem id='m' parent='a_product_template'/>",
        "<record id='copy1' model='probe.copy'/><menuitem id='m' parent='copy1_library_book'/>",
        "<record id='a' model='x'><field name='b' ref='field_x__y'/></record>",
        view("<t t-call='gone'/><a ref='gone'/>%%(gone)d", kind="xml"),
        "<template id='a'><a href='%(gone)s'/></template>",
    ],
)
def test_what_is_there_or_may_be_is_not_judged(body: str) -> None:
    assert shown(menus(body)) == []


def test_an_id_that_python_or_sql_may_make_is_not_judged() -> None:
    assert shown(menus("<menuitem id='a' action='made'/>", **{"data/x.sql": "INSERT 'made'"})) == []


@pytest.mark.parametrize("text", ['f"rock_{kind}"', '"rock_%s" % kind', '"probe.rock_%s"', "f'{self.name}.rock_{kind}_x'"])
def test_an_id_whose_end_python_makes_up_is_not_judged(text: str) -> None:
    python = f"def hook(env):\n    env['ir.model.data'].create({{'name': {text}}})\n"
    assert shown(menus("<menuitem id='a' action='rock_granite'/>", **{"hooks.py": python})) == []
    assert len(shown(menus("<menuitem id='a' action='rok_granite'/>", **{"hooks.py": python}))) == 1
    assert len(shown(menus("<menuitem id='a' action='rock_granite'/>", **{"hooks.py": f"x = {text}"}))) == 1


@pytest.mark.parametrize(("python", "stops"), [("convert_file(env, 'probe', 'more/late.xml', {})", False), ("pass", True)])
def test_a_file_that_python_names_may_be_loaded_by_a_hook(python: str, stops: bool) -> None:
    files = {"more/late.xml": "<odoo><record id='tardy' model='x'/></odoo>", "hooks.py": python}
    (line,) = shown(menus("<menuitem id='a' action='tardy'/>", **files))
    assert line.removeprefix("!") == "menu.xml:2: tardy is defined in more/late.xml, which `data` of probe does not list"
    assert line.startswith("!") is stops


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ("<field name='type'>qweb</field>", 0),
        ("<field name='type' eval=\"'qweb'\"/>", 0),
        ("<field name='inherit_id' ref='website.layout'/>", 0),
        ("<field name='inherit_id' ref='base.view_partner_form'/><field name='model'>res.partner</field>", 1),
        ("<field name='type'>form</field>", 1),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_template_that_is_written_as_a_record_may_have_any_attribute(fields: str, count: int, first: bool) -> None:
    arch = "<field name='arch' type='xml'><div states='draft'>qweb</div></field>"
    record = f"<record id='v' model='ir.ui.view'>{fields}{arch}</record>" if first else ""
    record = record or f"<record id='v' model='ir.ui.view'>{arch}{fields}</record>"
    assert len(shown(menus(f"{record}<record id='w' model='x'/>"))) == count


@pytest.mark.parametrize(
    ("path", "text"), [("menus.xml", "<odoo><menuitem id='rocks.old'/></odoo>"), ("x.menu.csv", "id,name\nrocks.old,Old\n")]
)
def test_an_id_of_one_module_may_be_defined_by_another_one(path: str, text: str) -> None:
    """By a menu or a row: Odoo refuses only a `<record>` that makes something new under such an id."""
    base = written({}, name="rocks")
    quarry = written({path: text}, name="quarry", manifest=f"{{'depends': ['rocks'], 'data': ['{path}']}}")
    body = "<menuitem id='a'\nparent='rocks.old'/>"
    assert shown(menus(body), base, quarry) == []
    assert shown(menus(body), base)[0].startswith("!menu.xml:3: rocks.old is defined in no file")


def test_a_demo_file_is_not_judged() -> None:
    assert shown(menus("<menuitem id='a' action='gone'/>", manifest="{'demo': ['menu.xml', 'views.xml']}")) == []


def test_ids_of_another_module_of_the_checkout_are_known() -> None:
    other = written({"a.xml": f"<odoo>{ACTION}</odoo>"}, manifest="{'data': ['a.xml']}", name="other")
    assert shown(menus("<menuitem id='a' action='other.rock_action'/>"), other) == []
    (line,) = shown(menus("<menuitem id='a' action='other.rock_actoin'/>"), other)
    assert "did you mean other.rock_action?" in line


@pytest.mark.parametrize("key", ["demo", "demo_xml"])
def test_demo_data_of_another_module_may_be_there_and_that_of_the_module_itself_is_not(key: str) -> None:
    """Odoo loads the demo data of each module directly after its other files, and most databases of tests have it."""
    demo = {"a.xml": f"<odoo>{ACTION}</odoo>"}
    other = written(demo, manifest=f"{{'{key}': ['a.xml']}}", name="other")
    (line,) = shown(menus("<menuitem id='a' action='other.rock_action'/>"), other)
    assert line == "menu.xml:2: other.rock_action is demo data of other: it is not there in a database without demo data"
    assert shown(menus("<menuitem id='a' action='other.rock_action_book'/>"), other) == []
    manifest = f"{{'data': ['menu.xml'], '{key}': ['views.xml']}}"
    (line,) = shown(menus("<menuitem id='a' action='rock_action'/>", manifest=manifest))
    assert line.startswith("!menu.xml:2: rock_action is defined in views.xml, which `data` of probe does not list")


def test_memory_grows_with_a_file_and_not_with_its_square() -> None:
    body = "\n".join(f"<record id='r{number}' model='x'><field name='a' ref='base.b'/></record>" for number in range(2000))
    data = f"<odoo>{body}</odoo>".encode()
    tracemalloc.start()
    try:
        file = xmlfiles.read(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(file.asked) == 2000
    assert peak < 100 * len(data)


def test_another_element_in_a_record_stops_the_installation() -> None:
    (line,) = shown(menus("<record id='a' model='x'>\n<filed name='b'/></record>"))
    assert line == "!menu.xml:3: a <record> holds <field> elements, and no <filed>"


@pytest.mark.parametrize(("series", "count"), [("18.0", 1), ("19.0", 1), ("17.0", 0)])
def test_a_tree_view_stops_the_installation_since_18(series: str, count: int) -> None:
    lines = shown(menus(view("<tree><field name='x'/></tree>"), series=series))
    assert lines == ["!menu.xml:4: <tree> is called <list> since 18.0, which refuses the old name"] * count


@pytest.mark.parametrize("attribute", ["attrs", "states"])
@pytest.mark.parametrize(("series", "count"), [("17.0", 1), ("16.0", 0)])
def test_attrs_and_states_stop_the_installation_since_17(series: str, count: int, attribute: str) -> None:
    lines = shown(menus(view(f"<form><field name='x'\n{attribute}='1'/></form>"), series=series))
    assert [line.partition(" is gone since 17.0")[0] for line in lines] == [f"!menu.xml:5: `{attribute}`"] * count


@pytest.mark.parametrize("attribute", ["attrs", "states"])
@pytest.mark.parametrize(
    ("element", "count"),
    [
        ("<attribute name='NAME'>{}</attribute>", 1),
        ("<attribute name='NAME'>\n{}\n{}\n</attribute>", 1),
        ("<attribute name='NAME' add='draft'/>", 1),
        ("<attribute name='NAME'/>", 0),
        ("<attribute name='NAME'></attribute><attribute name='x'>1</attribute>", 0),
        ("<attribute name='NAME'> <!-- it was {} -->\n</attribute>text", 0),
        ("<attribute name='NAME' remove='draft'/>", 0),
    ],
)
def test_an_attribute_element_sets_attrs_and_states_only_if_it_has_text(element: str, count: int, attribute: str) -> None:
    """Odoo refuses the view if the attribute is there in the end, and without text the element takes it away."""
    arch = f"<field name='x' position='attributes'>\n{element.replace('NAME', attribute)}</field>"
    lines = shown(menus(view(arch), series="17.0"))
    assert [line.partition(" is gone since 17.0")[0] for line in lines] == [f"!menu.xml:5: `{attribute}`"] * count


def test_what_looks_like_a_gone_name_and_is_none_is_not_judged() -> None:
    qweb = view("<div attrs='1'><tree/></div>", kind="qweb")
    other = view("<tree/>", model="mail.template")
    assert shown(menus(f"{qweb}{other}".replace("type='qweb'", "type='html'"))) == []


def test_an_id_of_a_file_that_is_not_well_formed_is_not_missed_as_well() -> None:
    """U5: only the broken file is told of, and nobody is sent to another id."""
    manifest = "{'data': ['views.xml', 'menu.xml']}"
    (line,) = shown(menus("<menuitem id='a' action='rock_action'/>", views=f"<form>{ACTION}</from>", manifest=manifest))
    assert line.startswith("!views.xml:1: is not well-formed XML")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<record id='a'/>", 'a <record> names its model: model="..."'),
        ("<record id='a' model='x'><field>1</field></record>", 'the <field> of a <record> has a name: name="..."'),
    ],
)
def test_a_record_without_what_odoo_asks_of_it_stops_the_installation(body: str, message: str) -> None:
    assert shown(menus(body)) == [f"!menu.xml:2: {message}"]


def test_only_the_first_of_many_ids_that_nothing_defines_are_compared_with_all_there_are() -> None:
    """2,000 of them beside 5,000 records took five minutes before each run."""
    records = "".join(f"<record id='rock_{number}' model='x'/>" for number in range(2000))
    asked = "".join(f"<menuitem id='m{number}' action='rok_{number}'/>\n" for number in range(200))
    lines = shown(menus(asked, views=records, manifest="{'data': ['views.xml', 'menu.xml']}"))
    assert (len(lines), sum("did you mean" in line for line in lines)) == (200, 20)
