from odoo.tests.case import TestCase


class TransactionCase(TestCase):
    pass


class HttpCase(TransactionCase):
    pass


def tagged(*tags):
    def decorator(cls):
        added = {tag for tag in tags if not tag.startswith("-")}
        cls.test_tags = (cls.test_tags | added) - {tag[1:] for tag in tags if tag.startswith("-")}
        return cls

    return decorator
