# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the examples of the documentation as they stand there.

    examples_test.py FILE.md --build BUILD --cc CC [--c-flags=..] [--preload ..]

C blocks are compiled as C99 without a warning and run, Python blocks are run,
sh blocks are run line by line from the root of the checkout.
"""

import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

BLOCK = re.compile(r'^```(c|python|sh)\n(.*?)^```$', re.MULTILINE | re.DOTALL)
STRICT = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-pedantic']


def run(command, **arguments):
    print('+', ' '.join(map(str, command)), flush=True)
    subprocess.run(command, check=True, **arguments)


def run_c(text, root, arguments, folder):
    source, program = folder / 'example.c', folder / 'example'
    source.write_text(text)
    build = arguments.build
    run([arguments.cc, *STRICT, *arguments.c_flags.split(),
         f'-I{root}/runtime/include', source, '-o', program,
         f'-L{build}/lib', '-ltconv', f'-Wl,-rpath,{build}/lib'])
    run([program])


def run_python(text, root, arguments, folder):
    source = folder / 'example.py'
    source.write_text(text)
    environment = {**os.environ, 'PYTHONPATH': f'{arguments.build}/python'}
    if arguments.preload:
        # Python isn't instrumented, and leaves memory to the end on purpose.
        environment['LD_PRELOAD'] = arguments.preload
        environment['ASAN_OPTIONS'] = 'detect_leaks=0'
    run([sys.executable, source], env=environment)


def run_sh(text, root, arguments, folder):
    # Examples name the default build folder; this one may be another.
    for line in text.splitlines():
        words = [word.replace('build/', f'{arguments.build}/', 1)
                 if word.startswith('build/') else word
                 for word in shlex.split(line)]
        run(words, cwd=root)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('file', type=pathlib.Path)
    parser.add_argument('--build', type=pathlib.Path, required=True)
    parser.add_argument('--cc', required=True)
    parser.add_argument('--c-flags', default='', help='further ones, for C')
    parser.add_argument('--languages', default='c,python,sh',
                        help='those that there must be an example in')
    parser.add_argument('--preload', help='library to start Python with')
    arguments = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parents[2]
    blocks = BLOCK.findall(arguments.file.read_text())
    runners = {'c': run_c, 'python': run_python, 'sh': run_sh}
    missing = set(arguments.languages.split(',')) - {one for one, _ in blocks}
    if missing:
        sys.exit(f'{arguments.file}: no example in {", ".join(sorted(missing))}')
    for language, text in blocks:
        with tempfile.TemporaryDirectory() as folder:
            runners[language](text, root, arguments, pathlib.Path(folder))
    print(f'{len(blocks)} examples ran')


if __name__ == '__main__':
    main()
