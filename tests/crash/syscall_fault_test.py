#!/usr/bin/env python3
"""Lets system calls of the real escrowd fail, one run for each, and checks that nothing acknowledged is lost or changed.

    syscall_fault_test.py BIN [SECONDS]   BIN is the folder of escrowd and escrowctl

strace makes the N-th call of each thread fail: pwrite64, write, fdatasync, fsync, rename and openat, with EIO or
ENOSPC. Each run starts escrowd on a copy of a small log, sends commands, and stops it; it may refuse, stop itself, or
go on. Then escrowd starts again without faults, the same commands are sent again, and every reply that was given
before must come again, equal, as a repetition; the books must balance and a replay must give the same state. When
there are more calls than SECONDS (90) allow for, they are sampled evenly, and the last line says how many there were.

Exits 77 (skipped) where strace may not run.
"""

import collections
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
CALLS = ["fdatasync", "fsync", "pwrite64", "rename", "write", "openat"]
ERRORS = ["EIO", "ENOSPC"]
PLATFORM = "platforms/shop"


def request_id(number):
    return f"00000000-0000-4000-8000-{number:012d}"


def commands():
    """Three parcels, created and paid."""
    for i in range(3):
        name = f"{PLATFORM}/agreements/a{i}"
        amount = {"currencyCode": "EUR", "minorUnits": "10000"}
        seller = f"{PLATFORM}/parties/seller"
        yield {"createAgreement": {
            "requestId": request_id(10 * i + 1), "parent": PLATFORM, "agreementId": f"a{i}",
            "agreement": {
                "currencyCode": "EUR",
                "participants": [{"role": "ROLE_BUYER", "party": f"{PLATFORM}/parties/buyer"},
                                 {"role": "ROLE_SELLER", "party": seller}],
                "milestones": [{"milestoneId": "parcel", "amount": amount, "releaseOnFunding": True,
                                "payees": [{"party": seller, "remainder": True}]}]}}}
        yield {"recordDeposit": {"requestId": request_id(10 * i + 2), "name": name, "depositId": f"d{i}",
                                 "amount": amount}}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """escrowd on a folder, perhaps under strace."""

    def __init__(self, bin_folder, data, strace=()):
        self.ctl = [str(bin_folder / "escrowctl"), "--address", f"127.0.0.1:{free_port()}", "--timeout", "5"]
        daemon = [str(bin_folder / "escrowd"), "--data-dir", str(data), "--listen", self.ctl[2]]
        self.log = open(f"{data}.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen([*strace, *daemon], stderr=self.log, stdin=subprocess.DEVNULL,
                                        start_new_session=True)

    def serves(self):
        """Waits until it serves; False when it ended instead."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            self.log.seek(0)
            if '"event":"serving"' in self.log.read():
                return True
            if self.process.poll() is not None:
                return False
            time.sleep(0.01)
        return False

    def run(self, key, *words):
        return subprocess.run([*self.ctl, "--api-key-file", str(key), *words], capture_output=True, text=True,
                              timeout=30, check=False)

    def stop(self):
        """Asks it to stop, as a supervisor does; kills the group that it leads when it does not."""
        group = self.process.pid
        if self.process.poll() is None:
            os.killpg(group, signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(group, signal.SIGKILL)
            self.process.wait()
        self.log.close()
        return self.process.returncode


def replies(output):
    """Reply by request id, without what may differ when it is given again."""
    found = {}
    for line in output.splitlines():
        reply = json.loads(line)["result"].get("reply")
        if reply:
            reply.pop("repeatedRequest", None)
            found[reply["requestId"]] = reply
    return found


class Sweep:
    def __init__(self, bin_folder, scratch):
        self.bin, self.scratch = bin_folder, scratch
        self.base = scratch / "base"
        self.key = scratch / "shop.key"
        self.script = scratch / "script.jsonl"
        self.script.write_text("".join(json.dumps({"command": c}) + "\n" for c in commands()), encoding="utf-8")
        self.acknowledged = 0
        self.ends = collections.Counter()

    def prepare(self):
        """A log with a platform, its key and two parties."""
        server = Server(self.bin, self.base)
        assert server.serves(), "escrowd does not start"
        operator = self.base / "operator.key"
        for key, words in [
                (operator, ["platform", "create", "--platform-id", "shop", "--rail-access", "PLATFORM"]),
                (operator, ["platform", "issue-key", "--credential-id", "shop", "--kind", "PLATFORM", "--platform",
                            PLATFORM, "--out", str(self.key)]),
                (self.key, ["platform", "create-party", "--parent", PLATFORM, "--party-id", "buyer"]),
                (self.key, ["platform", "create-party", "--parent", PLATFORM, "--party-id", "seller"])]:
            done = server.run(key, *words)
            assert done.returncode == 0, done.stderr
        assert server.stop() == 0

    def copy(self):
        data = self.scratch / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self.base, data)
        return data

    def send(self, server):
        return server.run(self.key, "--json", "command", "stream", "--file", str(self.script))

    def faulty_life(self, strace):
        """What was acknowledged in a life under strace."""
        data = self.copy()
        server = Server(self.bin, data, strace)
        served = server.serves()
        acknowledged = replies(self.send(server).stdout) if served else {}
        code = server.stop()
        end = "refused to start" if not served else "ended in order" if code == 0 else "stopped itself"
        self.ends[end] += 1
        return data, acknowledged

    def check(self, data, acknowledged):
        """What is wrong after a start without faults; nothing when nothing is."""
        server = Server(self.bin, data)
        try:
            if not server.serves():
                server.log.seek(0)
                return "does not start again: " + server.log.read()[-600:]
            again = replies(self.send(server).stdout)
            if len(again) != 6:
                return f"{6 - len(again)} commands are refused now"
            changed = [i for i, reply in acknowledged.items() if again[i] != reply]
            if changed:
                return f"{changed[0]} was acknowledged as {acknowledged[changed[0]]}, now as {again[changed[0]]}"
            operator = self.base / "operator.key"
            for words in (["ledger", "trial-balance"], ["ledger", "replay"]):
                if server.run(operator, *words).returncode != 0:
                    return " ".join(words) + " fails"
            self.acknowledged += len(acknowledged)
            return None
        finally:
            server.stop()

    def count(self):
        """How often the busiest thread makes each call in a life without faults; openat only from the log on."""
        trace = self.scratch / "trace"
        data, acknowledged = self.faulty_life(["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=" + ",".join(CALLS)])
        assert len(acknowledged) == 6, "the clean run fails"
        wrong = self.check(data, acknowledged)
        assert wrong is None, wrong
        by_thread, first_open = collections.Counter(), 0
        for line in trace.read_text(errors="replace").splitlines():
            match = re.match(r"(\d+) +(\w+)\(", line)
            if match and match.group(2) in CALLS:
                by_thread[match.groups()] += 1
                if match.group(2) == "openat" and not first_open and str(data) in line:
                    first_open = by_thread[match.groups()]
        most = {call: max((n for (_, c), n in by_thread.items() if c == call), default=0) for call in CALLS}
        return [(call, n, error) for call in CALLS for n in range(first_open if call == "openat" else 1, most[call] + 1)
                for error in ERRORS]

    def run(self, seconds):
        cases = self.count()
        end = time.monotonic() + seconds
        # Evenly: by the fractional parts of multiples of the golden ratio, so that any beginning is spread over all.
        order = sorted(range(len(cases)), key=lambda i: i * 0.6180339887498949 % 1)
        done = 0
        for i in order:
            if time.monotonic() > end:
                break
            call, n, error = cases[i]
            data, acknowledged = self.faulty_life(
                ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                 f"inject={call}:error={error}:when={n}"])
            wrong = self.check(data, acknowledged)
            done += 1
            if wrong:
                print(f"FAILED {call} number {n} with {error}: {wrong}")
                return 1
        print(", ".join(f"{count} {end}" for end, count in sorted(self.ends.items())))
        print(f"{done} of {len(cases)} faults tried, {self.acknowledged} commands acknowledged, all kept")
        return 0 if done else 1


def main():
    bin_folder = pathlib.Path(sys.argv[1]).resolve()
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 90
    if not shutil.which("strace") or subprocess.run(["strace", "-o", "/dev/null", "true"], check=False,
                                                    capture_output=True).returncode != 0:
        print("skipped: strace is missing or may not trace here")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="escrow-syscalls-") as scratch:
        sweep = Sweep(bin_folder, pathlib.Path(scratch))
        sweep.prepare()
        return sweep.run(seconds)


if __name__ == "__main__":
    sys.exit(main())
