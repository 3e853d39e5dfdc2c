#!/usr/bin/env python3
"""Shows that the tests of the scoring engine notice when it is wrong, and those of the service when a guard lets in.

Each text file beside this script names one mutation: a file of the crate `questionnaires` or `api`, a line in it
(compared without indentation, it must be there exactly once) and the line to put in its place. For each of the two
crates the script copies what its tests need, checks that they pass, applies each mutation alone, and expects them to
fail. A mutation that does not compile proves nothing and counts as an error. Exit status 0 only when every mutation is
noticed.

Usage: tests/mutants/run.py [NAME...]    only the mutations whose name contains one of the words, or whose
                                       mutated file begins with one: questionnaires, api
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
EXPECTED = 22
ENGINE = ["-p", "questionnaires"]
# By crate, the quickest tests first: most mutations are noticed there, and what comes later need not even be built.
STAGES = {
    "questionnaires": [
        [*ENGINE, "--lib", "--test", "golden"],
        [*ENGINE, "--test", "catalog_scores", "--test", "risk"],
        [*ENGINE, "--test", "properties"],
        ENGINE,
    ],
    "api": [["--workspace", "--test", "http", "--", "authorization::", "z_02", "z_13"]],
}
# Long enough for a slow machine; a mutation that makes the tests hang is noticed too. The first build of all takes
# longer than any test.
SECONDS_PER_STAGE = 300
SECONDS_PER_BUILD = 3600


def read_mutations(words):
    mutations = []
    for path in sorted(HERE.glob("*.txt")):
        fields = dict(line.split(": ", 1) for line in path.read_text().splitlines() if line)
        if sorted(fields) != ["file", "find", "name", "replace"]:
            sys.exit(f"{path.name}: name, file, find and replace are expected")
        if words and not any(word in path.name or fields["file"].startswith(word) for word in words):
            continue
        mutations.append(fields)
    if not words and len(mutations) != EXPECTED:
        sys.exit(f"{EXPECTED} mutations are expected, {len(mutations)} are here")
    return mutations


def copy_workspace(to, crate):
    """The engine alone in a workspace of its own, so that nothing else needs to be built; or all crates."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    manifest = (ROOT / "Cargo.toml").read_text()
    folders = [".cargo", "api", "docs", "entity", "migration", "questionnaires", "templates", "tests"]
    if crate == "questionnaires":
        manifest = re.sub(r"^members = .*$", 'members = ["questionnaires"]', manifest, flags=re.M)
        manifest = re.sub(r"^default-members = .*$", "", manifest, flags=re.M)
        folders = ["questionnaires"]
    (to / "Cargo.toml").write_text(manifest)
    for name in ["Cargo.lock", "clippy.toml"]:
        shutil.copy(ROOT / name, to / name)
    for name in folders:
        # With the time of now: a file of its old age would pass for what an earlier run has built from a mutation.
        leave = shutil.ignore_patterns("node_modules")
        shutil.copytree(ROOT / name, to / name, ignore=leave, copy_function=shutil.copy)


def cargo(workspace, target, arguments, seconds):
    environment = dict(os.environ)
    environment.update(
        CARGO_TARGET_DIR=str(target),
        CARGO_PROFILE_DEV_DEBUG="0",
        PROPTEST_CASES=environment.get("PROPTEST_CASES", "24"),
        RUST_BACKTRACE="0",
    )
    return subprocess.run(
        ["cargo", "test", "--quiet", *arguments],
        cwd=workspace,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
    )


def test(workspace, target, crate):
    """("green" | "red" | "broken", which test or what message)"""
    for stage in STAGES[crate]:
        built = cargo(workspace, target, ["--no-run", *stage], SECONDS_PER_BUILD)
        if built.returncode != 0:
            return "broken", built.stdout.strip()
        try:
            result = cargo(workspace, target, stage, SECONDS_PER_STAGE)
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


def run(crate, mutations, target):
    """How many of these mutations of a crate are noticed."""
    workspace = target / "workspace"
    copy_workspace(workspace, crate)
    started = time.monotonic()
    verdict, detail = test(workspace, target, crate)
    if verdict != "green":
        sys.exit(f"the tests of {crate} fail without any mutation ({verdict}):\n{detail}")
    print(f"{crate} without mutation: green ({time.monotonic() - started:.0f} s)", flush=True)
    noticed = 0
    for mutation in mutations:
        path = workspace / mutation["file"]
        original = path.read_text()
        mutate(path, mutation["find"], mutation["replace"])
        begun = time.monotonic()
        verdict, detail = test(workspace, target, crate)
        path.write_text(original)
        noticed += verdict == "red"
        took = time.monotonic() - begun
        print(f"{mutation['name']:<32} {verdict:<7} {took:4.0f} s  {detail}", flush=True)
    shutil.rmtree(workspace, ignore_errors=True)
    return noticed


def main():
    mutations = read_mutations(sys.argv[1:])
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "mutants"
    started = time.monotonic()
    noticed = 0
    for crate in STAGES:
        of_crate = [mutation for mutation in mutations if mutation["file"].startswith(f"{crate}/")]
        if of_crate:
            noticed += run(crate, of_crate, target)
    print(f"{noticed} of {len(mutations)} mutations noticed in {time.monotonic() - started:.0f} s")
    sys.exit(0 if noticed == len(mutations) else 1)


if __name__ == "__main__":
    main()
