"""execute.py NOTEBOOK --out FILE [-p NAME VALUE] [--guard [FOLDER …]] [--wait]: runs a notebook with the Deno kernel and writes the result.

The kernel may send a cell's last output some milliseconds after it has said that it is idle, when
nbclient has stopped listening. The client here then asks the kernel for something else and reads on
until that is answered; what comes even later still goes to the cell that it names. The result is
written only if every cell ran, under a temporary name first. It carries no times, no paths, no
versions and no progress bars, which the terminal shows instead; each code cell keeps the digest of
the source that was run, by which a test sees whether code and outputs still belong together.

With --guard the script ends, and ends its kernel, when its standard input does: then the process that
started it has ended, by Ctrl-C or a kill, say. It leaves no folder of those named.

With --wait the kernel starts at once and loads what the cells import, and the first cell runs when a
line comes on the standard input.
"""
import argparse
import asyncio
import ctypes
import hashlib
import os
import pathlib
import re
import shutil
import signal
import sys
import threading
import time
from queue import Empty

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete, CellExecutionError
from nbclient.util import ensure_async

PROGRESS = "application/vnd.lenet.progress+json"  # of lib/report/notebook.ts
QUIET = 0.15  # seconds without a message after which a finished notebook has said everything


class Bar:
    """A cell's progress bar in the terminal, in one place; in a log file a line every ten seconds."""

    def __init__(self):
        self.in_place = sys.stderr.isatty()
        self.drawn = 0.0

    def draw(self, text, share, last):
        filled = round(20 * share)
        line = f"    {'█' * filled}{'░' * (20 - filled)} {text}"
        if self.in_place:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{line[:width]}", end="\n" if last else "", file=sys.stderr, flush=True)
        elif last or time.time() - self.drawn > 10:
            self.drawn = time.time()
            print(line, file=sys.stderr, flush=True)


class DenoClient(NotebookClient):
    """Waits for output that comes late, fails on errors that show no output, and shows progress bars in
    the terminal only."""

    bar = Bar()

    def __init__(self, notebook, **settings):
        super().__init__(notebook, **settings)
        self.requests = {}  # each cell and its place, by the request that ran it

    def process_message(self, msg, cell, cell_index):
        data = msg["content"].get("data", {})
        if PROGRESS in data:
            self.bar.draw(data["text/plain"], **data[PROGRESS])
            return None
        return super().process_message(msg, cell, cell_index)

    async def _async_poll_output_msg(self, parent_msg_id, cell, cell_index):
        self.requests[parent_msg_id] = (cell, cell_index)
        is_last = all(cell.cell_type != "code" for cell in self.nb.cells[cell_index + 1 :])
        # asked when the cell has ended, and answered when all of it has been sent
        question, is_answered = None, False
        while True:
            try:
                message = await ensure_async(
                    self.kc.iopub_channel.get_msg(timeout=QUIET if is_answered else None)
                )
            except Empty:
                if is_answered:
                    return
                continue
            about = message["parent_header"].get("msg_id")
            if about == question and message["content"].get("execution_state") == "idle":
                if not is_last:
                    return
                is_answered = True
            if about not in self.requests:
                continue
            try:
                self.process_message(message, *self.requests[about])
            except CellExecutionComplete:
                question = await ensure_async(self.kc.kernel_info())


def clean(notebook):
    """Leaves in the notebook what depends on its code and data alone."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Deno", "language": "typescript", "name": "deno"},
        "language_info": {
            "file_extension": ".ts",
            "mimetype": "text/x.typescript",
            "name": "typescript",
        },
    }
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{index}"
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}
        if cell.cell_type == "code":
            digest = hashlib.sha256(cell.source.encode()).hexdigest()
            cell.metadata["lenet"] = {"source": digest}
            for output in cell.outputs:
                output.pop("transient", None)
                if "metadata" in output:
                    output.metadata = {}


def inject(notebook, parameters):
    """Puts a cell with parameters behind the cell tagged so, as papermill does, which writes no
    TypeScript."""
    for index, cell in enumerate(notebook.cells):
        if "parameters" in cell.metadata.get("tags", []):
            lines = [f"const {name} = {value};" for name, value in parameters]
            injected = nbformat.v4.new_code_cell("\n".join(lines))
            injected.metadata["tags"] = ["injected-parameters"]
            notebook.cells.insert(index + 1, injected)
            return
    sys.exit("the notebook has no cell that is tagged parameters")


def die_with_parent():
    """Called in the kernel's process before it becomes the kernel: the system ends it when this script
    ends, by a kill too. Linux alone can do that."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def guard(client, folders):
    """Ends everything when the standard input ends. The result is set when a line comes."""
    if hasattr(os, "setsid") and os.getpgid(0) != os.getpid():
        os.setsid()  # Ctrl-C is for the process that started this one
    called = threading.Event()

    def watch():
        while os.read(sys.stdin.fileno(), 1024):
            called.set()
        km = client.km
        pid = getattr(getattr(km, "provisioner", None), "pid", None)
        if pid:
            try:
                os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            except OSError:
                pass  # it has ended
        if km is not None:
            km.cleanup_connection_file()
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    return called


def imports_of(notebook):
    """A line of TypeScript that loads what the cells import, whether it is there or not."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    names = sorted(set(re.findall(r'^(?:import .*|\}) from ("[^"]+");$', "\n".join(sources), re.M)))
    return f"await Promise.allSettled([{', '.join(f'import({name})' for name in names)}]);"


def execute(path, out, kernel, parameters=(), guarded=None, waits=False):
    notebook = nbformat.read(path, as_version=4)
    if parameters:
        inject(notebook, parameters)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = None, []  # of an earlier run
    code = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    start, called = time.time(), None

    async def prepare(notebook):
        nonlocal start
        if waits:
            await client.async_wait_for_reply(client.kc.execute(imports_of(notebook), silent=True))
            await asyncio.to_thread(called.wait)
            start = time.time()

    def began(cell, cell_index):
        if cell_index in code:
            text = f"{path.name}: cell {code.index(cell_index) + 1} of {len(code)}"
            print(f"  {text}, {time.time() - start:.0f} s", file=sys.stderr, flush=True)

    client = DenoClient(
        notebook,
        kernel_name=kernel,
        timeout=None,
        iopub_timeout=60,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
        on_notebook_start=prepare,
        on_cell_start=began,
    )
    if guarded is not None:
        called = guard(client, guarded)
    try:
        client.execute(**({"preexec_fn": die_with_parent} if sys.platform == "linux" else {}))
    except KeyboardInterrupt:
        return 130
    except CellExecutionError as error:
        failed = next(
            (i for i in reversed(code) if notebook.cells[i].get("execution_count")), code[0]
        )
        print(f"{path.name}: code cell {code.index(failed) + 1} failed:", file=sys.stderr)
        print(f"{notebook.cells[failed].source}\n{error.ename}: {error.evalue}", file=sys.stderr)
        return 1
    clean(notebook)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(out.name + ".part")
    nbformat.write(notebook, part)
    os.replace(part, out)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebook", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--kernel", default="deno")
    parser.add_argument(
        "-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"),
        help="sets a parameter, as in -p epochs 3; the value is TypeScript",
    )
    parser.add_argument("--guard", nargs="*", default=None, metavar="FOLDER")
    parser.add_argument("--wait", action="store_true", help="for a line; goes with --guard")
    arguments = parser.parse_args()
    path, out, kernel = arguments.notebook.resolve(), arguments.out, arguments.kernel
    guarded = [] if arguments.wait and arguments.guard is None else arguments.guard
    sys.exit(execute(path, out, kernel, arguments.p, guarded, arguments.wait))


if __name__ == "__main__":
    main()
