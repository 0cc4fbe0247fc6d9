# SPDX-License-Identifier: ISC
"""runner.py: runs one fuzzer for one turn, measures its CPU time, and leaves nothing behind.

The runner is a process between the campaign and the fuzzer. It adopts what the fuzzer leaves (it is the
subreaper of its descendants), so that their CPU time is counted too: AFL++ ends without waiting for the
process in which the target ran, and that is where most of the time goes. When the campaign dies, the
runner is told by its kernel, and ends the fuzzer.

    campaign -- runner (session of its own: Ctrl-C in a terminal reaches the campaign only)
                  `-- fuzzer -- what it starts
"""

import ctypes
import json
import os
import pathlib
import resource
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
END_GRACE_S = 10  # between being asked to end, and being killed
LIBC = ctypes.CDLL(None, use_errno=True)


def prctl(option, value):
    if LIBC.prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def children_of(parent):
    """The processes whose parent this is, by /proc."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                text = pathlib.Path("/proc", name, "stat").read_text()
            except OSError:
                continue
            if int(text.rsplit(")", 1)[1].split()[1]) == parent:
                found.append(int(name))
    return found


def begin(command, env, log, seconds, result):
    """Starts a runner, which writes its result as JSON to that file. Its process id."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD})
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() == parent:
            run(command, env, log, seconds, pathlib.Path(result))
            code = 0
    finally:
        os._exit(code)


def in_fuzzer():
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD})
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def run(command, env, log, seconds, result):
    began = time.monotonic()
    with open(log, "wb") as out:
        fuzzer = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=subprocess.STDOUT, preexec_fn=in_fuzzer)
    status = wait_for(fuzzer.pid, began + seconds)
    end_adopted()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = {"status": status, "cpu_s": usage.ru_utime + usage.ru_stime, "wall_s": time.monotonic() - began}
    new = result.with_suffix(".new")
    new.write_text(json.dumps(told))
    new.rename(result)


def wait_for(pid, deadline):
    """Waits for the fuzzer, asking it to end at the deadline or on SIGTERM. Its exit status as of wait4."""
    asked = killed = False
    while True:
        left = deadline - time.monotonic()
        told = signal.sigtimedwait({signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}, max(left, 0.01))
        status = reap(pid)
        if status is not None:
            return status
        if told and told.si_signo != signal.SIGCHLD:
            deadline = time.monotonic()
        if time.monotonic() < deadline:
            continue
        if not asked:
            os.kill(pid, signal.SIGINT)
        elif not killed:
            os.kill(pid, signal.SIGKILL)
        asked, killed = True, asked
        deadline = time.monotonic() + END_GRACE_S


def reap(pid):
    """Collects who has ended; the status of `pid` if it is among them."""
    found = None
    while True:
        try:
            one, status, _ = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if not one:
            return found
        if one == pid:
            found = status


def end_adopted():
    """Ends what the fuzzer left, by process id, until nobody is there."""
    while left := children_of(os.getpid()):
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        reap(0)
        time.sleep(0.01)
