{"name": "Passing", "version": "1.0.0", "depends": ["base"], "license": "LGPL-3"}
