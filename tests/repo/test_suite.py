"""The suite's own runner: what runs where, and that a test that hangs or dies is one failure."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from scripts.suite import durations, front_end, leftovers, outcome
from scripts.suite.lanes import choose
from scripts.suite.outcome import RunOutcome
from scripts.suite.plugin import OUTCOME, RENEW
from scripts.suite.shared import FOLDER
from tests.repo.files import ROOT

SICK = """
import os, signal, threading
import pytest

def test_before(): pass

@pytest.mark.timeout(2)
def test_waits_for_ever(): threading.Event().wait()

@pytest.mark.timeout(2)
def test_waits_for_ever_and_hears_nothing():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    threading.Event().wait()

def test_dies(): os._exit(3)

def test_after(): pass
"""

TAP = f"""TAP version 13
# Subtest: well
ok 1 - well
  ---
  duration_ms: 0.9
  ...
not ok 2 - a line is added
  ---
  location: '{ROOT}/frontend_static/tests/cart.test.js:4:1'
  failureType: 'testCodeFailure'
  ...
# Subtest: group
    not ok 1 - a line goes
      ---
      location: '{ROOT}/frontend_static/tests/cart.test.js:9:25'
      failureType: 'testCodeFailure'
      ...
    1..1
not ok 3 - group
  ---
  type: 'suite'
  location: '{ROOT}/frontend_static/tests/cart.test.js:8:1'
  failureType: 'subtestsFailed'
  ...
1..3
# tests 4
# pass 2
# fail 2
"""

SHARED = """
import gc
import pytest

@pytest.fixture(scope="module", params=["one", "other"])
def server(request): print("starts", request.param)

@pytest.mark.parametrize("number", range(20))
def test_asks(server, number): assert gc.isenabled()
"""


def test_a_lane_stays_in_its_room_and_takes_the_long_files_first() -> None:
    waiting = ["tests/a/test_1.py", "tests/a/test_2.py", "tests/b/test_3.py", "tests/a/test_4.py"]
    known = {"tests/a/test_2.py": 90.0, "tests/b/test_3.py": 300.0}
    assert choose(waiting, known, "tests/a", set()) == "tests/a/test_2.py"
    assert choose(waiting[:1] + waiting[2:], known, "tests/a", set()) == "tests/a/test_1.py"


def test_a_free_lane_enters_the_room_with_the_most_work_in_which_nobody_is() -> None:
    waiting = ["tests/a/test_1.py", "tests/b/test_2.py", "tests/c/test_3.py"]
    known = {"tests/a/test_1.py": 10.0, "tests/b/test_2.py": 300.0, "tests/c/test_3.py": 20.0}
    assert choose(waiting, known, None, set()) == "tests/b/test_2.py"
    assert choose(waiting, known, "tests/gone", {"tests/b"}) == "tests/c/test_3.py"
    assert choose(waiting[1:2], known, "tests/a", {"tests/b"}) == "tests/b/test_2.py"


def test_what_was_measured_is_summed_up_by_file(tmp_path: Path) -> None:
    file = tmp_path / "durations.json"
    durations.renew([("tests/a.py::one", 1.25), ("tests/a.py::two[x]", 0.25), ("tests/b.py::one", 2)], file)
    assert durations.known(file) == {"tests/a.py": 1.5, "tests/b.py": 2.0}


def test_the_durations_name_only_tests_that_are_there() -> None:
    assert [path for path in durations.known() if not (ROOT / path).exists()] == []


def run(folder: Path, name: str, tests: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run pytest with the plugin, on a file of tests of one's own."""
    (folder / "pytest.ini").write_text("[pytest]\ntimeout = 60\ntimeout_method = signal\n")
    (folder / name).write_text(tests)
    given = ["-p", "scripts.suite.plugin", "-p", "no:django", "-p", "no:cacheprovider", *options]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *given, "--rootdir", str(folder), str(folder / name)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), FOLDER: str(folder), RENEW: ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_shuffled_and_shares_a_fixture_stays_together(tmp_path: Path) -> None:
    shuffled = ("--random-order-bucket=module", "--random-order-seed=7", "-s", "-v")
    found = run(tmp_path, "test_shared.py", SHARED, *shuffled)
    assert "40 passed" in found.stdout, found.stdout
    assert found.stdout.count("starts one") == found.stdout.count("starts other") == 1
    ran = [int(number) for number in re.findall(r"\[one-(\d+)\]", found.stdout)]
    assert ran != sorted(ran)


def test_a_test_that_hangs_or_dies_is_one_failure_with_its_stacks(tmp_path: Path) -> None:
    found = run(tmp_path, "test_sick.py", SICK, "-n", "2")
    assert found.stdout.count("3 failed, 2 passed") == 1, found.stdout + found.stderr
    assert "in test_waits_for_ever_and_hears_nothing" in found.stdout
    assert "crashed while running 'test_sick.py::test_dies'" in found.stdout
    ended = outcome.read(found.returncode, tmp_path / OUTCOME)
    assert (ended.status, ended.passed) == (1, 2)
    names = ("test_dies", "test_waits_for_ever", "test_waits_for_ever_and_hears_nothing")
    assert ended.failed == tuple(f"test_sick.py::{name}" for name in names)


def test_the_last_lines_of_a_run_name_every_failed_test_of_every_part() -> None:
    pages = front_end.told(1, TAP)
    python = RunOutcome(1, 40, ("tests/b.py::test_two", "tests/a.py::test_one"))
    assert (pages + python).closing(61.5, 100.2, "7").splitlines() == [
        "FAILED frontend_static/tests/cart.test.js:4 a line is added",
        "FAILED frontend_static/tests/cart.test.js:9 a line goes",
        "FAILED tests/a.py::test_one",
        "FAILED tests/b.py::test_two",
        "FAILED: 42 passed, 4 failed in 1 min 1 s, 100 s of processor time, SEED=7",
    ]
    well = (RunOutcome(0, 2) + RunOutcome(0, 3)).closing(5, 8, "7")
    assert well == "PASSED: 5 passed, 0 failed in 0 min 5 s, 8 s of processor time, SEED=7"


def test_a_run_that_broke_off_before_it_told_is_a_failure_with_a_name(tmp_path: Path) -> None:
    ended = outcome.read(3, tmp_path / OUTCOME)
    assert ended.status == 3
    assert ended.failed == ("pytest, which ended with status 3 before it told",)


def test_a_process_that_a_test_left_running_is_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"]
    left = subprocess.Popen(
        command, env={**os.environ, leftovers.MARK: str(tmp_path)}, stdout=subprocess.PIPE
    )
    assert left.stdout is not None
    left.stdout.readline()
    assert len(leftovers.end_all(str(tmp_path))) == 1
    assert left.wait(90) < 0
    left.stdout.close()
    assert leftovers.end_all(str(tmp_path)) == []
