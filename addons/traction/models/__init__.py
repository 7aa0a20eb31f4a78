# The mixins come first: Odoo builds models in the order of their import.
# isort: off
from . import traction_item
from . import traction_commitment
from . import res_groups
from . import traction_group
from . import traction_issue
from . import traction_kpi
from . import traction_measurement
from . import traction_rock
from . import traction_todo
