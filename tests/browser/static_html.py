"""static_html.py [--sanitised] NOTEBOOK FILE: writes a notebook's page as nbconvert makes it.

With --sanitised its outputs are first stripped of all but plain tags, as viewers do that trust no
notebook: no script, no style, no class; pictures keep their source and their words.
"""
import argparse
import pathlib

import bleach
import nbformat
from nbconvert import HTMLExporter

TAGS = {
    *("a", "b", "br", "code", "em", "i", "img", "li", "ol", "p", "pre", "small", "strong", "ul"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": ["href"], "img": ["alt", "src"]}


def sanitise(notebook):
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data:
                data["text/html"] = bleach.clean(
                    data["text/html"],
                    tags=TAGS,
                    attributes=ATTRIBUTES,
                    protocols={"http", "https", "data"},
                    strip=True,
                )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sanitised", action="store_true")
    parser.add_argument("notebook", type=pathlib.Path)
    parser.add_argument("file", type=pathlib.Path)
    arguments = parser.parse_args()
    notebook = nbformat.read(arguments.notebook, as_version=4)
    if arguments.sanitised:
        sanitise(notebook)
    page, _ = HTMLExporter().from_notebook_node(notebook)
    arguments.file.parent.mkdir(parents=True, exist_ok=True)
    arguments.file.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
