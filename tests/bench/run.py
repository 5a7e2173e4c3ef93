#!/usr/bin/env python3
"""Measures how fast Escrowd is, each row next to its limit. deploy/bench builds, then runs this.

Every row is a process of its own (escrow-bench, escrowd, PostgreSQL); this script strings them
together on one data directory per population, in the order of a log's life: population, engine
without a network, calls through gRPC, kill -9, restart, replay.
"""

import argparse
import dataclasses
import datetime
import functools
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import plot
import report
from postgres import BINARIES, CLIENTS, WARM_UP_SECONDS, Postgres
from processes import Processes, unprivileged_user

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BIN = REPOSITORY / "build/release/bin"
ESCROWD = REPOSITORY / "build/release/production/escrowd"  # as production runs it: production.py
SLACK_MAX = 16_384  # as in workload.cc
RESTART_SLICES_MAX = 200
PUBLIC_LOG_SECONDS_MAX = 300
CALIBRATION_TURNS = 50  # of each of PostgreSQL's clients


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much a run does. Lifecycles are of one round."""
    headline: int = 1_000_000
    populations: tuple = (10_000, 100_000, 1_000_000, 4_000_000)
    postgres_live_max: int = 1_000_000  # more takes longer to make than to measure
    verify_live_max: int = 1_000_000  # escrow-verify takes half a KiB of memory for each event
    disk_gib: int = 40  # that must be free
    rounds: int = 3
    engine_lifecycles: int = 100_000
    batch_lifecycles: int = 60_000
    unary_lifecycles: int = 4_000
    stream_lifecycles: int = 20_000
    unary_rounds: int = 6  # of each round of PostgreSQL; one alone may be off by a third
    latency_lifecycles: int = 6_000
    open_loop: tuple = ((1, 1_000), (4, 2_000), (16, 4_000), (64, 6_000), (256, 8_000),
                        (1024, 8_000))  # calls in flight at most, lifecycles
    postgres_seconds: int = 12
    restart_tail_events: int = 500_000  # or, if less, half of what lies between two snapshots
    replay_events_max: int = 12_000_000
    replay_rounds: int = 3


QUICK = Plan(headline=20_000, populations=(20_000,), disk_gib=6, rounds=2,
             engine_lifecycles=20_000, batch_lifecycles=20_000, unary_lifecycles=2_000, stream_lifecycles=8_000,
             unary_rounds=2, latency_lifecycles=1_000,
             open_loop=((1, 400), (16, 1_200), (64, 2_000), (1024, 2_400)), postgres_seconds=6,
             restart_tail_events=100_000, replay_events_max=1_000_000)


def say(text):
    """Progress, on standard error."""
    print(f"bench: {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Escrowd:
    """The real server on a data directory."""

    def __init__(self, processes, data, program):
        self.processes, self.data, self.program = processes, data, program
        self.port = 0
        self.process = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        """Starts it; the first time on a free port, then on the same again."""
        self.process = self.processes.start(
            [self.program, "--data-dir", self.data, "--listen", self.address],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def await_port(self):
        """Reads its log until it serves. The rest of the log stays in the pipe, which is large
        enough for the few lines of a healthy server."""
        lines = []
        for line in self.process.stderr:
            lines.append(line)
            entry = json.loads(line) if line.startswith("{") else {}
            if entry.get("event") == "serving":
                self.port = entry["port"]
                return
        raise RuntimeError("escrowd does not start:\n" + "".join(lines))

    @property
    def pid(self):
        return self.process.pid if self.process is not None else 0

    def newest_snapshot(self):
        """Its position: the events after it are what a start replays, which may itself take another."""
        return max((int(file.name) for file in (self.data / "snapshots").iterdir() if file.name.isdigit()),
                   default=0)

    def rss_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) * 1024

    def published(self):
        """Size of the newest checkpoint of the public log (C2SP tlog-checkpoint: the second line)."""
        try:
            return int((self.data / "public/checkpoint").read_text(encoding="utf-8").splitlines()[1])
        except FileNotFoundError:
            return 0

    def stop(self, number=signal.SIGTERM):
        """Ends it. Returns its exit code."""
        return self.processes.stop(self.process, number)

    def last_words(self):
        """What a server that has ended by itself had to say."""
        ended = self.process is not None and self.process.poll() not in (None, -signal.SIGKILL)
        return f"\nescrowd said:\n{self.process.stderr.read()}" if ended else ""


class Population:
    """All rows on one population. Lifecycles are numbered on, from row to row."""

    def __init__(self, plan, live, processes, folder, program):
        self.plan, self.live, self.processes, self.folder = plan, live, processes, folder
        self.next = 0
        self.data = folder / "data"
        self.escrowd = Escrowd(processes, self.data, program)
        self.echo_address = ""
        self.handovers = []

    def begin(self, what):
        """Says what is measured next, and how far apart the cores are by then."""
        say(f"{self.live:,} live agreements: {what}")
        self.handovers.append(self.row("handover")["handover_ns"])

    def arguments(self, row, lifecycles=None, rounds=None, **more):
        words = [BIN / "escrow-bench", "--data", self.data, "--scratch", self.folder,
                 "--live", self.live, "--address", self.escrowd.address,
                 "--echo", self.echo_address, "--escrowd", self.escrowd.pid, row]
        if lifecycles is not None:
            words += ["--first", self.next, "--lifecycles", lifecycles]
        if rounds is not None:
            words += ["--rounds", rounds]
        for name, value in more.items():
            words += [f"--{name.replace('_', '-')}", value]
        return words

    def row(self, name, lifecycles=None, rounds=None, **more):
        """Runs a row to its end and counts on. Returns its result."""
        result = self.processes.result_of(self.arguments(name, lifecycles, rounds, **more))
        if lifecycles is not None:
            self.next = int(result.get("next", self.next + lifecycles * (rounds or 1)))
        return result

    def measure(self):
        plan, raw = self.plan, {"live": self.live, "handover_ns": self.handovers}
        self.folder.mkdir()
        self.begin("making them")
        raw["populate"] = self.row("populate")
        self.begin("engine in process and raw RocksDB")
        raw["engine"] = self.row("engine", plan.engine_lifecycles, plan.rounds, lanes=8)
        self.begin("with the public log and without")
        raw["publish"] = self.row("publish", plan.engine_lifecycles, plan.rounds, lanes=8)
        self.escrowd.start()
        self.escrowd.await_port()
        self.await_public_log()
        echo = self.start_echo()
        self.unary_and_postgres(raw)
        self.begin("ExecuteBatch")
        raw["batch"] = self.row("batch", plan.batch_lifecycles, plan.rounds, lanes=8)
        self.begin("one call in flight")
        raw["latency"] = self.row("latency", plan.latency_lifecycles)
        if self.live == plan.headline:
            raw["open_loop"] = [self.open_loop(*level) for level in plan.open_loop]
        echo.stdin.close()
        raw["restart"] = self.restart()
        self.escrowd.stop(signal.SIGKILL)  # nothing is needed of it but its log
        self.begin("replay and raw scan")
        raw["replay"] = self.row("replay", rounds=plan.replay_rounds,
                                 events_max=plan.replay_events_max)
        if self.live <= plan.verify_live_max:
            self.begin("the auditor's verifier")
            raw["verify"] = self.processes.result_of([BIN / "escrow-verify", "log", self.escrowd.data,
                                                      "--json"])
        shutil.rmtree(self.folder)
        return raw

    def await_public_log(self):
        """Waits until the public log, which nobody made before, has what the log has. Until then that takes a core, which
        a server that has published from the beginning has for its calls."""
        self.begin("the public log of them")
        events = self.row("await")["applied_sequence"]
        end = time.monotonic() + PUBLIC_LOG_SECONDS_MAX
        while self.escrowd.published() < events:
            if time.monotonic() > end:
                raise RuntimeError(f"the public log has {self.escrowd.published()} of {events} events after "
                                   f"{PUBLIC_LOG_SECONDS_MAX} s")
            time.sleep(0.1)

    def start_echo(self):
        echo = self.processes.start([BIN / "escrow-bench", "serve-echo"], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE)
        self.echo_address = f"127.0.0.1:{int(echo.stdout.readline().split()[1])}"
        return echo

    def unary_and_postgres(self, raw):
        """Rounds of both in turn, so that what else the machine does hits both."""
        plan = self.plan
        postgres = None
        if self.live <= plan.postgres_live_max:
            self.begin("making them in PostgreSQL")
            postgres = Postgres(self.processes, self.folder / "postgres", unprivileged_user(),
                                memory_bytes())
            postgres.start()
            postgres.populate(self.live)
            raw["postgres"] = []
        raw["unary"] = []
        raw["stream"] = []
        block = self.live - min(self.live // 2, SLACK_MAX)
        first = turns = 0
        for number in range(plan.rounds):
            self.begin(f"unary calls and echoes, round {number + 1}")
            raw["unary"] += self.row("unary", plan.unary_lifecycles, plan.unary_rounds,
                                     lanes=CLIENTS)["rounds"]
            raw["stream"] += self.row("stream", plan.stream_lifecycles, 1,
                                      lanes=CLIENTS)["rounds"]
            if postgres is None:
                continue
            self.begin(f"PostgreSQL, round {number + 1}")
            if number == 0:  # tells how many turns a round has, and touches the pages
                rate = postgres.lifecycles(first, self.live, block, CALIBRATION_TURNS)
                first += CALIBRATION_TURNS * CLIENTS
                turns = int(rate * (WARM_UP_SECONDS + plan.postgres_seconds) / CLIENTS) + 1
            rate = postgres.lifecycles(first, self.live, block, turns)
            first += turns * CLIENTS
            raw["postgres"].append({"lifecycles_per_second": rate})
        if postgres is not None:
            postgres.check(settled=first)
            postgres.stop()

    def open_loop(self, lanes, lifecycles):
        self.begin(f"open loop, {lanes} in flight at most")
        return self.row("open-loop", lifecycles, lanes=lanes)

    def restart(self):
        """kill -9 under load, some way from the newest snapshot; seconds to the first answer."""
        self.begin("kill -9 under load, restart")
        for _ in range(RESTART_SLICES_MAX):
            status = self.row("await")
            tail = status["applied_sequence"] - status["snapshot_sequence"]
            if tail >= min(self.plan.restart_tail_events, status["snapshot_events"] // 2):
                break
            self.row("batch", 5_000, 1, lanes=8)
        else:
            raise RuntimeError(f"the newest snapshot is never far from the end of the log: {status}")
        load = self.processes.start(self.arguments("until-killed", 60_000, lanes=8),
                                    stdout=subprocess.PIPE)
        load.stdout.readline()  # it loads from here on
        time.sleep(0.5)
        self.escrowd.stop(signal.SIGKILL)
        result = json.loads(load.communicate()[0])
        if load.returncode != 0 or result["batches"] >= result["batches_given"]:
            raise RuntimeError(f"escrowd was not killed under load: {result}")
        snapshot = self.escrowd.newest_snapshot()
        begin = time.monotonic()
        self.escrowd.start()
        status = self.row("await")
        seconds = time.monotonic() - begin
        return {"seconds": seconds, "rss_bytes": self.escrowd.rss_bytes(),
                "tail_events": status["applied_sequence"] - snapshot,
                "live_agreements": status["live_agreements"]}


def memory_bytes():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def describe_machine(folder):
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        models = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
    file_system = subprocess.run(["stat", "--file-system", "--format=%T", folder], check=True,
                                 capture_output=True, text=True).stdout.strip()
    if file_system in ("tmpfs", "ramfs"):
        raise RuntimeError(f"{folder} is no disk ({file_system}): nothing there is durable; "
                           "choose another with --work-dir")
    return {"cores": os.cpu_count(), "processor": models[0] if models else platform.machine(),
            "memory_gib": memory_bytes() / 2**30, "kernel": platform.release(),
            "file_system": file_system}


def measure(plan, quick, work_dir, keep=lambda run: None):
    """Runs everything. Returns the run as it is kept in JSON; `keep` gets it after each population, so that a run
    which comes to no end has not been for nothing."""
    if not (BINARIES / "postgres").exists() and min(plan.populations) <= plan.postgres_live_max:
        raise RuntimeError(f"no PostgreSQL 15 in {BINARIES}: run deploy/install --bench")
    begin = time.monotonic()
    free_gib = shutil.disk_usage(work_dir).free >> 30
    if free_gib < plan.disk_gib:
        raise RuntimeError(f"{work_dir} has {free_gib} GiB free, but {plan.disk_gib} are needed: "
                           "choose another folder with --work-dir")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="escrow-bench-", dir=work_dir))
    folder.chmod(0o755)  # PostgreSQL runs as another user
    run = {"time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
           "quick": quick, "plan": dataclasses.asdict(plan),
           "headline": str(plan.headline), "populations": {}}
    try:
        run["machine"] = describe_machine(folder)
        with Processes() as processes:
            for live in plan.populations:
                population = Population(plan, live, processes, folder / str(live), ESCROWD)
                try:
                    raw = population.measure()
                except RuntimeError as error:
                    raise RuntimeError(f"{error}{population.escrowd.last_words()}") from error
                ratios, figures = report.derive(raw)
                run["populations"][str(live)] = {
                    "ratios": ratios, "figures": figures, "raw": raw,
                    "open_loop": raw.get("open_loop", []),
                    "threads": report.thread_times(raw)}
                if live == plan.headline:
                    run["machine"]["fdatasync_p50_us"] = figures["fdatasync_p50_us"]
                keep(run)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"done in {time.monotonic() - begin:.0f} s")
    return run


def write_json(path, run):
    if path is not None:
        path.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")


def write_docs(run):
    table = report.markdown(run)
    for path, lines in (("README.md", table + ["", "![plot](docs/img/performance.svg)"]),
                        ("docs/PERFORMANCE.md", table + report.markdown_details(run))):
        file = REPOSITORY / path
        text = report.replace_between_markers(file.read_text(encoding="utf-8"), "bench", lines)
        file.write_text(text, encoding="utf-8")
    (REPOSITORY / "docs/img").mkdir(exist_ok=True)
    (REPOSITORY / "docs/img/performance.svg").write_text(plot.svg(run), encoding="utf-8")


def arguments():
    parser = argparse.ArgumentParser(prog="deploy/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true",
                        help="smaller counts and one small population: ends within 3 minutes")
    parser.add_argument("--live", metavar="N", type=int, nargs="+",
                        help="populations of N live agreements instead of the usual ones; the table is of the last")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path, help="write everything there, after each population")
    parser.add_argument("--svg", metavar="FILE", type=pathlib.Path, help="write the plot there")
    parser.add_argument("--write-docs", action="store_true",
                        help="write table and plot into README.md and docs/")
    parser.add_argument("--from", dest="source", metavar="FILE", type=pathlib.Path,
                        help="measure nothing: take the JSON of an earlier run")
    parser.add_argument("--work-dir", metavar="DIR", default="/var/tmp",
                        help="a folder on the disk to measure (default /var/tmp)")
    return parser.parse_args()


def main():
    given = arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    if given.source is not None:
        run = json.loads(given.source.read_text(encoding="utf-8"))
    else:
        plan = QUICK if given.quick else Plan()
        if given.live is not None:
            plan = dataclasses.replace(plan, headline=given.live[-1], populations=tuple(given.live))
        run = measure(plan, given.quick, given.work_dir, keep=functools.partial(write_json, given.json))
    head = run["populations"][run["headline"]]
    machine = run["machine"]
    print(f"{machine['cores']} cores ({machine['processor']}), {machine['memory_gib']:.0f} GiB, "
          f"Linux {machine['kernel']}, {machine['file_system']}; "
          f"{int(run['headline']):,} live agreements{report.cores_apart(head['figures'])}")
    if run["quick"]:
        print("quick: smaller counts; not to be compared with a full run of 1,000,000 agreements")
    lines, good = report.tell(head["ratios"], head["figures"])
    summary = lines.pop()
    print("\n".join(lines + report.thread_table(head["threads"]) + ["", summary]))
    if given.svg is not None:
        given.svg.write_text(plot.svg(run), encoding="utf-8")
    if given.write_docs:
        write_docs(run)
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RuntimeError as error:
        sys.exit(f"bench: {error}")
