# SPDX-License-Identifier: ISC
"""The runner: CPU time of all that a worker starts, and nothing left behind."""

import json
import os
import pathlib
import signal
import tempfile
import time
import unittest

import runner

BUSY = "i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done"


def exists(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Runner(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.base = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def begin(self, script, seconds=20):
        return runner.begin(["/bin/sh", "-c", script], {**os.environ, "D": str(self.base)}, self.base / "log", seconds,
                            self.base / "result")

    def told(self, pid):
        os.waitpid(pid, 0)
        return json.loads((self.base / "result").read_text())

    def wait_for(self, name):
        for _ in range(200):
            if (self.base / name).exists() and (self.base / name).read_text().endswith("\n"):
                return int((self.base / name).read_text())
            time.sleep(0.02)
        raise AssertionError(f"{name} did not come")

    def test_status_and_time_are_told(self):
        told = self.told(self.begin(f"{BUSY}; exit 3"))
        self.assertEqual(os.waitstatus_to_exitcode(told["status"]), 3)
        self.assertGreater(told["cpu_s"], 0.02)
        self.assertGreaterEqual(told["wall_s"], 0)

    def test_the_time_of_what_a_worker_left_without_waiting_counts(self):
        script = f"({BUSY}; echo 1 >$D/done; sleep 60) & while [ ! -s $D/done ]; do sleep 0.1; done"
        left = self.told(self.begin(script))
        self.assertGreater(left["cpu_s"], 0.05)

    def test_what_a_worker_left_is_ended_even_in_a_session_of_its_own(self):
        pid = self.begin("setsid sh -c 'echo $$ >$D/left; exec sleep 60' & while [ ! -s $D/left ]; do sleep 0.05; done")
        self.told(pid)
        self.assertFalse(exists(self.wait_for("left")))

    def test_a_worker_ends_when_its_time_is_over(self):
        told = self.told(self.begin("exec sleep 60", seconds=0.3))
        self.assertEqual(os.WTERMSIG(told["status"]), signal.SIGINT)

    def test_sigterm_ends_the_worker(self):
        pid = self.begin("echo $$ >$D/worker; exec sleep 60")
        worker = self.wait_for("worker")
        os.kill(pid, signal.SIGTERM)
        self.told(pid)
        self.assertFalse(exists(worker))

    def test_when_the_campaign_dies_the_worker_ends(self):
        parent = os.fork()
        if not parent:
            self.begin("echo $$ >$D/worker; exec sleep 60")
            time.sleep(60)
            os._exit(0)
        worker = self.wait_for("worker")
        os.kill(parent, signal.SIGKILL)
        os.waitpid(parent, 0)
        for _ in range(200):
            if not exists(worker):
                return
            time.sleep(0.02)
        self.fail("the worker lives on")
