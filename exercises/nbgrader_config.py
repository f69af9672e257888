"""Settings of nbgrader for this course; `python -m d2lmini release` reads the same file."""

c = get_config()  # noqa: F821 - nbgrader defines it

c.CourseDirectory.course_id = "d2lmini"
c.ClearSolutions.code_stub = {
    "python": '# Your code here, in place of the next line.\nraise NotImplementedError("not done yet")'
}
c.ClearSolutions.text_stub = "*Your answer here.*"
