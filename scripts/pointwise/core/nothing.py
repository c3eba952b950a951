"""How dumps and programs spell that there is nothing."""

# In lower case. NA is not among them: it is Namibia, sodium and a name.
SPELLINGS_OF_NOTHING = (
    "", "\\n", "null", "(null)", "<null>", "nan", "none", "nil", "n/a", "#n/a",
    "undefined",
)  # fmt: skip
