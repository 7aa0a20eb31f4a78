"""All that talks to Docker: the engine's client, the compose command line and model, images, and the environment of one run.

Nothing here decides who owns a resource or removes what a run leaves: that is ``cleanup``.
"""
