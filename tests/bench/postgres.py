"""The same lifecycle on PostgreSQL, in a private directory: see postgres/*.sql.

What is the same on both sides: the population; the commands, their order, their parties and their
amounts; 64 clients, each with one request under way, which is durable before it is answered
(fsync and synchronous_commit are on); one request per command; client and server share the cores
and speak over loopback TCP.

What differs: PostgreSQL keeps its state on disk and in its buffers, Escrowd in memory and in its
log; the tables enforce what this lifecycle needs, Escrowd's machine all that its contract says
(conditions as trees, every policy, roles, hashes of every event). What a choice could favour, it
favours PostgreSQL: see the head of postgres/schema.sql. There is no checkpoint while it is
measured, and the pages have been touched before, so full-page writes cost next to nothing.
"""

import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess

HERE = pathlib.Path(__file__).parent / "postgres"
BINARIES = pathlib.Path("/usr/lib/postgresql/15/bin")
CLIENTS = 64
PARTIES = 10_000
WARM_UP_SECONDS = 4  # new sessions first plan every statement of the functions

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "minimal",  # nobody replicates from it
    "max_wal_senders": 0,
    "max_wal_size": "32GB",
    "checkpoint_timeout": "1h",
    "wal_buffers": "64MB",
    "effective_io_concurrency": 200,
    "random_page_cost": 1.1,
    "work_mem": "256MB",
    "maintenance_work_mem": "1GB",
    "jit": "off",
    "max_connections": CLIENTS + 10,
    "autovacuum": "on",
    "log_min_messages": "warning",
}


def free_port():
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postgres:
    """A server with the population in it. Lives until stop()."""

    def __init__(self, processes, folder, user, memory_bytes):
        self.processes = processes
        self.folder = folder
        self.user = user
        self.data = folder / "data"
        self.log = folder / "log"
        self.shared_buffers = f"{min(memory_bytes // 4, 6 << 30) >> 20}MB"
        self.server = None
        self.port = free_port()

    def program(self, name, *arguments):
        return [BINARIES / name, *arguments]

    def start(self):
        self.folder.mkdir()
        if self.user is not None:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.scripts = self.folder / "sql"  # where its user can read them
        shutil.copytree(HERE, self.scripts)
        self.run("initdb", "--pgdata", self.data, "--auth", "trust", "--username", "bench",
                 "--encoding", "UTF8", "--no-locale", "--no-sync")
        settings = SETTINGS | {"port": self.port, "shared_buffers": self.shared_buffers,
                               "unix_socket_directories": self.folder}
        arguments = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        with open(self.log, "w", encoding="utf-8") as log:
            self.server = self.processes.start(
                self.program("postgres", "-D", self.data, *arguments), user=self.user,
                cwd=self.folder, stdout=log, stderr=log, end_signal=signal.SIGQUIT)
        self.run("pg_isready", *self.connection(), "--timeout", 0, until=0)

    def stop(self):
        if self.server is not None:
            self.processes.stop(self.server, signal.SIGINT)
            shutil.rmtree(self.folder)

    def connection(self):
        return ("--host", "127.0.0.1", "--port", self.port, "--username", "bench",
                "--dbname", "postgres")

    def run(self, name, *arguments, until=None):
        """Runs one of PostgreSQL's programs; with `until`, again until it ends with this code."""
        while True:
            process = self.processes.start(self.program(name, *arguments), user=self.user,
                                           cwd=self.folder, stdout=subprocess.PIPE,
                                           stderr=subprocess.STDOUT)
            output, _ = process.communicate()
            self.processes.running.remove(process)
            if process.returncode == (until or 0):
                return output
            if until is None or self.server.poll() is not None:
                raise RuntimeError(f"{name} failed:\n{output}{self.log_tail()}")

    def log_tail(self):
        return self.log.read_text()[-2000:] if self.log.exists() else ""

    def sql(self, *arguments):
        return self.run("psql", *self.connection(), "--no-psqlrc", "--quiet", "--tuples-only",
                        "--no-align", "--set", "ON_ERROR_STOP=1", *arguments).strip()

    def populate(self, live):
        variables = ("--set", f"live={live}", "--set", f"parties={PARTIES}")
        self.sql("--single-transaction", *variables, "--file", self.scripts / "schema.sql",
                 "--file", self.scripts / "functions.sql", "--file", self.scripts / "populate.sql")
        self.sql("--file", self.scripts / "indexes.sql")
        self.sql("--command", "VACUUM")
        self.sql("--command", "CHECKPOINT")

    def lifecycles(self, first, live, block, turns):
        """Each client runs `turns` lifecycles, from `first` on. Returns lifecycles per second,
        without those of the first seconds if there are more."""
        given = {"first": first, "live": live, "block": block, "parties": PARTIES,
                 "clients": CLIENTS, "turn": 0}
        output = self.run("pgbench", *self.connection()[:6], "--no-vacuum", "--protocol=prepared",
                          "--progress=1",
                          f"--client={CLIENTS}", "--jobs=2", f"--transactions={turns}",
                          "--file", self.scripts / "lifecycle.pgbench",
                          *(f"--define={key}={value}" for key, value in given.items()), "postgres")
        done = re.search(r"transactions actually processed: (\d+)", output)
        failed = re.search(r"failed transactions: (\d+)", output)
        rate = re.search(r"^tps = ([0-9.]+)", output, re.MULTILINE)
        by_second = [float(tps) for tps in re.findall(r"^progress: .* ([0-9.]+) tps", output,
                                                      re.MULTILINE)]
        if done is None or rate is None or failed is None or int(failed[1]) != 0 \
                or int(done[1]) != turns * CLIENTS:
            raise RuntimeError(f"pgbench did not run as it should:\n{output}")
        warm = by_second[WARM_UP_SECONDS:]
        return statistics.mean(warm) if warm else float(rate[1])

    def check(self, settled):
        """Both sides have done the same: the ledger adds up and as many settled as were run."""
        found, posted = self.sql("--command", """
            SELECT (SELECT count(*) FROM escrow.agreements WHERE state = 'settled'),
                   (SELECT coalesce(sum(amount), 0) FROM escrow.postings)""").split("|")
        if int(found) != settled or int(posted) != 0:
            raise RuntimeError(f"PostgreSQL settled {found} of {settled} agreements; "
                               f"its postings add up to {posted}")
