import logging
import sys

from odoo.service import server


def main():
    form = "%(asctime)s 7 %(levelname)s hub_runner_test %(name)s: %(message)s "
    logging.basicConfig(level=logging.INFO, format=form)
    words = sys.argv[1:]
    names = [words[at + 1] for at, word in enumerate(words[:-1]) if word in ("-i", "-u")]
    sys.exit(server.start(names[0].split(",") if names else []))
