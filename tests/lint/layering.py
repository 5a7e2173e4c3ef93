#!/usr/bin/env python3
"""Checks that the layers of the source tree only call downward, and a few habits that are cheap to check.

    layering.py ROOT         checks ROOT/src and ROOT/services, prints what is wrong, exits 1 when something is
    layering.py --self-test  checks the checker on small bad trees

The rules are the tables below; docs/ARCHITECTURE.md explains them. tests/ is held to the habits, not to the layers.
"""

import pathlib
import re
import sys
import tempfile

# Layer -> the layers that it may include. A layer that is not named here may not exist.
LAYERS = {
    "base": [],
    "core": ["base"],
    "collections": ["base", "core"],
    "crypto": ["base"],
    "tlog": ["base", "crypto"],
    "audit": ["base", "crypto", "tlog"],
    "journal": ["base", "crypto", "tlog"],
    "publish": ["base", "crypto", "tlog", "journal"],
    "vault": ["base", "crypto"],
    "engine": ["base", "core", "collections", "crypto", "tlog", "journal"],
    "api": ["base", "core", "collections", "crypto", "tlog", "journal", "publish", "engine", "vault"],
    "edge": ["base", "core", "collections", "crypto", "tlog", "journal", "publish", "engine", "vault", "api"],
}

# Folders inside of a layer that only the named places may include.
ENCLOSED = {
    "journal/rocks": ["src/journal/rocks", "services"],
    "audit/exports": ["src/audit/exports", "src/audit/evidence", "services"],
    "audit/evidence": ["src/audit/evidence", "services"],
}

# Start of a foreign header -> the folders that may include it.
FOREIGN = {
    "rocksdb/": ["src/journal/rocks"],
    "openssl/": ["src/crypto"],
    "grpc/": ["src/api", "services"],
    "grpcpp/": ["src/api", "services"],
    "grpc++/": [],
    "boost/": ["src/edge", "services"],
    "spdlog/": ["src/api", "src/edge", "services"],
    "fmt/": ["src/api", "src/edge", "services"],
    "toml++/": ["services"],
    "CLI/": ["services"],
    "curl/": ["src/audit", "src/edge"],
    "sqlite3.h": ["src/audit/exports"],
    "kainjow/": ["src/audit"],
    "gtest/": [],
    "gmock/": [],
}

# Folders that may not include these: they are a second opinion on them.
APART = {
    "services/escrow-sim/model": ["core", "engine", "journal", "tlog", "sim"],
    "services/escrow-verify": ["core", "collections", "engine", "journal", "publish", "api", "edge", "grpc", "grpcpp",
                               "rocksdb"],
}

# The generated services belong to gRPC, the generated messages to everybody from the core on.
GENERATED_SERVICE = re.compile(r"^escrow/v1/.*\.grpc\.pb\.h$")
GENERATED_SERVICE_IN = ["src/api", "services"]
GENERATED_MESSAGE = re.compile(r"^(escrow/v1|google/(api|rpc|protobuf))/.*\.h$")
GENERATED_MESSAGE_NOT_IN = ["src/base", "src/crypto", "src/tlog", "src/journal", "src/vault"]

# What a pure layer may not include: it has no clock, thread, randomness or I/O.
PURE = ["src/core", "src/collections"]
IMPURE = {
    "chrono", "condition_variable", "cstdio", "cstdlib", "ctime", "filesystem", "fstream", "future", "iostream", "mutex",
    "random", "shared_mutex", "thread", "time.h", "unistd.h", "unordered_map", "unordered_set",
}

# Files that are a program's own and may not grow; lines are counted in characters.
LINE_LENGTH_MAX = 120
FILE_LINES_MAX = 800

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def inside(path, folders):
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def check_include(path, quote, header):
    """Yields what is wrong with one include. `path` is relative to the root, with slashes."""
    parts = path.split("/")
    for start, folders in FOREIGN.items():
        if header.startswith(start) and not inside(path, folders):
            yield f"{header} may only be included in {', '.join(folders) or 'tests'}"
    if GENERATED_SERVICE.match(header):
        if not inside(path, GENERATED_SERVICE_IN):
            yield f"{header} may only be included in {', '.join(GENERATED_SERVICE_IN)}"
    elif GENERATED_MESSAGE.match(header) and inside(path, GENERATED_MESSAGE_NOT_IN):
        yield f"{header}: generated messages start at the core"
    if inside(path, PURE) and header in IMPURE:
        yield f"<{header}> brings clock, threads, randomness, I/O or unordered iteration into a pure layer"
    for folder, others in APART.items():
        if inside(path, [folder]) and header.split("/")[0] in others:
            yield f"{folder} may not include {header}: it is a second opinion"
    if quote != '"':
        return
    for folder, places in ENCLOSED.items():
        if header.startswith(folder + "/") and not inside(path, places):
            yield f"{header} may only be included in {', '.join(places)}"
    target = header.split("/")[0]
    if parts[0] == "src" and target in LAYERS and parts[1] in LAYERS:
        if target != parts[1] and target not in LAYERS[parts[1]]:
            yield f"{parts[1]} may not include {header}: layers only call downward"


def check_file(root, file):
    """Yields (line, what is wrong)."""
    path = file.relative_to(root).as_posix()
    lines = file.read_text(encoding="utf-8").splitlines()
    if file.suffix == ".h" and "#pragma once" not in lines:
        yield 1, "header without #pragma once"
    if len(lines) > FILE_LINES_MAX:
        yield len(lines), f"{len(lines)} lines, more than {FILE_LINES_MAX}"
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_LENGTH_MAX:
            yield number, f"{len(line)} columns, more than {LINE_LENGTH_MAX}"
        match = INCLUDE.match(line)
        if match and not path.startswith("tests/"):
            for wrong in check_include(path, match.group(1), match.group(2)):
                yield number, wrong


def check_tree(root):
    """Returns the list of what is wrong in the tree, and how many files were checked."""
    wrong, count = [], 0
    for folder in sorted((root / "src").glob("*/")):
        if folder.is_dir() and folder.name not in LAYERS:
            wrong.append(f"src/{folder.name}: not a layer; see LAYERS in layering.py")
    for top in ("src", "services", "include", "tests"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix in (".h", ".cc"):
                count += 1
                path = file.relative_to(root).as_posix()
                wrong += [f"{path}:{line}: {what}" for line, what in check_file(root, file)]
    return wrong, count


# Bad files and a word of the complaint that each must cause; None: no complaint.
SELF_TEST = [
    ("src/base/a.h", '#pragma once\n#include "core/b.h"\n', "layers only call downward"),
    ("src/core/a.cc", '#include "engine/engine.h"\n', "layers only call downward"),
    ("src/crypto/a.cc", '#include "core/machine.h"\n', "layers only call downward"),
    ("src/core/a.cc", "#include <chrono>\n", "pure layer"),
    ("src/core/a.cc", "  #  include   <rocksdb/db.h>\n", "rocksdb/db.h"),
    ("src/engine/a.cc", '#include "rocksdb/db.h"\n', "rocksdb/db.h"),
    ("src/journal/a.cc", '#include "rocksdb/db.h"\n', "rocksdb/db.h"),
    ("src/engine/a.cc", '#include "journal/rocks/rocks_journal.h"\n', "journal/rocks"),
    ("src/tlog/a.cc", "#include <openssl/evp.h>\n", "openssl/evp.h"),
    ("src/engine/a.cc", "#include <grpcpp/grpcpp.h>\n", "grpcpp"),
    ("src/engine/a.cc", '#include "escrow/v1/event_service.grpc.pb.h"\n', "grpc.pb.h"),
    ("src/journal/a.cc", '#include "escrow/v1/event.pb.h"\n', "generated messages"),
    ("services/escrow-sim/model/a.cc", '#include "core/terms.h"\n', "second opinion"),
    ("src/audit/a.cc", '#include "core/terms.h"\n', "layers only call downward"),
    ("services/escrow-verify/a.cc", '#include "engine/replay.h"\n', "second opinion"),
    ("services/escrow-verify/a.cc", "#include <grpcpp/grpcpp.h>\n", "second opinion"),
    ("src/audit/a.cc", '#include "audit/exports/export.h"\n', "audit/exports"),
    ("src/audit/a.cc", '#include "sqlite3.h"\n', "sqlite3.h"),
    ("src/publish/a.cc", '#include "kainjow/mustache.hpp"\n', "kainjow/mustache.hpp"),
    ("src/misc/a.cc", "\n", "not a layer"),
    ("src/base/a.h", "int x;\n", "#pragma once"),
    ("src/base/a.cc", "//" + "x" * LINE_LENGTH_MAX + "\n", "columns"),
    ("src/base/a.cc", "\n" * (FILE_LINES_MAX + 1), "lines"),
    ("tests/unit/a.cc", "//" + "x" * LINE_LENGTH_MAX + "\n", "columns"),
    ("src/journal/rocks/a.cc", '#include "rocksdb/db.h"\n#include "journal/journal.h"\n', None),
    ("src/crypto/a.cc", "#include <openssl/evp.h>\n", None),
    ("src/api/a.cc", '#include <grpcpp/grpcpp.h>\n#include "engine/engine.h"\n', None),
    ("src/core/a.cc", '#include "base/time.h"\n#include "escrow/v1/event.pb.h"\n#include <vector>\n', None),
    ("services/escrow-verify/a.cc", '#include "audit/verify.h"\n#include "escrow/v1/event.pb.h"\n', None),
    ("services/escrowd/a.cc", '#include "journal/rocks/rocks_journal.h"\n#include "CLI/CLI.hpp"\n', None),
]


def self_test():
    failed = 0
    for path, text, complaint in SELF_TEST:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            file = root / path
            file.parent.mkdir(parents=True)
            file.write_text(text, encoding="utf-8")
            wrong, _ = check_tree(root)
        good = not wrong if complaint is None else any(complaint in line for line in wrong)
        if not good:
            failed += 1
            print(f"self-test: {path} with {text[:60]!r}: expected {complaint!r}, got {wrong}")
    print(f"layering self-test: {len(SELF_TEST) - failed} of {len(SELF_TEST)} cases pass")
    return failed == 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 0 if self_test() else 1
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    wrong, count = check_tree(pathlib.Path(sys.argv[1]).resolve())
    print("\n".join(wrong + [f"layering: {count} files checked, {len(wrong)} complaints"]))
    return 1 if wrong or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
