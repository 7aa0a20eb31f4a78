/** @odoo-module **/
import { registry } from "@web/core/registry";

const navbar = { content: "The bar is there", trigger: ".o_main_navbar" };

registry.category("web_tour.tours").add("drives_browser_passing", { steps: () => [navbar] });
registry.category("web_tour.tours").add("drives_browser_failing", {
    steps: () => [navbar, { content: "Nothing bears this class", trigger: ".no_such_class", timeout: 5000 }],
});
