"""What bare Odoo says of each module of the corpus: `odoo -i MODULE --test-enable` on a fresh database, and nothing else."""
