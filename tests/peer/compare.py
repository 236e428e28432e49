"""Our benches against PyTorch's, in turn, on one machine; or against ours of before.

python tests/peer/compare.py steps|kernels [NAME ...] [--rounds 2] [--reps 5] [--threads 2] [--backward]
Needs PyTorch (steps.py, kernels.py beside this file) and target/release/host; is to be run from the
repository's root, with nothing else running. Prints medians and PyTorch's time divided by ours: above 1
we are faster; and so the peak memory of the processes, of steps. A kernel is compared with PyTorch's fastest variant.

python tests/peer/compare.py steps|kernels [NAME ...] --against FILE
Needs no PyTorch: FILE is a history that `host bench --history FILE` wrote. Prints its medians, ours now,
and the old time divided by the new.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
BUSY = 0.1  # share of one processor that others may use


def lines(command):
    """Runs a command that prints one JSON line each."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def busy():
    """Processors that are at work now, while we are not; None where the system does not tell."""
    def ticks():
        with open("/proc/stat") as f:
            user, nice, system, idle, iowait, *rest = map(int, f.readline().split()[1:])
        return user + nice + system + sum(rest[:3]), idle + iowait
    try:
        (work, rest), _, (work2, rest2) = ticks(), time.sleep(0.5), ticks()
    except OSError:
        return None
    return (work2 - work) / max(work2 - work + rest2 - rest, 1) * os.cpu_count()


def commands(o, name):
    """How both sides are told to measure one name."""
    common = ["--reps", str(o.reps), "--warmup", str(o.warmup), "--threads", str(o.threads)]
    common += ["--batch", str(o.batch)] if o.batch else []
    common += ["--backward"] if o.backward else []
    device = "gpu" if o.device == "cuda" else o.device
    return {
        "ours": [o.host, "bench", o.what, name, *common, "--device", device, "--json"],
        "peer": [o.python, str(HERE / f"{o.what}.py"), name, *common, "--device", o.device],
    }


def names(o):
    listed = subprocess.run([o.python, str(HERE / f"{o.what}.py"), "list"], stdout=subprocess.PIPE, text=True, check=True)
    return o.name or [line.split()[0] for line in listed.stdout.splitlines()]


def of_variant(variant, found):
    """PyTorch's variants that do the work of one of ours: slerp's `512` is their `acos_512` and `atan2_512`."""
    same = [line for line in found if variant and line["variant"].endswith(variant)]
    return same or found


def medians(found):
    """The median over rounds of each variant's median time."""
    times = {}
    for line in found:
        times.setdefault(line.get("variant", ""), []).append(line["median_s"])
    return {variant: statistics.median(t) for variant, t in times.items()}


def history(o):
    """The lines of a history, by name, of benches that were run as this one is."""
    found = {}
    with open(o.against) as f:
        for line in map(json.loads, f):
            is_kernel = "backward" in line
            alike = is_kernel == (o.what == "kernels") and line["threads"] == o.threads
            alike = alike and (line["device"] == "cpu") == (o.device == "cpu")
            alike = alike and line.get("backward", False) == o.backward
            if alike and (not o.batch or line["batch"] == o.batch) and (not o.name or line["name"] in o.name):
                found.setdefault(line["name"], []).append(line)
    return found


def peak(found):
    """The most memory that a process of one side had, where its lines say so."""
    return max((line["peak_bytes"] for line in found if "peak_bytes" in line), default=None)


def memory(ours, other):
    """How much more memory the other side had, for a row; nothing where one of them does not say."""
    ours, other = peak(ours), peak(other)
    return f"{other / ours:7.2f}" if ours and other else " " * 7


def compare_with_history(o):
    """Runs our side, and gives a row for each variant in the history."""
    cpus = set()
    for name, before in history(o).items():
        now, others = [], 0.0
        for _ in range(o.rounds):
            others = max(others, busy() or 0.0)
            now += lines(commands(o, name)["ours"])
        cpus |= {line["cpu"] for line in before}
        times = medians(before)
        for variant, ours in medians(now).items():
            if variant in times:
                row = f"{name} {variant}".strip()
                yield row, ours, times[variant], memory(now, before), before[-1]["date"][:10], others
    if len(cpus) > 1:
        print(f"  ! the history is of several processors: {', '.join(sorted(cpus))}")


def compare(o, name):
    """Runs both sides in turn, and gives a row for each of our variants."""
    found, others = {"ours": [], "peer": []}, 0.0
    for _ in range(o.rounds):
        for side, command in commands(o, name).items():
            others = max(others, busy() or 0.0)
            found[side] += lines(command)
    if o.json:
        with open(o.json, "a") as f:
            f.writelines(json.dumps({"side": side, **line}) + "\n" for side in found for line in found[side])
    for variant, ours in medians(found["ours"]).items():
        peers = medians(of_variant(variant, found["peer"]))
        fastest = min(peers, key=peers.get)
        used = memory(found["ours"], found["peer"])
        yield f"{name} {variant}".strip(), ours, peers[fastest], used, fastest, others


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", choices=["steps", "kernels"])
    p.add_argument("name", nargs="*", help="all where none is named")
    p.add_argument("--rounds", type=int, default=2, help="turns of both sides")
    p.add_argument("--reps", type=int, default=5)
    p.add_argument("--warmup", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--batch", type=int)
    p.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    p.add_argument("--backward", action="store_true", help="kernels: forward and backward")
    p.add_argument("--host", default="target/release/host")
    p.add_argument("--python", default=sys.executable, help="a Python that has PyTorch")
    p.add_argument("--against", metavar="FILE", help="a history that host bench --history wrote, instead of PyTorch")
    p.add_argument("--json", help="append every line of both sides to this file")
    o = p.parse_args()
    if o.backward and o.what == "steps":
        p.error("--backward is for kernels: a step goes backward anyway")
    peer = "before" if o.against else "PyTorch"
    print(f"{'name':24s} {'ours ms':>10s} {peer + ' ms':>10s} {'ratio':>7s} {'memory':>7s}  {'of' if o.against else 'fastest variant'}")
    ratios = []
    rows = compare_with_history(o) if o.against else (row for name in names(o) for row in compare(o, name))
    for row, ours, other, used, of, others in rows:
        ratios.append(other / ours)
        note = f"  ! others used {others:.1f} processors" if others > BUSY else ""
        print(f"{row:24s} {ours * 1e3:10.2f} {other * 1e3:10.2f} {other / ours:7.2f} {used}  {of}{note}", flush=True)
    if not ratios:
        p.error(f"{o.against} has no line of such a bench")
    mean = math.exp(statistics.fmean(map(math.log, ratios)))
    print(f"{'geometric mean':24s} {'':10s} {'':10s} {mean:7.2f}")


if __name__ == "__main__":
    main()
