"""run_papermill.py NOTEBOOK OUT -k deno -p NAME VALUE …: papermill, told how TypeScript writes parameters.

papermill by itself refuses to set the parameters of a TypeScript notebook. This takes the same arguments and
needs papermill in the Python that runs it.
"""
import json

from papermill.cli import papermill
from papermill.translators import Translator, papermill_translators


class TypeScript(Translator):
    """Writes the cell that papermill puts behind the one tagged `parameters`."""

    @classmethod
    def translate(cls, val):
        return "undefined" if val is None else json.dumps(val)

    @classmethod
    def assign(cls, name, str_val):
        return f"const {name} = {str_val};"

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}"


papermill_translators.register("typescript", TypeScript)

if __name__ == "__main__":
    papermill()
