"""All that talks to Docker: the SDK's client, the compose command line and file, images, and the environment of one run.

Nothing here decides who owns a resource or removes one run's leftovers: that is ``cleanup``.
"""
