"""Settings of nbgrader for this course; `python -m d2lmini release` reads the same file."""

c = get_config()  # noqa: F821 - nbgrader defines it

c.CourseDirectory.course_id = "d2lmini"
c.ClearSolutions.code_stub = {
    "python": '# Your code here, in place of the next line.\nraise NotImplementedError("not done yet")'
}
c.ClearSolutions.text_stub = "*Your answer here.*"

# Let nbgrader's autograde, and so formgrader's button, grade with d2lmini's runner: students' code then runs apart
# from nbgrader, its gradebook and the hidden checks. Without this statement nbgrader runs it in a kernel of its own.
GRADE_APART = "d2lmini.grading.gradebook.GradeApart"
c.Autograde.update({"sanitize_preprocessors": [], "autograde_preprocessors": [GRADE_APART]})  # noqa: F821
# c.GradeApart.require_sandbox = True  # refuse to grade where nothing closes files and network to students' code
