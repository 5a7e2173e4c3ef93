"""Programs that a benchmark starts. All of them end with it, however it ends."""

import ctypes
import json
import os
import pwd
import signal
import subprocess

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 120
LIBC = ctypes.CDLL(None)


class Processes:
    """Starts programs and ends those that still run when it is left: with Processes() as p."""

    def __init__(self):
        self.running = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.running):
            process.send_signal(process.end_signal)
            process.wait()

    def start(self, arguments, user=None, end_signal=signal.SIGKILL, **options):
        """A Popen. A process group of its own keeps a Ctrl-C on the terminal for this script alone.
        It is not a session of its own: Linux shares the cores out by session first (autogroup), so
        that a client in one would push aside a server in another, whatever either has to do.
        `end_signal` is what ends the program at once, also when this script is killed."""
        if user is not None:
            options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        process = subprocess.Popen([str(argument) for argument in arguments], text=True,
                                   process_group=0, **options,
                                   preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, end_signal))
        process.end_signal = end_signal
        self.running.append(process)
        return process

    def stop(self, process, number=signal.SIGTERM):
        """Asks a program to end and waits for it. Returns its exit code."""
        process.send_signal(number)
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise RuntimeError(f"{process.args[0]} did not stop within {STOP_SECONDS} s") from None
        self.running.remove(process)
        return code

    def output_of(self, arguments, **options):
        """Runs a program to its end. What it wrote to standard output; an error if it failed."""
        process = self.start(arguments, stdout=subprocess.PIPE, **options)
        output, _ = process.communicate()
        self.running.remove(process)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(process.args)} failed with {process.returncode}")
        return output

    def result_of(self, arguments, **options):
        """output_of a program whose last line is its result as JSON."""
        return json.loads(self.output_of(arguments, **options).splitlines()[-1])


def unprivileged_user():
    """The user for a program that refuses to be root; None when we are none."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("there is neither a user postgres nor a user nobody")
