"""The pages of report.html in a real browser: ``nox -s pages``. Not part of ``check``: it needs Chromium, Node and npm."""
