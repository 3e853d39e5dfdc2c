#!/usr/bin/env python3
"""Shows that the tests of the scoring engine notice when it is wrong.

Each text file beside this script names one mutation: a file of the crate `questionnaires`, a line in it (compared
without indentation, it must be there exactly once) and the line to put in its place. The script copies the crate,
checks that its tests pass, applies each mutation alone, and expects the tests to fail. A mutation that does not
compile proves nothing and counts as an error. Exit status 0 only when every mutation is noticed.

Usage: tests/mutants/run.py [NAME...]    only the mutations whose file name contains one of the words
The build goes to $CARGO_TARGET_DIR/mutants, or target/mutants, and is kept, so that a second run is faster.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EXPECTED = 15
# The quickest tests first: most mutations are noticed there, and what comes later need not even be built.
STAGES = [
    ["--lib", "--test", "golden"],
    ["--test", "catalog_scores", "--test", "risk"],
    ["--test", "properties"],
    [],
]
# Long enough for a slow machine; a mutation that makes the tests hang is noticed too.
SECONDS_PER_STAGE = 300


def read_mutations(words):
    mutations = []
    for path in sorted(HERE.glob("*.txt")):
        if words and not any(word in path.name for word in words):
            continue
        fields = dict(line.split(": ", 1) for line in path.read_text().splitlines() if line)
        if sorted(fields) != ["file", "find", "name", "replace"]:
            sys.exit(f"{path.name}: name, file, find and replace are expected")
        mutations.append(fields)
    if not words and len(mutations) != EXPECTED:
        sys.exit(f"{EXPECTED} mutations are expected, {len(mutations)} are here")
    return mutations


def copy_workspace(to):
    """The crate alone in a workspace of its own: nothing else needs to be built."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    manifest = (ROOT / "Cargo.toml").read_text()
    manifest = re.sub(r"^members = .*$", 'members = ["questionnaires"]', manifest, flags=re.M)
    manifest = re.sub(r"^default-members = .*$", "", manifest, flags=re.M)
    (to / "Cargo.toml").write_text(manifest)
    for name in ["Cargo.lock", "clippy.toml"]:
        shutil.copy(ROOT / name, to / name)
    shutil.copytree(ROOT / "questionnaires", to / "questionnaires")


def cargo(workspace, target, arguments):
    environment = dict(os.environ)
    environment.update(
        CARGO_TARGET_DIR=str(target),
        CARGO_PROFILE_DEV_DEBUG="0",
        PROPTEST_CASES=environment.get("PROPTEST_CASES", "24"),
        RUST_BACKTRACE="0",
    )
    return subprocess.run(
        ["cargo", "test", "--quiet", "-p", "questionnaires", *arguments],
        cwd=workspace,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS_PER_STAGE,
    )


def test(workspace, target):
    """("green" | "red" | "broken", which test or what message)"""
    for stage in STAGES:
        try:
            built = cargo(workspace, target, [*stage, "--no-run"])
            if built.returncode != 0:
                return "broken", built.stdout.strip()
            result = cargo(workspace, target, stage)
        except subprocess.TimeoutExpired:
            return "red", "(took too long)"
        if result.returncode != 0:
            failed = re.findall(r"^---- (\S+) stdout ----$", result.stdout, flags=re.M)
            return "red", failed[0] if failed else result.stdout.strip()[-200:]
    return "green", ""


def mutate(path, find, replace):
    lines = path.read_text().split("\n")
    places = [number for number, line in enumerate(lines) if line.strip() == find]
    if len(places) != 1:
        sys.exit(f"{path}: this line must be there exactly once, it is there {len(places)} times:\n  {find}")
    line = lines[places[0]]
    lines[places[0]] = line[: len(line) - len(line.lstrip())] + replace
    path.write_text("\n".join(lines))


def main():
    mutations = read_mutations(sys.argv[1:])
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "mutants"
    workspace = target / "workspace"
    copy_workspace(workspace)
    started = time.monotonic()
    verdict, detail = test(workspace, target)
    if verdict != "green":
        sys.exit(f"the tests fail without any mutation ({verdict}):\n{detail}")
    print(f"without mutation: green ({time.monotonic() - started:.0f} s)", flush=True)
    noticed = 0
    for mutation in mutations:
        path = workspace / "questionnaires" / mutation["file"]
        original = path.read_text()
        mutate(path, mutation["find"], mutation["replace"])
        begun = time.monotonic()
        verdict, detail = test(workspace, target)
        path.write_text(original)
        noticed += verdict == "red"
        took = time.monotonic() - begun
        print(f"{mutation['name']:<32} {verdict:<7} {took:4.0f} s  {detail}", flush=True)
    shutil.rmtree(workspace, ignore_errors=True)
    print(f"{noticed} of {len(mutations)} mutations noticed in {time.monotonic() - started:.0f} s")
    sys.exit(0 if noticed == len(mutations) else 1)


if __name__ == "__main__":
    main()
