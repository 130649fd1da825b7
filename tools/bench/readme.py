# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes results into a document, between two comments."""

BEGIN = "<!-- tools/dev bench --update-readme: begin -->"
END = "<!-- tools/dev bench --update-readme: end -->"


def replaced(document, text):
    """The document with `text` between the marks; ValueError without them."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"there is no '{BEGIN}' with a '{END}' behind it")
    return f"{before}{BEGIN}\n\n{text.strip()}\n\n{END}{after}"


def update(path, text):
    """Rewrites the file, or leaves it as it is and raises."""
    try:
        whole = replaced(path.read_text(), text)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    path.write_text(whole)
