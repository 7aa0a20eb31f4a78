"""A machine that can run: ``setup`` gets engine and images, ``doctor`` shows what a run would meet.

Here are also ``init``, which lets a repository use hub-runner, and the environments of nox's sessions. No run needs this
room.
"""
