import os

__path__ = [os.environ.get("STANDIN_ADDONS", "/mnt/extra-addons")]
