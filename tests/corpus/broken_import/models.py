from odoo import models

from .helpers import no_such_helper

MODELS = models, no_such_helper
