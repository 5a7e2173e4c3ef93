#!/usr/bin/env python3
"""Keeps the tables of docs/API.md equal to what a running server prints.

    api_tables.py BIN_DIR API_MD           exits 1 when they differ
    api_tables.py BIN_DIR API_MD --write   writes them

BIN_DIR holds escrowd and escrowctl. Starts its own escrowd on loopback with a temporary data directory, and ends it.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

START_SECONDS_MAX = 60


def wait_for_port(server):
    """The port that the server says it serves on; it says so within its first lines."""
    for line in server.stderr:
        event = json.loads(line)
        if event["event"] == "serving":
            return event["port"]
        if event["level"] == "error":
            raise SystemExit(f"escrowd did not start: {line}")
    raise SystemExit("escrowd ended before it served")


def printed_tables(bin_dir):
    """Name of the table -> what escrowctl prints."""
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "escrowd.toml"
        config.write_text("", encoding="utf-8")  # all defaults
        data_dir = folder + "/data"
        server = subprocess.Popen(
            [bin_dir / "escrowd", "--config", config, "--data-dir", data_dir, "--listen", "127.0.0.1:0"],
            stderr=subprocess.PIPE, text=True)
        try:
            address = f"127.0.0.1:{wait_for_port(server)}"
            return {
                name: subprocess.run(
                    [bin_dir / "escrowctl", "--address", address, "--data-dir", data_dir, name, "--markdown"],
                    check=True, capture_output=True, text=True, timeout=START_SECONDS_MAX).stdout.strip()
                for name in ("reasons", "rules")
            }
        finally:
            server.terminate()
            server.communicate(timeout=START_SECONDS_MAX)


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["--write"]):
        print(__doc__, file=sys.stderr)
        return 2
    page = pathlib.Path(sys.argv[2])
    before = page.read_text(encoding="utf-8")
    text = before
    for name, table in printed_tables(pathlib.Path(sys.argv[1]).resolve()).items():
        block = re.compile(rf"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)", re.DOTALL)
        if len(block.findall(text)) != 1:
            print(f"{page}: the markers of the table '{name}' are not there once")
            return 1
        text = block.sub(lambda match, table=table: f"{match[1]}\n{table}\n\n{match[2]}", text)
    if sys.argv[3:]:
        page.write_text(text, encoding="utf-8")
        return 0
    if text != before:
        print(f"{page} does not have the tables that escrowd has; write them with: {' '.join(sys.argv)} --write")
        return 1
    print("the tables of the API are those of the server")
    return 0


if __name__ == "__main__":
    sys.exit(main())
