#!/usr/bin/env python3
"""Tests of what deploy/bench makes of its figures."""

import unittest
import xml.etree.ElementTree

import plot
import report


def measured(live=1000, engine_seconds=2.0):
    """One population as Population.measure gives it, with round numbers."""
    return {
        "live": live,
        "handover_ns": [90.0, 370.0],
        "populate": {"bytes_per_agreement": 600.0},
        "engine": {"rounds": [
            {"commands": 500, "events": 1300, "bytes": 130_000, "events_per_group": 100,
             "seconds": engine_seconds * slower, "raw_seconds": 1.0 * slower,
             "cpu_us": {"sequencer": 1.0 * slower, "idle": 0.01}}
            for slower in (1, 5, 2)]},
        "unary": [{"commands": 100, "seconds": 1.0, "echo_seconds": 0.25, "p50_us": 1.0,
                   "p99_us": 2.0, "p999_us": 3.0, "cpu_us": {"sequencer": 9.0}}] * 3,
        "stream": [{"commands": 100, "seconds": 1.0, "p50_us": 1.0, "p99_us": 2.0,
                    "p999_us": 3.0, "cpu_us": {}}] * 3,
        "batch": {"rounds": [{"commands": 200, "seconds": 1.0, "cpu_us": {}}] * 3},
        "latency": {"p50_us": 300.0, "echo_p50_us": 50.0, "fdatasync_p50_us": 150.0,
                    "event_bytes": 400},
        "restart": {"seconds": 3.0, "rss_bytes": 900.0 * live, "tail_events": 10},
        "replay": {"rounds": [{"events": 1000, "replay_seconds": 4.0, "scan_seconds": 1.0}]},
        "postgres": [{"lifecycles_per_second": 2.0}] * 3,
        "verify": {"events": 500, "seconds": "5.000"},
        "publish": {"published": [{"commands": 90, "seconds": 1.0, "lag_seconds": 0.3}] * 2,
                    "unpublished": [{"commands": 100, "seconds": 1.0}] * 2},
    }


class ReportTest(unittest.TestCase):
    def test_ratios_are_worked_out_by_hand(self):
        ratios, _ = report.derive(measured())
        self.assertEqual(ratios, {
            "engine_vs_rocksdb": 0.5,  # 8 s against 16 s
            "batch_vs_engine": 200 / 93.75,  # 1500 commands in 16 s
            "unary_vs_echo": 0.25, "latency_vs_limit": 1.5,  # 300 / (50 + 150)
            "lifecycle_vs_postgres": 10.0,  # 100 / 5 a second to 2 a second
            "bytes_per_agreement": 600.0, "restart_seconds": 3.0, "replay_vs_scan": 0.25,
            "verify_vs_scan": 0.1,  # 100 events a second to 1000
            "merkle_cost": 0.9})

    def test_every_row_is_told_and_a_missed_floor_is_an_error(self):
        lines, good = report.tell(*report.derive(measured()))
        told = [line.split() for line in lines if line.startswith("ratio ")]
        self.assertEqual([words[1] for words in told], [row.name for row in report.ROWS])
        self.assertIn(["ratio", "unary_vs_echo", "0.25", "floor", "0.5", "aim", "0.8", "MISSED"],
                      told)
        self.assertFalse(good)
        self.assertEqual(lines[-1], "floors held: 9 of 10; aims reached: 3 "
                                    "(batch_vs_engine, bytes_per_agreement, verify_vs_scan)")

    def test_a_bound_itself_holds_in_both_directions(self):
        larger, smaller = report.ROWS[0], report.ROWS[3]
        for row, worse, better in ((larger, -0.01, 0.01), (smaller, 0.01, -0.01)):
            self.assertTrue(row.holds(row.floor, row.floor))
            self.assertTrue(row.holds(row.floor + better, row.floor))
            self.assertFalse(row.holds(row.floor + worse, row.floor))

    def test_a_population_without_postgres_has_no_such_row(self):
        raw = measured()
        del raw["postgres"]
        lines, _ = report.tell(*report.derive(raw))
        self.assertNotIn("lifecycle_vs_postgres", "\n".join(lines))
        self.assertTrue(lines[-1].startswith("floors held: 8 of 9"))

    def test_the_distance_of_the_cores_is_told_where_there_is_one(self):
        self.assertEqual(report.cores_apart(report.derive(measured())[1]), ", cores 90.0 to 370 ns apart")
        raw = measured()
        raw["handover_ns"] = [0.0, 0.0]  # one core
        self.assertEqual(report.cores_apart(report.derive(raw)[1]), "")

    def test_markers_keep_what_is_around_them(self):
        text = "a\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nb\n"
        self.assertEqual(report.replace_between_markers(text, "bench", ["new", "lines"]),
                         "a\n<!-- bench:begin -->\nnew\nlines\n<!-- bench:end -->\nb\n")
        with self.assertRaises(ValueError):
            report.replace_between_markers("no markers", "bench", [])

    def test_documents_and_plot_of_a_run(self):
        level = {"lanes": 1, "rate_per_second": 10.0, "p50_us": 1.0, "p99_us": 2.0, "p999_us": 3.0}
        run = {"time": "2026-01-01T00:00:00", "quick": False, "headline": "1000",
               "machine": {"cores": 2, "processor": "x", "memory_gib": 24.0, "kernel": "6"},
               "populations": {}}
        for live in (100, 1000):
            ratios, figures = report.derive(measured(live))
            run["populations"][str(live)] = {
                "ratios": ratios, "figures": figures,
                "threads": report.thread_times(measured(live)),
                "open_loop": [level, level | {"lanes": 64, "p999_us": 4.0}]}
        table = "\n".join(report.markdown(run) + report.markdown_details(run))
        self.assertIn("| **0.25** | 0.5 | 0.8 |", table)
        self.assertIn("| live agreements | 100 | 1,000 |", table)
        # (1 + 5 + 2) / 3 in process; none for batches; a hundredth is not worth a line
        self.assertTrue(table.endswith("| `sequencer` | 2.67 | 0.00 | 0.00 | 9.00 |"), table)
        xml.etree.ElementTree.fromstring(plot.svg(run))


if __name__ == "__main__":
    unittest.main()
