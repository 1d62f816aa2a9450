#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of mpprobe when memory runs out, or a signal comes, at any
instant. Prints TAP.

  memory   the n-th allocation fails, alone or with all later ones: the run ends
           as without, or with 71, one line on stderr, and on stdout nothing
           that is not whole.
  signals  at random instants: the run ends as it should have, with 130 and a
           report, or by the signal, before it began. No half file is left, no
           process, and no connection on the server.

usage: lab/faults/faults.py [--runs N | --all] [--seed N] [memory] [signals]
N runs of each command (40; half as many live without memory, and of `watch` and
`survey`, which take seconds), or one for each allocation and 200 signals."""
import argparse
import atexit
import ctypes
import glob
import ipaddress
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
LAB = os.path.join(TOP, "lab", "lab")
MPPROBE = os.path.join(TOP, "mpprobe")
PRELOAD = os.path.join(HERE, "no_memory.so")
HOST = "10.0.3.2"
PATIENCE = 60           # seconds, for one run
UNDETERMINED, NO_INPUT, SYSTEM_ERROR, INTERRUPTED = 3, 65, 71, 130
PR_SET_CHILD_SUBREAPER = 36

CAPTURE = "pcaps/v1/lab-6.18-t3-joincsum.pcap"
REPORT = "pcaps/zoo/changed.json"

# Kernels, and what answers in other ways (lab/servers/many), none of it late.
MANY = "288"
SPACE = ["10.128.0.0/30", "10.128.1.0/28"]
WATCH = ["watch", "-j", "--every", "1s", "--save", "{directory}", HOST]
SURVEY = ["survey", "-q", "-r", "5000", "--cooldown", "1", "-o", "{directory}",
          *SPACE]
RESUME = ["survey", "-q", "-r", "5000", "--resume", "{directory}"]

# What needs no lab says the same each time.
OFFLINE = [
    ["read", "-j", CAPTURE],
    ["read", "-v", CAPTURE],
    ["read", "-x", "-j", "pcaps/v0/compliant.pcap"],
    ["compare", CAPTURE, REPORT],
    ["compare", "-j", CAPTURE, REPORT],
    ["run", "--replay", "pcaps/v0/compliant.pcap", "compliant"],
    ["run", "-j", "--replay", "pcaps/v0/compliant.pcap", "compliant"],
]
LIVE = [
    ["-j", "-n", HOST],
    ["-v", HOST],
    ["run", "-j", "compliant", HOST],
    ["compare", "--live", "-j", "-c", "1", HOST],
    ["doctor", "-v"],
    ["doctor", "-j", HOST],
    WATCH,
    SURVEY,
    RESUME,
    ["survey", "--report", "{directory}"],
    ["survey", "--report", "{directory}", "--csv"],
    ["survey", "--report", "{directory}", "--csv", "--as-table", "lab/pictures/surveys/networks"],
]
# Each writes to files, which are whole, or not there.
SIGNALLED = [
    ["-n", "-j", "-o", "{report}", "-w", "{capture}", HOST],
    ["run", "-j", "-o", "{report}", "-w", "{capture}", "join", HOST],
    ["compare", "--live", "-j", "-c", "2", "-o", "{report}", "--save",
     "{directory}", HOST],
    ["read", "-j", "-o", "{report}", "-"],
    WATCH,
    SURVEY,
    RESUME,
]


# ---- running ---------------------------------------------------------------

class Done:
    """A run that is over."""

    def __init__(self, process, out, err):
        self.code = process.returncode
        self.out = out.decode(errors="replace")
        self.err = err.decode(errors="replace")

    def __str__(self):
        return (f"exit status {self.code}, stderr: {self.err!r}, "
                f"stdout: {self.out[-300:]!r}")


def start(arguments, **more):
    return subprocess.Popen([MPPROBE, *arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, cwd=TOP, **more)


def finish(process):
    return Done(process, *process.communicate(timeout=PATIENCE))


def finish_watch(process):
    """What it begins with is told, or why it does not; only the former goes
    on."""
    said = os.read(process.stderr.fileno(), 4096)
    if said.startswith(f"mpprobe: {HOST}".encode()):
        process.terminate()
    out, err = process.communicate(timeout=PATIENCE)
    return Done(process, out, said + err)


def adopt_orphans():
    """What a run leaves running becomes ours."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def leftovers():
    """Whether a process is still there half a minute later."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.002)
        except ChildProcessError:
            return False
    return True


def whole_lines(text, is_json):
    """Whether it could be a report that was cut between two things."""
    if not text:
        return True
    if not text.endswith("\n"):
        return False
    try:
        return not is_json or [json.loads(line)
                               for line in text.splitlines()] != []
    except ValueError:
        return False


# ---- memory ----------------------------------------------------------------

def run_without_memory(arguments, number, later, numbers):
    place = place_of(arguments)
    with open(numbers, "wb") as file:
        file.write(struct.pack("QQQ", 0, number, later))
    done = place.finish(start(
        place.fill(arguments), stdin=subprocess.DEVNULL,
        env=os.environ | {"LD_PRELOAD": PRELOAD, "NO_MEMORY": numbers}))
    done.number = number
    done.left = list(place.left(done))
    place.remove()
    with open(numbers, "rb") as file:
        return done, struct.unpack("QQQ", file.read())[0]


def ended_well(done, right, is_json, live):
    """As if nothing had happened; or with one line that says it. The compiler of
    filters in libpcap (1.10.3) crashes without memory, before anything is sent. What
    only a run of `watch` had no memory for is no reason to end."""
    if done.left:
        return False
    if live and done.code == -signal.SIGSEGV and done.number < 250:
        return True
    if done.code == UNDETERMINED != right.code and done.err.startswith(
            f"mpprobe: {HOST}: "):
        return done.err.count("\n") == 1 and not done.out
    if done.code == SYSTEM_ERROR:   # the parser of libpcap says it itself
        told = right.err.splitlines()   # by `watch`, of a run before
        said = [line for line in done.err.splitlines() if line not in told]
        return (len(said) == 1 and whole_lines(done.out, is_json) and
                said[0].startswith(("mpprobe: ", "out of dynamic memory")))
    return done.code == right.code and done.err == right.err and \
        (live and whole_lines(done.out, is_json) or done.out == right.out)


def memory(arguments, runs, live):
    """What went wrong, and in how many runs."""
    is_json, wrong = "-j" in arguments, []
    with tempfile.NamedTemporaryFile() as numbers:
        right, count = run_without_memory(arguments, 0, 0, numbers.name)
        which = range(1, count + 1) if not runs else sorted(
            {1, count} | set(random.choices(range(1, count + 1), k=runs)))
        for number in which:
            for later in (0, 1):
                done, _ = run_without_memory(arguments, number, later,
                                             numbers.name)
                if not ended_well(done, right, is_json, live):
                    wrong.append(f"allocation {number} of {count}"
                                 f"{' and all later' if later else ''}: "
                                 f"{done} {'; '.join(done.left)}")
    if right.code > 3 or right.left or (right.err and arguments != WATCH):
        wrong.insert(0, f"with memory: {right} {'; '.join(right.left)}")
    return wrong, 2 * len(which)


# ---- what is written -------------------------------------------------------

class Place:
    """A directory for what a run writes."""
    finish = staticmethod(finish)
    seconds = None      # in which signals come; None: all of a run

    def __init__(self):
        self.path = tempfile.mkdtemp()
        os.chmod(self.path, 0o711)      # whoever called sudo may pass, too
        self.report = os.path.join(self.path, "report")
        self.capture = os.path.join(self.path, "capture")
        self.directory = os.path.join(self.path, "runs")

    def fill(self, arguments):
        return [a.format(report=self.report, capture=self.capture,
                         directory=self.directory) for a in arguments]

    def left(self, _):
        """What is wrong with what is there after a run."""
        return ()

    def complaints(self, done, number, reads):
        """What is wrong with a run that a signal met."""
        report = None
        if os.path.exists(self.report):
            with open(self.report, encoding="utf-8") as file:
                report = file.read()
        if glob.glob(os.path.join(self.path, ".*")):
            yield "leaves a file beside its report"
        if report is not None and (not report or
                                   not whole_lines(report, True)):
            yield "leaves half a report"
        for capture in [self.capture] + glob.glob(self.directory + "/*"):
            if os.path.exists(capture) and not is_whole(capture):
                yield f"leaves half a capture, {os.path.basename(capture)}"
        if number and done.code == -number:
            if report is not None:
                yield "was ended by the signal, but leaves a report"
        elif done.code == INTERRUPTED and not reads:
            if done.err:
                yield "complains"
        elif not 0 <= done.code <= 3:
            yield "ends with another code"
        elif report is None:
            yield "leaves no report"

    def remove(self):
        shutil.rmtree(self.path)


class WatchPlace(Place):
    """A run that was kept is a report and its capture."""
    finish = staticmethod(finish_watch)
    seconds = 4

    def left(self, _):
        for name in glob.glob(self.directory + "/*"):
            stem, kind = os.path.splitext(name)
            if kind == ".json":
                with open(name, encoding="utf-8") as file:
                    whole = whole_lines(file.read(), True)
            else:
                whole = kind == ".pcap" and is_whole(name) and \
                    os.path.exists(stem + ".json")
            if not whole:
                yield f"leaves half a run, {os.path.basename(name)}"

    def complaints(self, done, number, _):
        yield from self.left(done)
        if number and done.code == -number:
            if os.path.exists(self.directory):
                yield "was ended by the signal, but leaves a directory"
        elif done.code != INTERRUPTED and not 0 <= done.code <= 3:
            yield "ends with another code"
        if not whole_lines(done.out, True):
            yield "prints half a line"


class SurveyPlace(Place):
    """Whatever was asked is there when it has gone on."""

    def left(self, done):
        if not os.path.exists(self.directory):
            return
        if done.code:
            again = finish(start(self.fill(RESUME)))
            if again.code == NO_INPUT and self.nothing_asked():
                return
            if again.code or again.err:
                yield f"cannot go on: {again}"
        if self.found() != self.truth():
            yield f"has found {self.found()}"

    def nothing_asked(self):
        return not os.path.getsize(os.path.join(self.directory, "journal"))

    def complaints(self, done, number, _):
        yield from self.left(done)
        if number and done.code == -number:
            if os.path.exists(self.directory):
                yield "was ended by the signal, but leaves a directory"
        elif done.code == INTERRUPTED:
            if "--resume" not in done.err:
                yield "does not say how to go on"
        elif done.code or done.err:
            yield "ends with another code"

    def make_half(self):
        slow = ["8" if word == "5000" else word for word in SURVEY]
        process = start(self.fill(slow))
        journal = os.path.join(self.directory, "journal")
        while not os.path.exists(journal) or \
                b"\nP " not in open(journal, "rb").read():
            time.sleep(0.02)
        process.terminate()
        done = finish(process)
        if done.code != INTERRUPTED:
            raise RuntimeError(f"a survey to go on with: {done}")

    def found(self):
        """(address, class) of each line, in order."""
        with open(os.path.join(self.directory, "results.jsonl"),
                  encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        return sorted((line["target"]["address"], line["class"])
                      for line in lines)

    @staticmethod
    def truth():
        wanted = [ipaddress.ip_network(prefix) for prefix in SPACE]
        pairs = [line.split() for line in subprocess.run(
            [os.path.join(TOP, "lab/servers/many"), "-n", MANY, "-t"],
            check=True, capture_output=True, text=True).stdout.splitlines()]
        return sorted((address, what) for address, what in pairs
                      if any(ipaddress.ip_address(address) in one
                             for one in wanted))


class BegunSurveyPlace(SurveyPlace):
    """One that was ended when a part of it was asked."""
    half = None

    def __init__(self):
        super().__init__()
        if not BegunSurveyPlace.half:
            BegunSurveyPlace.half = SurveyPlace()
            self.half.make_half()
            atexit.register(self.half.remove)
        shutil.copytree(self.half.directory, self.directory)


class TablesPlace(BegunSurveyPlace):
    def left(self, _):
        return ()


def place_of(arguments):
    if arguments == WATCH:
        return WatchPlace()
    if arguments == SURVEY:
        return SurveyPlace()
    if arguments == RESUME:
        return BegunSurveyPlace()
    return TablesPlace() if arguments[0] == "survey" else Place()


def is_whole(capture):
    """Empty, or a header and records, of which none is cut."""
    with open(capture, "rb") as file:
        data = file.read()
    at = 24
    while at + 16 <= len(data):
        at += 16 + struct.unpack_from("<I", data, at + 8)[0]
    return at == len(data) or not data


# ---- signals ---------------------------------------------------------------

def feed_slowly(process, seconds):
    """A capture into its standard input, as tcpdump would."""
    with open(os.path.join(TOP, CAPTURE), "rb") as file:
        data = file.read()
    step = max(1, len(data) // 50)
    try:
        for at in range(0, len(data), step):
            process.stdin.write(data[at:at + step])
            process.stdin.flush()
            time.sleep(seconds / 50)
        process.stdin.close()
    except OSError:
        pass
    process.stdin = None


def run_with_signal(arguments, number, after):
    """number 0: none."""
    place, reads = place_of(arguments), arguments[0] == "read"
    process = start(place.fill(arguments), stdin=subprocess.PIPE if reads else
                    subprocess.DEVNULL)
    if number:
        pid = os.fork()
        if not pid:
            time.sleep(after)
            try:
                os.kill(process.pid, number)
            finally:
                os._exit(0)
        if reads:
            feed_slowly(process, 0.1)
        os.waitpid(pid, 0)
    elif reads:
        feed_slowly(process, 0.1)
    done = finish(process) if number else place.finish(process)
    wrong = ["leaves a process"] if leftovers() else []
    wrong += place.complaints(done, number, reads)
    place.remove()
    return done, wrong


def signals(arguments, runs):
    began = time.monotonic()
    done, wrong = run_with_signal(arguments, 0, 0)
    usual = place_of(arguments).seconds or time.monotonic() - began
    wrong = [f"without a signal: {what}: {done}" for what in wrong]
    kinds, ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP), {}
    for i in range(runs):
        number, after = kinds[i % 3], random.uniform(0, usual)
        done, what = run_with_signal(arguments, number, after)
        ends[done.code] = ends.get(done.code, 0) + 1
        wrong += [f"signal {number} after {after * 1000:.1f} ms: {one}: {done}"
                  for one in what]
    return wrong, runs, ends


# ---- all of it -------------------------------------------------------------

class Tap:
    def __init__(self):
        self.count, self.failed = 0, 0

    def result(self, name, wrong, more=""):
        self.count += 1
        self.failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {self.count} - {name}{more}")
        for line in wrong[:20]:
            print("# " + line.replace("\n", "\\n"))
        sys.stdout.flush()


def shared(arguments, runs):
    return runs // 2 if arguments in (WATCH, SURVEY, RESUME) else runs


def inside(options, tap):
    """On the client of a lab."""
    adopt_orphans()
    if "memory" in options.what:
        for arguments in LIVE:
            wrong, runs = memory(arguments,
                                 shared(arguments, options.runs // 2), True)
            tap.result(f"no memory: mpprobe {' '.join(arguments)}", wrong,
                       f": {runs} runs")
    if "signals" in options.what:
        for arguments in SIGNALLED:
            wrong, runs, ends = signals(arguments,
                                        shared(arguments, options.runs) or 200)
            tap.result(f"signals: mpprobe {' '.join(arguments)}", wrong,
                       f": {runs} runs, {ends}")


def server_is_idle(name):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        done = subprocess.run([LAB, "run", "--name", name, "--on", "server",
                               "ss", "-Htan", "state", "connected", "exclude",
                               "time-wait"], capture_output=True, check=True)
        if not done.stdout:
            return []
        time.sleep(0.1)
    return [done.stdout.decode()]


def in_lab(what, options, tap):
    name = f"faults-{os.getpid()}"
    subprocess.run([LAB, "up", "--name", name, "--hops", "2", "--many", MANY],
                   check=True)
    try:
        done = subprocess.run(
            [LAB, "run", "--name", name, sys.executable,
             os.path.abspath(__file__), "--inside", str(tap.count), "--runs",
             str(options.runs), "--seed", str(options.seed), what],
            stdout=subprocess.PIPE, text=True, check=False)
        print(done.stdout, end="")
        tap.count += sum(line.startswith(("ok ", "not ok "))
                         for line in done.stdout.splitlines())
        tap.failed += done.returncode != 0
        if what == "signals":
            tap.result("no connection is left on the server",
                       server_is_idle(name))
    finally:
        subprocess.run([LAB, "down", "--name", name], check=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--all", dest="runs", action="store_const", const=0)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    parser.add_argument("what", nargs="*", default=["memory", "signals"])
    options = parser.parse_args()
    random.seed(options.seed)
    os.chdir(TOP)
    tap = Tap()
    if options.inside is not None:
        tap.count = options.inside
        inside(options, tap)
        return tap.failed > 0
    print(f"# seed {options.seed}")
    if "memory" in options.what:
        for arguments in OFFLINE:
            wrong, runs = memory(arguments, options.runs, False)
            tap.result(f"no memory: mpprobe {' '.join(arguments)}", wrong,
                       f": {runs} runs")
    for what in options.what:
        in_lab(what, options, tap)
    print(f"1..{tap.count}")
    return tap.failed > 0


if __name__ == "__main__":
    sys.exit(main())
