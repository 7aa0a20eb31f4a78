{
    "name": "Order not null",
    "version": "1.0.0",
    "author": "hub-runner",
    "license": "LGPL-3",
    "depends": ["order_user", "mail"],
}
