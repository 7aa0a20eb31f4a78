import logging

_logger = logging.getLogger(__name__)


def post_init(*_args):
    _logger.error("The rocks could not be migrated")
