"""Programs that run inside an image: Python 3.8 syntax, standard library only, nothing of ours is imported."""
