"""What the files of a run prove, and what they do not: read again by somebody who was not there (incident I10).

Here live the checks of ``hub-runner verify``, in levels. What a run writes to make them possible lives in ``report/``.
"""
