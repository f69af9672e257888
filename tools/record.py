"""Store in each notebook the text outputs of its last run, and nothing else.

    python tools/record.py                           record every chapter that ran
    python tools/record.py chapters/filtering.ipynb
    python tools/record.py --check                   change nothing; exit 1 if a notebook would change

Kept are stdout and text/plain, which `pytest --nbval` compares. Dropped are pictures, HTML, scripts, widget
state, tracebacks and the metadata of editors: what differs between two versions differs for the reader.
"""

import argparse
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import execute

CELL_METADATA = ("tags", "mystnb", "nbgrader")
NOTEBOOK_METADATA = NotebookNode(
    kernelspec=NotebookNode(display_name="Python 3 (ipykernel)", language="python", name="python3"),
    language_info=NotebookNode(name="python"),
)


def text_only(output: NotebookNode, count: int) -> NotebookNode | None:
    match output.output_type:
        case "stream" if output.name == "stdout":
            return NotebookNode(output_type="stream", name="stdout", text=output.text)
        case "error":
            return NotebookNode(output_type="error", ename=output.ename, evalue=output.evalue, traceback=[])
        case "display_data" | "execute_result" if "text/plain" in output.data:
            kept = NotebookNode(
                output_type=output.output_type,
                data=NotebookNode({"text/plain": output.data["text/plain"]}),
                metadata=NotebookNode(),
            )
            return kept if output.output_type == "display_data" else NotebookNode(kept, execution_count=count)
    return None


def normalise(nb: NotebookNode, run: NotebookNode) -> NotebookNode:
    """The notebook with the recorded outputs of its run; a second call changes nothing."""
    nb = execute.with_outputs(nb, run)
    nb.nbformat, nb.nbformat_minor = 4, 5
    nb.metadata = NOTEBOOK_METADATA
    for cell in nb.cells:
        cell.metadata = NotebookNode({k: v for k, v in cell.metadata.items() if k in CELL_METADATA and v})
        cell.pop("attachments", None)
    for count, cell in enumerate(execute.code_cells(nb), start=1):
        if execute.is_quiz(cell):
            cell.metadata["jupyter"] = NotebookNode(source_hidden=True)  # JupyterLab folds it: it holds the answer
        cell.execution_count = count
        cell.outputs = [text for output in cell.outputs if (text := text_only(output, count))]
    return nb


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: every chapter")
    parser.add_argument("--check", action="store_true", help="exit 1 if a notebook would change")
    args = parser.parse_args()
    failed = False
    for path in [p.resolve() for p in args.notebooks] or execute.chapters():
        name = path.relative_to(execute.ROOT).as_posix()
        run = execute.load(path)
        if run is None:
            print(f"{name}: no run to record. Type: python tools/execute.py {name}")
            failed = True
            continue
        old = path.read_text("utf8")
        new = nbformat.writes(normalise(nbformat.reads(old, 4), run)) + "\n"
        if new == old:
            continue
        if args.check:
            print(f"{name}: not as recorded. Type: python tools/record.py {name}")
            failed = True
        else:
            path.write_text(new, "utf8", newline="\n")
            print(f"{name}: recorded")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
