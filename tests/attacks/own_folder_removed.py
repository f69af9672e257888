# Idea: remove the scratch folder and leave it.
# Deserves: 4 + 2 + 2
# %% before
import os
import shutil

here = os.getcwd()
open("mine", "w").close()
os.chdir("/")
shutil.rmtree(here, ignore_errors=True)
