#!/usr/bin/env python3
"""Makes escrowd as production runs it: its machine code in the order in which a load runs through it.

The linker strews what a call passes through over tens of megabytes. Here escrowd runs once with counters, under each
kind of load that deploy/bench knows and through a restart. Then BOLT (llvm-bolt, which works on linked programs, so
that gRPC's code is part of it) puts blocks and functions next to those that they follow on. Nothing else is changed:
what no load came by is still there, further back.

The counts are made anew each time, so two such programs are the same but for the order of their code.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import run
from processes import Processes

# A second or so of each load; counters do not get better by counting longer.
TRAINING = run.Plan(headline=20_000, unary_lifecycles=2_000, stream_lifecycles=2_000, batch_lifecycles=4_000)
LANES = 64
BATCH_LANES = 8


def train(program, bench, folder):
    """Runs `program` under each load and through a restart. It ends as it would in production, by SIGTERM, and then
    writes what it has counted."""
    run.BIN = bench
    with Processes() as processes:
        population = run.Population(TRAINING, TRAINING.headline, processes, folder, program)
        population.row("populate")
        escrowd = population.escrowd
        escrowd.start()
        escrowd.await_port()
        echo = population.start_echo()  # the row of unary calls has it beside itself
        population.row("unary", TRAINING.unary_lifecycles, 1, lanes=LANES)
        population.row("stream", TRAINING.stream_lifecycles, 1, lanes=LANES)
        population.row("batch", TRAINING.batch_lifecycles, 1, lanes=BATCH_LANES)
        processes.stop(echo)
        expect_success(escrowd.stop(), "escrowd with counters")
        escrowd.start()
        population.row("await")
        expect_success(escrowd.stop(), "escrowd with counters, started again")


def expect_success(code, what):
    if code != 0:
        raise RuntimeError(f"{what} ended with {code}")


def tool(bolt, *words):
    """Runs one of BOLT's programs, which tell much; what it said is shown when it fails."""
    done = subprocess.run([bolt / words[0], *words[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]} failed with {done.returncode}:\n{done.stdout}")


def make(bolt, plain, bench, output):
    output.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent) as name:
        folder = pathlib.Path(name)
        counting, counts, made = folder / "escrowd", folder / "counts", folder / "made"
        tool(bolt, "llvm-bolt", plain, "-instrument", f"--instrumentation-file={counts}",
             "--instrumentation-file-append-pid", "-o", counting)
        train(counting, bench, folder)
        runs = sorted(folder.glob("counts.*"))
        if len(runs) != 2:
            raise RuntimeError(f"escrowd ran twice, but there are counts of {len(runs)} runs")
        tool(bolt, "merge-fdata", *runs, "-o", counts)
        tool(bolt, "llvm-bolt", plain, f"-data={counts}", "-reorder-blocks=ext-tsp", "-reorder-functions=cdsort",
             "-split-functions", "-split-all-cold", "-split-eh", "-update-debug-sections", "-o", made)
        made.replace(output)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bolt", metavar="DIR", type=pathlib.Path, required=True, help="where llvm-bolt lies")
    parser.add_argument("--escrowd", metavar="FILE", type=pathlib.Path, required=True,
                        help="escrowd as the linker made it, with its relocations")
    parser.add_argument("--bench", metavar="DIR", type=pathlib.Path, required=True, help="where escrow-bench lies")
    parser.add_argument("--output", metavar="FILE", type=pathlib.Path, required=True)
    given = parser.parse_args()
    make(given.bolt, given.escrowd, given.bench, given.output)


if __name__ == "__main__":
    try:
        main()
    except RuntimeError as error:
        sys.exit(f"production: {error}")
