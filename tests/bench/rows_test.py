#!/usr/bin/env python3
"""Every row of deploy/bench but PostgreSQL's, on so little that its figures mean nothing: it must
run to its end and find something. rows_test.py FOLDER_OF_PROGRAMS ESCROWD"""

import pathlib
import sys
import tempfile

import report
import run

TINY = run.Plan(headline=2_000, populations=(2_000,), postgres_live_max=0, disk_gib=1, rounds=1,
                engine_lifecycles=600, batch_lifecycles=600, unary_lifecycles=200, stream_lifecycles=200,
                unary_rounds=1, latency_lifecycles=60, open_loop=((1, 100), (16, 200)),
                restart_tail_events=1_000, replay_events_max=100_000)


def main():
    run.BIN = pathlib.Path(sys.argv[1]).resolve()
    run.ESCROWD = pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        measured = run.measure(TINY, quick=True, work_dir=folder)
        assert not any(pathlib.Path(folder).iterdir()), "a run leaves nothing behind"
    head = measured["populations"]["2000"]
    missing = {row.name for row in report.ROWS} - set(head["ratios"])
    assert missing == {"lifecycle_vs_postgres"}, missing
    assert all(value > 0 for value in (head["ratios"] | head["figures"]).values()), head
    assert head["raw"]["restart"]["live_agreements"] > 0
    assert [level["lanes"] for level in head["open_loop"]] == [1, 16]
    assert all(level["p50_us"] <= level["p99_us"] <= level["p999_us"]
               for level in head["open_loop"])
    print("\n".join(report.tell(head["ratios"], head["figures"])[0]))


if __name__ == "__main__":
    main()
