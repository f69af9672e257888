"""How nbval runs the notebooks of this repository, and where what they showed is kept for the book."""

import copy
import json
import os
import tempfile
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy is imported; kernels inherit it
os.environ.pop("D2LMINI_DATA", None)  # the stored outputs belong to the bundled data
os.environ["PYTHONPATH"] = str(Path(__file__).parent)  # kernels import the package of this checkout

import nbformat
import nbval.kernel
import pytest

import execute

collect_ignore_glob = ["tests/attacks/*"]  # hostile programs, which are to run in the sandbox alone
NOT_COMPARED = ("text/html", "text/latex", "image/svg+xml", "application/javascript", "application/json")
AFTERWARDS = """\
def _after():
    import json, sys, time
    widgets = sys.modules.get("ipywidgets")
    state = widgets.Widget.get_manager_state() if widgets else None
    return json.dumps({"cpu_seconds": round(time.process_time(), 1), "widgets": state})
print(_after())
"""

if os.name == "posix":

    class _SocketKernelManager(nbval.kernel.KernelManager):
        """Kernels on Unix sockets: two workers can pick the same free TCP port.

        The path is absolute: jupyter_client's own default means another folder on each side.
        """

        def __init__(self, **options):
            self._folder = tempfile.TemporaryDirectory(prefix="kernel-")
            super().__init__(transport="ipc", ip=os.path.join(self._folder.name, "k"), **options)

    nbval.kernel.KernelManager = _SocketKernelManager


def pytest_configure(config):
    if config.option.nbval or config.option.nbval_lax:
        import matplotlib.font_manager  # noqa: F401  builds the font cache here, not with a message in a cell

        execute.surroundings()  # the digest is of the files as they are before the first cell


def pytest_collection_modifyitems(items):
    for item in items:
        if is_cell(item):  # stdout and text/plain are compared strictly; pictures are not recorded
            item.parent.skip_compare += NOT_COMPARED


def is_cell(item) -> bool:
    return type(item).__name__ == "IPyNbCell"


def ask(kernel, code: str) -> dict:
    """Run code in a live kernel and read the JSON that it prints."""
    request = kernel.execute_cell_input(code, allow_stdin=False)
    kernel.await_reply(request, timeout=60)
    text = ""
    while True:
        message = kernel.get_message("iopub", timeout=60)
        if message["parent_header"].get("msg_id") != request:
            continue
        if message["msg_type"] == "stream":
            text += message["content"]["text"]
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return json.loads(text)


def shown(output) -> nbformat.NotebookNode:
    """An output as the page shows it: of an expected error the message, not the way through the files."""
    output = nbformat.from_dict(dict(output))
    if output.output_type == "error":
        output.traceback = [f"\x1b[31m{output.ename}\x1b[39m: {output.evalue}"]
    return output


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if is_cell(item) and call.when == "call":
        notebook = item.parent
        ran = notebook.__dict__.setdefault("_ran", {})
        if report.passed:
            ran[item.cell_num] = item.test_outputs
        if len(ran) == len(execute.code_cells(notebook.nb)):
            keep(notebook, ran)
    return report


def keep(notebook, ran: dict[int, list]) -> None:
    """Write a notebook whose every cell passed to `_build/executed/`, with outputs, widget state and cost."""
    nb = copy.deepcopy(notebook.nb)
    for number, cell in enumerate(execute.code_cells(nb)):
        cell.outputs = [shown(output) for output in ran[number] or ()]
        cell.execution_count = number + 1
    after = ask(notebook.kernel, AFTERWARDS)
    nb.metadata[execute.NOTE] = {"digest": execute.digest(nb), "cpu_seconds": after["cpu_seconds"]}
    if after["widgets"]:
        nb.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": after["widgets"]}
    target = execute.kept(Path(notebook.path))
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    nbformat.write(nb, partial)
    partial.replace(target)  # a reader of the folder never sees half a file
