"""The rows of the table: what they mean, what they need, and how they are told."""

import dataclasses
import statistics

COMMANDS_OF_LIFECYCLE = 5


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    title: str
    floor: float
    aim: float
    smaller_is_better: bool = False
    unit: str = ""

    def holds(self, value, bound):
        return value <= bound if self.smaller_is_better else value >= bound


ROWS = (
    Row("engine_vs_rocksdb", "engine in process ÷ raw RocksDB log append of the same events",
        0.45, 0.90),
    Row("batch_vs_engine", "gRPC ExecuteBatch(512) ÷ engine in process", 0.40, 0.70),
    Row("unary_vs_echo", "gRPC unary, 64 in flight ÷ empty gRPC echo", 0.50, 0.80),
    Row("latency_vs_limit", "one unary call in flight, p50 ÷ (one fdatasync + one echo)", 2.0, 1.3,
        True),
    Row("lifecycle_vs_postgres", "whole lifecycle ÷ the same as PostgreSQL functions, 64 clients",
        5, 20),
    Row("bytes_per_agreement", "memory of a live agreement with three milestones", 1500, 700, True,
        "bytes"),
    Row("restart_seconds", "restart after kill -9 under load", 10, 2, True, "s"),
    Row("replay_vs_scan", "full replay with verification ÷ raw RocksDB scan", 0.15, 0.40),
    Row("verify_vs_scan", "escrow-verify, every level ÷ raw RocksDB scan", 0.02, 0.10),
    Row("merkle_cost", "engine in process with tiles and checkpoints ÷ without", 0.85, 0.95),
)


def rate(rounds, work, seconds):
    """Work a second over all rounds together: a stall in one of them counts in full."""
    return sum(item[work] for item in rounds) / sum(item[seconds] for item in rounds)


def mean(rounds, key):
    return statistics.mean(item[key] for item in rounds)


def derive(raw):
    """The ratios and the absolute figures of one population, by name, from what was measured."""
    engine, unary, batch = raw["engine"]["rounds"], raw["unary"], raw["batch"]["rounds"]
    stream = raw["stream"]
    latency, replay = raw["latency"], raw["replay"]
    figures = {
        "engine_commands_per_second": rate(engine, "commands", "seconds"),
        "engine_events_per_second": rate(engine, "events", "seconds"),
        "rocksdb_events_per_second": rate(engine, "events", "raw_seconds"),
        "events_per_group": mean(engine, "events_per_group"),
        "bytes_per_event": rate(engine, "bytes", "events"),
        "batch_commands_per_second": rate(batch, "commands", "seconds"),
        "unary_commands_per_second": rate(unary, "commands", "seconds"),
        "stream_commands_per_second": rate(stream, "commands", "seconds"),
        "echo_per_second": rate(unary, "commands", "echo_seconds"),
        "unary_p50_us": mean(unary, "p50_us"),
        "unary_p99_us": mean(unary, "p99_us"),
        "latency_p50_us": latency["p50_us"],
        "echo_p50_us": latency["echo_p50_us"],
        "fdatasync_p50_us": latency["fdatasync_p50_us"],
        "append_bytes": latency["event_bytes"],
        "rss_bytes_per_agreement": raw["restart"]["rss_bytes"] / raw["live"],
        "restart_tail_events": raw["restart"]["tail_events"],
        "replay_events_per_second": rate(replay["rounds"], "events", "replay_seconds"),
        "scan_events_per_second": rate(replay["rounds"], "events", "scan_seconds"),
        "replay_events": replay["rounds"][0]["events"],
        "published_commands_per_second": rate(raw["publish"]["published"], "commands", "seconds"),
        "unpublished_commands_per_second": rate(raw["publish"]["unpublished"], "commands",
                                                "seconds"),
        "checkpoint_lag_seconds": max(item["lag_seconds"]
                                      for item in raw["publish"]["published"]),
    }

    def quotient(numerator, denominator):
        return figures[numerator] / figures[denominator]

    ratios = {
        "engine_vs_rocksdb": quotient("engine_events_per_second", "rocksdb_events_per_second"),
        "batch_vs_engine": quotient("batch_commands_per_second", "engine_commands_per_second"),
        "unary_vs_echo": quotient("unary_commands_per_second", "echo_per_second"),
        "latency_vs_limit": latency["p50_us"] / (latency["echo_p50_us"] +
                                                 latency["fdatasync_p50_us"]),
        "bytes_per_agreement": raw["populate"]["bytes_per_agreement"],
        "restart_seconds": raw["restart"]["seconds"],
        "replay_vs_scan": quotient("replay_events_per_second", "scan_events_per_second"),
        "merkle_cost": quotient("published_commands_per_second",
                                "unpublished_commands_per_second"),
    }
    if any(raw["handover_ns"]):  # there is more than one core
        figures["handover_min_ns"] = min(raw["handover_ns"])
        figures["handover_max_ns"] = max(raw["handover_ns"])
    if "verify" in raw:
        figures["verify_events"] = raw["verify"]["events"]
        figures["verify_events_per_second"] = raw["verify"]["events"] / float(raw["verify"]["seconds"])
        ratios["verify_vs_scan"] = quotient("verify_events_per_second", "scan_events_per_second")
    if "postgres" in raw:
        for way in ("unary", "stream", "batch"):
            figures[f"{way}_lifecycles_per_second"] = (figures[f"{way}_commands_per_second"] /
                                                       COMMANDS_OF_LIFECYCLE)
        figures["postgres_lifecycles_per_second"] = mean(raw["postgres"], "lifecycles_per_second")
        ratios["lifecycle_vs_postgres"] = quotient("stream_lifecycles_per_second",
                                                   "postgres_lifecycles_per_second")
    return ratios, figures


def thread_times(raw):
    """Microseconds of processor time per command, by thread and by way in; means of the rounds."""
    ways = {"in process": raw["engine"]["rounds"], "batches": raw["batch"]["rounds"],
            "streams": raw["stream"], "unary": raw["unary"]}
    names = {name for rounds in ways.values() for item in rounds for name in item["cpu_us"]}
    table = {name: {way: statistics.mean(item["cpu_us"].get(name, 0) for item in rounds)
                    for way, rounds in ways.items()} for name in names}
    # The rest is start-up and idling.
    return {name: row for name, row in sorted(table.items(), key=lambda n: -n[1]["unary"])
            if max(row.values()) >= 0.05}


def number(value):
    """For people: three significant digits below 1,000, else a whole number with commas."""
    if value >= 1000:
        return f"{value:,.0f}"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def lag(f):
    return f"{f['checkpoint_lag_seconds']:.2f} s"


def cores_apart(f):
    """How long a word took from one core to the other and back while the rows were measured; nothing where that was
    not measured."""
    if "handover_max_ns" not in f:
        return ""
    return f", cores {number(f['handover_min_ns'])} to {number(f['handover_max_ns'])} ns apart"


def absolutes(name, f):
    """The absolute figures beside a ratio."""
    def n(key):
        return number(f[key])

    return {
        "engine_vs_rocksdb":
            lambda: f"engine {n('engine_commands_per_second')} commands/s, "
                    f"{n('engine_events_per_second')} events/s; RocksDB "
                    f"{n('rocksdb_events_per_second')} events/s; {n('events_per_group')} events a "
                    f"sync, {n('bytes_per_event')} bytes an event",
        "batch_vs_engine":
            lambda: f"ExecuteBatch {n('batch_commands_per_second')} commands/s; engine "
                    f"{n('engine_commands_per_second')} commands/s",
        "unary_vs_echo":
            lambda: f"unary {n('unary_commands_per_second')} commands/s, p50 "
                    f"{n('unary_p50_us')} µs, p99 {n('unary_p99_us')} µs; echo "
                    f"{n('echo_per_second')} calls/s",
        "latency_vs_limit":
            lambda: f"unary p50 {n('latency_p50_us')} µs; echo {n('echo_p50_us')} µs, fdatasync "
                    f"of {n('append_bytes')} bytes {n('fdatasync_p50_us')} µs",
        "lifecycle_vs_postgres":
            lambda: f"a stream each {n('stream_lifecycles_per_second')} lifecycles/s, by unary "
                    f"calls {n('unary_lifecycles_per_second')}, in batches "
                    f"{n('batch_lifecycles_per_second')}; PostgreSQL "
                    f"{n('postgres_lifecycles_per_second')} lifecycles/s",
        "bytes_per_agreement":
            lambda: f"of the heap; the whole process {n('rss_bytes_per_agreement')} bytes an "
                    f"agreement",
        "restart_seconds":
            lambda: f"to the first answer; {n('restart_tail_events')} events since the snapshot",
        "replay_vs_scan":
            lambda: f"replay {n('replay_events_per_second')} events/s; scan "
                    f"{n('scan_events_per_second')} events/s; {n('replay_events')} events",
        "verify_vs_scan":
            lambda: f"escrow-verify {n('verify_events_per_second')} events/s; scan "
                    f"{n('scan_events_per_second')} events/s; {n('verify_events')} events",
        "merkle_cost":
            lambda: f"published {n('published_commands_per_second')} commands/s, else "
                    f"{n('unpublished_commands_per_second')}; the checkpoint {lag(f)} behind at the end",
    }[name]()


def tell(ratios, figures):
    """The lines for the terminal. Returns (lines, whether every floor holds)."""
    lines, held, reached = [], 0, []
    measured = [row for row in ROWS if row.name in ratios]
    for row in measured:
        value = ratios[row.name]
        held += row.holds(value, row.floor)
        if row.holds(value, row.aim):
            reached.append(row.name)
        missed = "" if row.holds(value, row.floor) else "  MISSED"
        lines.append(f"ratio {row.name} {value:.4g} floor {row.floor:g} aim {row.aim:g}{missed}")
        lines.append(f"      {absolutes(row.name, figures)}")
    lines.append(f"floors held: {held} of {len(measured)}; aims reached: {len(reached)}"
                 + (f" ({', '.join(reached)})" if reached else ""))
    return lines, held == len(measured)


def markdown(run):
    """The table, the latencies and the populations of a run, as docs show them."""
    head = run["populations"][run["headline"]]
    machine = run["machine"]
    lines = [
        f"Measured {run['time'][:10]} on {machine['cores']} cores ({machine['processor']}), "
        f"{machine['memory_gib']:.0f} GiB, Linux {machine['kernel']}, "
        f"{int(run['headline']):,} live agreements"
        + cores_apart(head["figures"])
        + (" (a quick run: smaller counts)" if run["quick"] else "") + ".", "",
        "| measure | value | floor | aim | absolute |", "|---|---|---|---|---|"]
    for row in ROWS:
        if row.name in head["ratios"]:
            value = f"{number(head['ratios'][row.name])} {row.unit}".strip()
            bounds = f"{row.floor:g} | {row.aim:g}"
            lines.append(f"| {row.title} | **{value}** | {bounds} | "
                         f"{absolutes(row.name, head['figures'])} |")
    return lines


def markdown_details(run):
    """What only docs/PERFORMANCE.md shows: latencies under load, and other populations."""
    head = run["populations"][run["headline"]]
    lines = ["", "| in flight at most | calls/s | p50 µs | p99 µs | p99.9 µs |",
             "|---|---|---|---|---|"]
    for level in head["open_loop"]:
        cells = (level["lanes"], level["rate_per_second"], level["p50_us"], level["p99_us"],
                 level["p999_us"])
        lines.append("| " + " | ".join(f"{cell:,.0f}" for cell in cells) + " |")
    names = [f"{int(live):,}" for live in run["populations"]]
    lines += ["", f"| live agreements | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for row in ROWS:
        cells = [number(p["ratios"][row.name]) if row.name in p["ratios"] else "not run"
                 for p in run["populations"].values()]
        lines.append(f"| `{row.name}` | {' | '.join(cells)} |")
    for key in ("engine_commands_per_second", "batch_commands_per_second",
                "unary_commands_per_second"):
        cells = [number(p["figures"][key]) for p in run["populations"].values()]
        lines.append(f"| {key.replace('_', ' ')} | {' | '.join(cells)} |")
    return lines + thread_table(head["threads"])


def thread_table(threads):
    """Processor time of the server by thread."""
    ways = ("in process", "batches", "streams", "unary")
    lines = ["", "| thread of the server, µs of processor time per command | "
             f"{' | '.join(ways)} |", "|---" * (len(ways) + 1) + "|"]
    for name, row in threads.items():
        cells = " | ".join(number(row[way]) for way in ways)
        lines.append(f"| `{name}` | {cells} |")
    return lines


def replace_between_markers(text, name, lines):
    """`text` with the lines between <!-- NAME:begin --> and <!-- NAME:end --> replaced."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found_begin, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"no {begin} … {end}")
    return before + begin + "\n" + "\n".join(lines) + "\n" + end + after
