"""report.html: one file for people who would rather look. No script, nothing from elsewhere; a template and what it shows.

Text reaches a page through ``render`` alone, which makes it harmless, hides secrets and escapes it: no template may switch
that off.
"""
