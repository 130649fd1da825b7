# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Feeds tconv-opt with mutated IR.

The seeds are the inputs of the lit tests, these on their way through the
pipelines, and the schedules with a layer to apply them to. A process gets many
inputs at once; one that crashes, takes more than 10 s of processor time or
more than 4 GB is narrowed down to the input to blame, which is made smaller,
kept and printed. The same --seed and --inputs give the same inputs.

In Python, because what takes the time is tconv-opt, and child processes with
limits are what Python does well.
"""

import argparse
import os
import pathlib
import random
import re
import resource
import subprocess
import sys
import time

from mutate import mutate

SPLIT = "\n// -----\n"
BATCH = 150
CPU_SECONDS = 10
MEMORY = 4 << 30

CPU = "--tconv-cpu-phases"
SCHEDULE = "--tconv-cpu-schedule=feature=cpu/avx2 kind="
PIPELINES = [
    ("--tconv-cpu=feature=cpu/avx2 lanes=8",),
    ("--tconv-cpu=feature=cpu/portable kind=rows lanes=4",),
    (CPU,),
    (CPU, SCHEDULE + "positions"),
    (CPU, SCHEDULE + "rows", "--tconv-cpu-expand=lanes=8"),
    (CPU, SCHEDULE + "filter", "--tconv-cpu-expand=lanes=8"),
    ("--transform-interpreter", "--canonicalize", "--cse"),
    ("--transform-interpreter", "--tconv-outline-packing"),
    ("--tconv-outline-packing", "--tconv-cpu-expand=lanes=8"),
    ("--tconv-cpu-expand=lanes=16", "--tconv-cpu-lower"),
    ("--resolve-ranked-shaped-type-result-dims", "--canonicalize"),
    ("--tconv-decompose-phases", "--canonicalize"),
    ("--tconv-bufferize-layer",),
    ("--tconv-expand-pack-weights",),
    ("--tconv-expand-pack-input",),
    ("--tconv-expand-transform-input=lanes=4", "--canonicalize"),
    ("--tconv-expand-contract=lanes=4", "--canonicalize"),
    ("--tconv-expand-contract-plain=lanes=4", "--tconv-expand-combine=lanes=4"),
    ("--tconv-expand-epilogue=lanes=4", "--canonicalize"),
    ("--tconv-expand-filter=lanes=4", "--canonicalize"),
    ("--tconv-assign-workspace",),
    ("--tconv-emit-kernel",),
    (),
]

# Crashes that are not this project's: (functions from the innermost one on,
# why). Besides these, whatever mlir-opt crashes on, too, when it only reads the
# input.
UPSTREAM = [
    (
        r"^(mlir::getConstantAPIntValue \| )?mlir::isZeroInteger \| "
        r"mlir::scf::tileUsingSCF \| mlir::transform::TileUsingForOp::apply",
        "tile_using_for crashes on an interchange longer than its loops, of any"
        " operation; tconv-apply-schedule looks at that first",
    ),
    (
        r"^mlir::FloatType::getWidth \| mlir::Type::getIntOrFloatBitWidth"
        r" \| mlir::detail::Parser::parseDenseArrayAttr",
        "MLIR's parser crashes on array<index: ...>, in any operation",
    ),
    (
        r"^(.*getEffects \| (mlir::transform::\w*(::getEffects)? \| )*)?"
        r"mlir::transform::getConsumedBlockArguments \| "
        r"mlir::transform::NamedSequenceOp::verify",
        "a named sequence asks the operations in it for their effects before"
        " they are verified",
    ),
    (
        r"^llvm::(SmallVectorBase<unsigned int>::grow_pod|report_bad_alloc_error)"
        r" \| [^|]*vector::BroadcastOp",
        "vector.broadcast to a vector of 2^63 lanes and the like, to LLVM",
    ),
    (
        r"^mlir::transform::TransformState::applyTransform \| "
        r"mlir::transform::NamedSequenceOp::apply",
        "a named sequence with an operation that is no transform;"
        " tconv-apply-schedule looks at that first",
    ),
    (
        r"^mlir::(printDynamicIndexList|detail::DenseArrayAttrImpl<long>::[^|]*)"
        r" \| mlir::transform::TileUsingForOp::print",
        "tile_using_for with numbers that don't fit its operands is printed",
    ),
]


class Opt:
    """tconv-opt or mlir-opt, in processes with limits."""

    def __init__(self, program):
        self.program = program

    @staticmethod
    def limit():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    def run(self, passes, text, seconds=CPU_SECONDS):
        """(what is wrong or None, standard output, standard error)."""

        def limit():
            self.limit()
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))

        command = [
            self.program,
            "--mlir-disable-threading",
            "--split-input-file",
            *passes,
        ]
        try:
            done = subprocess.run(
                command,
                input=text.encode(),
                capture_output=True,
                preexec_fn=limit,
                timeout=30 * seconds,
            )
        except subprocess.TimeoutExpired:
            return "hang: sleeps", "", ""
        errors = done.stderr.decode(errors="replace")
        wrong = None
        if done.returncode == -24 or done.returncode == -9:
            wrong = f"hang: more than {seconds} s"
        elif done.returncode not in (0, 1):
            wrong = f"crash: status {done.returncode}"
        elif "ERROR: AddressSanitizer" in errors or "runtime error:" in errors:
            wrong = "sanitizer report"
        return wrong, done.stdout.decode(errors="replace"), errors


def chunks(text):
    """The inputs of a lit file, without what only its test looks at."""
    for chunk in re.split(r"^// -----.*$", text, flags=re.M):
        rows = [row for row in chunk.split("\n") if not re.match(r"\s*//", row)]
        chunk = "\n".join(rows).strip()
        if chunk:
            yield chunk


def collect(opt, root):
    """Seeds, as (text, passes that its own test runs)."""
    seeds = []
    for file in sorted((root / "test/lit").rglob("*.mlir")):
        text = file.read_text()
        own = re.search(r"RUN: (?:not )?tconv-opt %s (--t[^|>]*)", text)
        passes = re.findall(r'--[\w-]+(?:=(?:"[^"]*"|\S+))?', own[1]) if own else []
        passes = tuple(
            word.replace('"', "")
            for word in passes
            if word.startswith(("--tconv-", "--transform-", "--canon", "--cse"))
            and "%" not in word
        )
        seeds += [(chunk, passes) for chunk in chunks(text)]
    layers = list(chunks((root / "test/lit/schedules/layers.mlir").read_text()))
    layers += list(chunks((root / "test/lit/transforms/pipelines.mlir").read_text()))
    for layer in layers:
        phases = opt.run((CPU,), layer)[1]
        for kind in ("positions", "rows", "filter"):
            tiled = opt.run((SCHEDULE + kind,), phases)[1]
            loops = opt.run(("--tconv-cpu-expand=lanes=8",), tiled)[1]
            seeds.append((tiled, ("--tconv-cpu-expand=lanes=8", "--tconv-cpu-lower")))
            seeds.append((loops, ("--tconv-cpu-lower",)))
        seeds.append((phases, (SCHEDULE + "rows", "--tconv-cpu-expand=lanes=8")))
        for file in sorted((root / "schedules").rglob("*.mlir")):
            schedule = "\n".join(chunks(file.read_text()))
            schedule = schedule.replace("@schedule", "@__transform_main")
            one = re.sub(r"^module \{\n|\n\}\s*$", "", phases)
            # The layers of a file are functions; a schedule takes one.
            for function in re.split(r"(?m)^  (?=func\.func)", one)[1:]:
                heads = "\n".join(re.findall(r"(?m)^#.*$", phases))
                text = re.sub(r"(?m)^#.*$", "", function)
                seeds.append((f"{heads}\n{text}\n{schedule}", PIPELINES[5]))
    return seeds + printed(opt, seeds)


def printed(opt, seeds):
    """The seeds that are valid, as MLIR prints them: many tests' inputs are
    refused by themselves, and what is changed in them never gets far. Also in
    the generic form, which has no parser of an operation's own in the way."""
    result = []
    for passes in sorted({own for _, own in seeds}):
        texts = SPLIT.join(text for text, own in seeds if own == passes)
        for form in ((), ("--mlir-print-op-generic",)):
            valid = opt.run(form, texts)[1]
            result += [(chunk, passes) for chunk in chunks(valid)] * 2
    return result


def stack(errors):
    """The functions that it crashed in, the innermost first."""
    names = re.findall(r"^ *#\d+ 0x\w+ (.*)$", errors, flags=re.M)
    names = [name.replace("(anonymous namespace)::", "") for name in names]
    names = [re.sub(r"[( ]*\(.*| \./.*", "", name).strip() for name in names]
    skip = re.compile(
        r"^$|llvm::sys|SignalHandler|^__pthread_kill|^raise$|^abort$|report_fatal_error"
    )
    return [name for name in names if not skip.search(name)]


def signature(errors):
    """Few words for where it crashed."""
    names = stack(errors)
    if not names:
        names = re.findall(r"(?:LLVM ERROR|runtime error|ERROR): .*", errors)[:1]
    return " | ".join(names[:5])


def is_own(errors):
    """Whether code of this project, not only MLIR's, was at work. Of damaged
    memory there may be no stack; that counts."""
    frames = re.findall(r"^ *#\d+ 0x.*$", errors, flags=re.M)
    return not frames or any(re.search(r"tconv::|\.cpp:\d", f) for f in frames)


def excused(mlir_opt, text, errors, own):
    where = " | ".join(stack(errors))
    for functions, why in UPSTREAM:
        if re.search(functions, where):
            return why
    if own and not is_own(errors):
        return f"no code of this project's on the stack: {where[:200]}"
    # Damaged memory crashes only sometimes.
    if any(mlir_opt.run((), text)[0] for _ in range(5)):
        return "mlir-opt's parser and verifiers crash, too"
    return None


def culprits(opt, passes, inputs):
    """Those of the inputs that fail by themselves."""
    wrong, _, errors = opt.run(passes, SPLIT.join(inputs), 2 * CPU_SECONDS)
    if not wrong:
        return []
    if len(inputs) == 1:
        wrong, _, errors = opt.run(passes, inputs[0])
        return [(inputs[0], wrong, errors)] if wrong else []
    half = len(inputs) // 2
    return culprits(opt, passes, inputs[:half]) + culprits(opt, passes, inputs[half:])


def reduce(opt, passes, text, wrong, errors, seconds=60):
    """The text without the lines that the failure doesn't need."""
    wanted, until = signature(errors), time.monotonic() + seconds
    rows, size = text.split("\n"), 8
    while size:
        at = 0
        while at < len(rows) and time.monotonic() < until:
            fewer = rows[:at] + rows[at + size :]
            got, _, why = opt.run(passes, "\n".join(fewer))
            if got == wrong and signature(why) == wanted:
                rows = fewer
            else:
                at += size
        size //= 2
    return "\n".join(rows)


class Findings:
    def __init__(self, folder, mlir_opt, own):
        self.folder, self.mlir_opt, self.own = folder, mlir_opt, own
        self.seen, self.excused = {}, {}

    def add(self, opt, passes, seed, text, wrong, errors):
        crash = wrong.startswith("crash")
        why = crash and excused(self.mlir_opt, text, errors, self.own)
        if why:
            self.excused[why] = self.excused.get(why, 0) + 1
            return
        key = (wrong, signature(errors))
        self.seen[key] = self.seen.get(key, 0) + 1
        if self.seen[key] > 1:
            return
        text = reduce(opt, passes, text, wrong, errors)
        words = " ".join(f"'{word}'" for word in passes)
        head = f"// {wrong}; seed {seed}; tconv-opt {words}\n// {key[1]}\n"
        print(f"{head}{text}\n", flush=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{seed}-{len(self.seen)}.mlir").write_text(head + text + "\n")


def fuzz(opt, seeds, options):
    findings = Findings(options.keep, Opt(options.mlir_opt), options.own)
    until = time.monotonic() + options.seconds if options.seconds else None
    batch, count = 0, 0
    while time.monotonic() < until if until else count < options.inputs:
        seed = options.seed + batch
        batch += 1
        draw = random.Random(seed)
        # Half of the time what the seeds' own tests run, on their own seeds.
        if draw.random() < 0.5:
            passes = draw.choice(sorted({own for _, own in seeds}))
            pool = [text for text, own in seeds if own == passes]
        else:
            passes = draw.choice(PIPELINES)
            pool = [text for text, _ in seeds]
        inputs = [
            mutate(draw, draw.choice(pool), draw.choice(seeds)[0]) for _ in range(BATCH)
        ]
        count += len(inputs)
        for text, wrong, errors in culprits(opt, passes, inputs):
            findings.add(opt, passes, seed, text, wrong, errors)
    return findings, count


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tconv-opt", required=True, type=pathlib.Path)
    parser.add_argument("--mlir-opt", required=True, type=pathlib.Path)
    parser.add_argument("--root", required=True, type=pathlib.Path, help="source tree")
    parser.add_argument("--keep", required=True, type=pathlib.Path, help="folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inputs", type=int, default=10000)
    parser.add_argument("--own", action="store_true", help="MLIR's crashes pass")
    parser.add_argument("--seconds", type=int, help="instead of a number of inputs")
    options = parser.parse_args()
    os.environ["LLVM_SYMBOLIZER_PATH"] = str(options.mlir_opt.parent / "llvm-symbolizer")
    opt = Opt(options.tconv_opt)
    seeds = collect(opt, options.root)
    findings, count = fuzz(opt, seeds, options)
    for why, times in findings.excused.items():
        print(f"{times} times upstream's: {why}")
    for (wrong, where), times in findings.seen.items():
        print(f"{times} times {wrong}: {where}")
    print(f"{count} inputs from {len(seeds)} seeds, {len(findings.seen)} failures")
    sys.exit(1 if findings.seen else 0)


if __name__ == "__main__":
    main()
