"""What a worker of Dask loads before all else in tests: its processes know nothing but small work."""

import core.jobs.starters
from tests.core.jobs.small import small_process

core.jobs.starters.subprocess.Popen = small_process
