"""Write constraints.txt: the exact version of every package that requirements.txt brings in by itself.

    .venv/bin/python tools/pin.py                    after a change in requirements.txt
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SYSTEM_ONLY = re.compile(r"(nvidia|cuda|triton)")  # torch itself pins these, for the systems that have them
TOOLS = {"d2lmini", "pip", "setuptools", "wheel"}
HEAD = """\
# The versions with which the book was last tested, of all that requirements.txt brings in by itself.
# Written by tools/pin.py; not edited by hand.
"""


def name(line: str) -> str:
    """The normalised name in a line such as `Foo_bar==1.0  # why`."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", line).group()).lower()


def main() -> None:
    wanted = (ROOT / "requirements.txt").read_text("utf8").splitlines()
    direct = {name(line) for line in wanted if "==" in line}
    command = [sys.executable, "-m", "pip", "list", "--format=freeze", "--exclude-editable"]
    installed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    pins = [pin for pin in installed if name(pin) not in direct | TOOLS and not SYSTEM_ONLY.match(pin)]
    text = HEAD + "".join(f"{pin}\n" for pin in sorted(pins, key=str.lower))
    (ROOT / "constraints.txt").write_text(text, "utf8")
    print(f"constraints.txt: {len(pins)} packages")


if __name__ == "__main__":
    main()
