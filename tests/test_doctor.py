"""The doctor names each fault that a test hands to it, and what to type."""

import sys

import pytest

from d2lmini import doctor
from d2lmini.doctor import Check, Requirement

NMS = "RuntimeError: operator torchvision::nms does not exist"


@pytest.fixture
def root(tmp_path):
    (tmp_path / "requirements.txt").write_text(
        "# exact\ntorch==2.14.1\ntorchvision==0.29.2\nnumpy==2.4.6  # ours\n-e .\n"
    )
    return tmp_path


def test_requirement_reads_both_spellings():
    assert doctor.requirement("numpy>=1.26") == ("numpy", ">=1.26")
    assert doctor.requirement('d2lmini[plot,data]; extra == "test"') == ("d2lmini", "")
    assert doctor.requirement("torch (>=2.14.0)") == ("torch", ">=2.14.0")
    assert doctor.requirement('jupyter-book<2,>=1.0.4; extra == "book"') == ("jupyter-book", "<2,>=1.0.4")


def test_satisfies_agrees_with_packaging():
    version, specifiers = (
        pytest.importorskip("packaging.version"),
        pytest.importorskip("packaging.specifiers"),
    )
    for v in ("0.9", "1.0.4", "1.0.4.post1", "1.10", "1.9.9", "2.0", "2", "2.14.1+cpu", "10.0"):
        for bounds in ("", ">=1.0.4", ">=1.0.4,<2", "<2", "==2.0", "!=2.0", ">1.9,<=2.0.0", ">=2.14.1"):
            theirs = specifiers.SpecifierSet(bounds).contains(version.Version(v), prereleases=True)
            assert doctor.satisfies(v, bounds) == theirs, (v, bounds)


def test_declared_reads_pyproject_where_nothing_is_installed(tmp_path, monkeypatch):
    def absent(name):
        raise doctor.metadata.PackageNotFoundError(name)

    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "d2lmini"\nrequires-python = ">=3.11"\ndependencies = ["numpy>=1.26"]\n'
        "[project.optional-dependencies]\n"
        'plot = ["matplotlib>=3.8"]\ntest = ["d2lmini[plot]", "scipy>=1.12"]\n'
    )
    monkeypatch.setattr(doctor.metadata, "metadata", absent)
    python, needs = doctor.declared(tmp_path)
    assert python == ">=3.11"
    assert needs == [("matplotlib", ">=3.8"), ("numpy", ">=1.26"), ("scipy", ">=1.12")]


def test_declared_agrees_with_this_checkout():
    python, needs = doctor.declared()
    assert python.startswith(">=3.") and {"numpy", "torch", "torchvision"} <= {need.name for need in needs}
    assert all(need.bounds.startswith((">=", "<")) for need in needs)  # bounds, not pins


def test_python_that_is_too_old_is_missing():
    assert doctor.python(">=3.11", "3.11.2") == Check("Python", "3.11.2")
    assert not doctor.python(">=3.11").missing
    old = doctor.python(">=3.11", "3.9.18")
    assert old.missing and old.advice == "install Python >=3.11 and set up again"


def test_package_that_is_missing_or_old_says_what_to_type(root):
    need = Requirement("numpy", ">=1.26")
    assert doctor.package(need, "2.0.1", root) == ("numpy", "2.0.1", "", False)
    absent = doctor.package(need, None, root)
    assert absent.missing and absent[1:3] == ("not installed", "python -m pip install --upgrade numpy==2.4.6")
    old = doctor.package(need, "1.9.0", root)
    assert old.missing and old.found == "1.9.0, needed >=1.26" and "numpy==2.4.6" in old.advice
    new = doctor.package(Requirement("jupyter-book", ">=1.0.4,<2"), "2.1.0", root)  # not in requirements.txt
    assert new.missing and new.advice == 'python -m pip install --upgrade "jupyter-book>=1.0.4,<2"'


def test_torch_pair_names_the_mismatch_and_installs_the_two_together(root):
    pair = doctor.torch_pair("2.14.1", "0.29.2", ">=2.14.0", load=lambda: (1, NMS), root=root)
    assert pair.missing and pair.found == f"unmatched pair: {NMS}"
    assert (
        pair.advice == "python -m pip install --upgrade --force-reinstall torch==2.14.1 torchvision==0.29.2"
    )


def test_torch_pair_sees_the_mismatch_in_the_versions_without_loading(root):
    def load():
        raise AssertionError("must not load")

    pair = doctor.torch_pair("2.13.0+cpu", "0.29.2", ">=2.14.0", load=load, root=root)
    assert pair.missing and pair.found == "unmatched pair: torchvision 0.29.2 needs torch >=2.14.0"
    assert doctor.torch_pair("2.14.1", None, load=load, root=root).found == "not both installed"
    assert doctor.torch_pair(None, None, load=load, root=root).missing


def test_torch_pair_reports_a_crash_as_a_line(root):
    pair = doctor.torch_pair("2.14.1", "0.29.2", load=lambda: (-11, "stopped with status -11"), root=root)
    assert pair.missing and pair.found == "stopped with status -11" and "torchvision==0.29.2" in pair.advice
    assert not doctor.torch_pair("2.14.1", "0.29.2", load=lambda: (0, ""), root=root).missing


@pytest.mark.parametrize(
    ("program", "status", "complaint"),
    [
        ("pass", 0, "stopped with status 0"),
        (f"raise RuntimeError({NMS.split(': ', 1)[1]!r})", 1, NMS),
        ("import os; os.abort()", -6, "stopped with status -6"),
    ],
)
def test_load_torch_survives_whatever_the_other_process_does(monkeypatch, program, status, complaint):
    monkeypatch.setattr(doctor, "PROBE", program)
    if sys.platform == "win32" and status < 0:
        pytest.skip("Windows has no signals")
    assert doctor.load_torch() == (status, complaint)


def test_load_torch_gives_up_after_a_while(monkeypatch):
    def slow(*args, timeout, **options):
        raise doctor.subprocess.TimeoutExpired(args, timeout)

    monkeypatch.setattr(doctor.subprocess, "run", slow)
    assert doctor.load_torch() == (1, "no answer in 180 s")


def test_fonts_are_found_or_missing(root):
    assert doctor.fonts() == Check("fonts", "DejaVu Sans")
    assert doctor.fonts(root, root).missing
    (root / "DejaVuSans.ttf").touch()
    assert not doctor.fonts(root, root).missing


def test_data_sets_say_which_digits_there_will_be(tmp_path, monkeypatch):
    assert doctor.data_sets({}).found == "bundled digits; D2LMINI_DATA is not set"
    assert (
        doctor.data_sets({"D2LMINI_DATA": str(tmp_path)}).found == f"bundled digits; no MNIST in {tmp_path}"
    )
    nowhere = doctor.data_sets({"D2LMINI_DATA": str(tmp_path / "nowhere")})
    assert nowhere.missing and "is no folder" in nowhere.found and "unset D2LMINI_DATA" in nowhere.advice
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (raw / f"{name}-ubyte").touch()
    assert doctor.data_sets({"D2LMINI_DATA": str(tmp_path)}).found == f"MNIST in {tmp_path}"
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    assert doctor.data_sets({}).missing


def test_disk_that_is_full_is_missing(tmp_path):
    assert not doctor.disk(2.5).missing and not doctor.disk(root=tmp_path).found.startswith("0.0")
    full = doctor.disk(0.4, tmp_path)
    assert (
        full.missing and full.found == "0.4 GB" and full.advice == f"make room: 2 GB are needed in {tmp_path}"
    )


def test_browser_and_book_are_optional(tmp_path):
    none = doctor.browser(lambda name: None)
    assert (
        not none.missing
        and doctor.verdict(none) == "ok (optional, for the browser tests: apt install chromium)"
    )
    assert doctor.browser({"google-chrome": "/opt/chrome"}.get) == ("browser", "/opt/chrome", "", True)
    unbuilt = doctor.book(tmp_path)
    assert not unbuilt.missing and unbuilt.found == "not built yet" and "make book" in doctor.verdict(unbuilt)
    page = tmp_path / "_build" / "html" / "index.html"
    page.parent.mkdir(parents=True)
    page.touch()
    assert doctor.book(tmp_path) == Check("book", str(page))


@pytest.mark.parametrize(("tier", "typed"), [("A", ""), ("B", "install bubblewrap"), ("C", "install bubblewrap")])
def test_tier_of_the_sandbox_is_said_with_what_leads_to_a_better_one(monkeypatch, tier, typed):
    from d2lmini.grading import sandbox

    monkeypatch.setattr(sandbox, "why_not", lambda name: "" if name >= tier else "bwrap is not installed")
    check = doctor.sandbox()
    assert check.found == f"tier {tier}: {sandbox.TIERS[tier].means}" and not check.missing
    assert typed in check.advice and bool(check.advice) == bool(typed)


def test_sandbox_is_not_known_where_a_package_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "d2lmini.grading.sandbox", None)
    assert doctor.sandbox().found.startswith("not known") and not doctor.sandbox().missing


def test_report_is_one_aligned_line_a_check():
    lines = doctor.report(
        [Check("a", "1.0"), Check("longer", "x" * 60, "type this"), Check("c", "no", "maybe", True)]
    )
    a, longer, c = lines.splitlines()
    assert a.endswith("  ok") and longer.endswith("  MISSING; type: type this") and c.endswith("  ok (maybe)")
    assert a.index("1.0") == longer.index("x") == c.index("no")
    assert a.index("ok") == c.index("ok")


@pytest.mark.parametrize("fault", [None, Check("torch", "not installed", "pip install torch")])
def test_main_returns_one_where_something_is_missing(monkeypatch, capsys, fault):
    found = [
        Check("Python", "3.11.2"),
        Check("book", "not built yet", "make book", True),
        *([fault] if fault else []),
    ]
    monkeypatch.setattr(doctor, "checks", lambda: found)
    assert doctor.main([]) == (1 if fault else 0)
    out = capsys.readouterr().out
    assert len(out.splitlines()) == len(found) + 2
    assert ("1 of 3 checks failed." if fault else "Everything is here.") in out


def test_checks_cover_every_requirement_once(monkeypatch):
    monkeypatch.setattr(doctor, "load_torch", lambda: (0, ""))
    monkeypatch.setattr(doctor.torch_pair, "__defaults__", ("", lambda: (0, ""), doctor.ROOT))
    names = [check.name for check in doctor.checks()]
    assert len(set(names)) == len(names)
    assert {need.name for need in doctor.declared()[1]} < set(names)
    assert {"Python", "torch with torchvision", "fonts", "data", "free disk", "browser", "sandbox", "book"} < set(names)
