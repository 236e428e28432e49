#!/usr/bin/env python3
"""A table over a folder of ONNX files: what `host` makes of each, beside ONNX Runtime and PyTorch.

    python tests/zoo/table.py [FOLDER] [--host host] [--out FOLDER] [--only WORD] [--seconds 120]

For each file, in a process of its own with a limit of time and memory: does `host onnx info` read it; what
does `host onnx check` say; does `host onnx run` give what ONNX Runtime gives in Python; does `nn::from_onnx`;
are the gradients PyTorch's (where FILE.npz, of export.py, has them); do losses fall in five steps of Adam;
does the file that `save_onnx` writes give what the module gives; is trained what FILE.json calls a parameter.
Leaves OUT/results/FILE.json (made anew only if it is removed), OUT/table.md and OUT/table.json; the same
numbers every time. Needs numpy and onnxruntime.
"""

import argparse
import functools
import itertools
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime as ort

COLUMNS = ["info", "check", "run", "forward", "gradient", "adam", "written", "trained"]
ort.set_default_logger_severity(4)
CLOSE = 1e-4  # of the largest value: further apart is "no"
PRINTED = 1_000_000  # elements of an output that are compared
TYPES = {f"tensor({name})": kind for name, kind in dict(float="f4", double="f8", float16="f2", int64="i8",
         int32="i4", uint8="u1", int8="i1", bool="?").items()}
SIZES = [64, 48, 96, 32, 224, 576, 512, 8, 16, 1]  # tried for axes that are free

SCRIPT = """let cfg = params(#{ net: path(""), %(settings)s });
let say = |word, map| {
    for name in map.keys() {
        let t = map[name];
        let flat = t.cast("f64").flatten();
        if flat.shape[0] > %(printed)d { flat = flat.take(%(printed)d); }
        print("ZOO " + #{ word: word, name: name, shape: t.shape, values: flat.to_array() }.to_json());
    }
};
let stage = |name| print("ZOO " + #{ stage: name }.to_json());
stage.call("forward");
let net = nn::from_onnx(cfg.net);
let x = #{ %(inputs)s };
net.training(false);
let of_file = net.forward(x);
say.call("forward", of_file);
%(gradient)s
stage.call("adam");
for rate in [0.001, 0.000001] { // the second where the first is too large a step
    net = nn::from_onnx(cfg.net);
    let adam = optim::adam(net, #{ lr: rate });
    let seen = [];
    for i in 0..6 {
        let loss = losses::mse(net.forward(x)[%(first)s].cast("f32"), data::array(cfg.target));
        seen.push(loss.item());
        if i < 5 { adam.step(loss.backward()); }
    }
    print("ZOO " + #{ losses: seen }.to_json());
    if seen[5] < seen[0] { break; }
}
stage.call("written");
net.training(false);
say.call("trained", net.forward(x));
net.save_onnx("net");
stage.call("end");
"""

GRADIENT = """stage.call("gradient");
net.training(%(training)s);
let loss = losses::mse(net.forward(x)[%(first)s], data::array(cfg.target));
let gradients = loss.backward();
let leaves = net.parameters();
for name in leaves.keys() {
    let found = #{};
    try { found[name] = gradients.of(leaves[name]); } catch (error) { } // none reaches it
    say.call("gradient", found);
}
"""


def array(port, size, batch, words, rng):
    """Random numbers for an input: its free axes are `size`, where they seem to be no batch."""
    kind, rank, shape = np.dtype(TYPES[port.type]), len(port.shape), []
    for i, n in enumerate(port.shape):
        is_batch = i < rank - 1 and (i == 0 or "batch" in str(n) or n is None and rank < 4)
        shape.append(n if isinstance(n, int) and n > 0 else batch if is_batch else size)
    if "mask" in port.name:
        return np.ones(shape, kind)
    if port.name == "sr":  # of Silero's files: the sampling rate
        return np.full(shape, 16000, kind)
    if kind.kind == "f":
        return np.asarray(rng.standard_normal(shape)).astype(kind)
    return np.asarray(rng.integers(0, 2 if kind.kind == "b" else words, shape)).astype(kind)


def questions(path, beside):
    """Inputs on which a file runs, its outputs by name, and how far apart ONNX Runtime is with itself."""
    reference = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names, ports = [port.name for port in reference.get_outputs()], reference.get_inputs()
    kept = {n[3:]: beside[n] for n in beside if n.startswith("in:")}
    text = any("int" in port.type and len(port.shape) > 1 for port in ports)
    for size, batch, words in itertools.product([8] * text + SIZES, [2, 1], [10, 2]):
        rng = np.random.default_rng(0)
        inputs = {p.name: kept[p.name].astype(TYPES[p.type]) if p.name in kept
                  else array(p, size, batch, words, rng) for p in ports}
        try:
            outputs = dict(zip(names, reference.run(names, inputs)))
        except Exception as error:
            last = error
            continue
        if all(np.size(o) for o in outputs.values()):
            plain = ort.SessionOptions()
            plain.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
            plain = ort.InferenceSession(str(path), plain, providers=["CPUExecutionProvider"])
            noise = {n: apart(o, outputs[n]) or 0 for n, o in zip(names, plain.run(names, inputs))}
            return inputs, outputs, noise
    raise RuntimeError(f"no inputs found on which it runs: {last}")


def apart(got, want, scale=None):
    """0 for equal numbers, else the largest difference in units of `scale` or the largest; None: unknown."""
    if not isinstance(want, np.ndarray) or want.dtype.kind not in "fiub":
        return None
    got, want = np.asarray(got, "f8").flatten(), want.astype("f8").flatten()[: np.size(got)]
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    scale = scale or np.abs(want[np.isfinite(want)]).max(initial=0) or 1.0
    return float(np.nan_to_num(np.abs(got - want)[~same].max(initial=0) / scale, nan=np.inf))


def verdict(distances, noise={}):
    """Whether the largest of some distances by name is small, or not much larger than the noise there."""
    known = {n: d for n, d in distances.items() if d is not None}
    if not known:
        return {}
    name = max(known, key=known.get)
    ok = known[name] <= max(CLOSE, 10 * noise.get(name, 0))
    return dict(ok=ok, worst=known[name], message=None if ok else f"`{name}` is {known[name]:.2g} apart")


def save(target, result):
    target.write_text(json.dumps(result, indent=1) + "\n")


def ask(program, *words):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, errors="replace")
    return done.returncode, done.stdout, done.stderr


def info_and_check(host, path, facts, result):
    code, out, err = host("onnx", "info", "--json", path)
    result |= dict(info=dict(ok=code == 0, message=err.strip() or None), about=json.loads(out or "null"))
    code, out, err = host("onnx", "check", "--json", path)
    if not out.strip():
        return result.update(check=dict(ok=False, message=err.strip()))
    said = json.loads(out)
    findings = "; ".join(f["message"] for f in said["findings"])
    result["check"] = dict(ok=said["trains"], runs=said["runs"], in_onnxruntime=said["runs_in_onnxruntime"],
                           message=findings or None)
    trained = {tensor["name"] for tensor in said["tensors"] if tensor["trained"]}
    if facts and said["trains"]:
        wrong = {"buffer trained": sorted(trained & set(facts["buffers"])),
                 "parameter not trained": sorted(set(facts["parameters"]) - trained),
                 "neither, trained": sorted(trained - set(facts["parameters"]) - set(facts["buffers"]))}
        message = "; ".join(f"{k}: {', '.join(v)}" for k, v in wrong.items() if v)
        result["trained"] = dict(ok=not message, lost=facts["lost"], message=message or None)


def run(host, path, inputs, outputs, scratch, result):
    words = [w for i, n in enumerate(inputs) for w in ["--input", f"{n}={scratch}/in{i}.npy"]]
    code, out, err = host("onnx", "run", path, "--json", "--output", scratch / "out", *words)
    if code:
        return result.update(run=dict(ok=False, message=err.strip()))
    files = {line["name"]: line["file"] for line in map(json.loads, out.splitlines()) if line.get("file")}
    result["run"] = verdict({n: apart(np.load(files[n]), outputs[n]) for n in files})


def module(host, path, asked, beside, facts, scratch, result):
    """The module of a file: what it gives, its gradients, training, and what is written of it."""
    inputs, outputs, noise = asked
    first = next((n for n, o in outputs.items() if np.asarray(o).dtype.kind == "f"), list(outputs)[0])
    random = np.random.default_rng(1).standard_normal(np.shape(outputs[first]))
    np.save(scratch / "target.npy", beside.get("target", random).astype("f4"))
    want = {n[5:]: beside[n] for n in beside if n.startswith("grad:")}
    cast = {"int32": '.cast("i32")', "bool": '.cast("bool")'}
    fields = dict(
        settings=", ".join([f'x{i}: path("")' for i in range(len(inputs))] + ['target: path("")']),
        inputs=", ".join(f"{json.dumps(n)}: data::array(cfg.x{i}){cast.get(a.dtype.name, '')}"
                         for i, (n, a) in enumerate(inputs.items())),
        first=json.dumps(first), printed=PRINTED, training=str(facts.get("training", False)).lower())
    (scratch / "zoo.rhai").write_text(SCRIPT % (fields | dict(gradient=GRADIENT % fields if want else "")))
    settings = [f"x{i}={scratch}/in{i}.npy" for i in range(len(inputs))] + [f"target={scratch}/target.npy"]
    code, _, err = host("run", scratch / "zoo.rhai", f"net={path}", *settings, "--folder", scratch / "run")
    lines = [json.loads(line[4:]) for line in err.splitlines() if line.startswith("ZOO ")]
    rest = "\n".join(line for line in err.splitlines() if not line.startswith("ZOO ")).strip()
    stage = next((line["stage"] for line in reversed(lines) if "stage" in line), "forward")
    said = {w: {line["name"]: [np.nan if v is None else v for v in line["values"]]
                for line in lines if line.get("word") == w} for w in ["forward", "gradient", "trained"]}
    if said["forward"]:
        result["forward"] = verdict({n: apart(v, outputs[n]) for n, v in said["forward"].items()}, noise)
    if want and said["gradient"]:
        largest = max(np.nan_to_num(np.abs(g)).max() for g in want.values())
        distances = {n: apart(np.where(np.isnan(want[n]), 0, v), np.nan_to_num(want[n]), largest)
                     for n, v in said["gradient"].items() if n in want}
        result["gradient"] = verdict(distances) | dict(without=sorted(set(want) - set(said["gradient"])))
    for losses in (line["losses"] for line in lines if "losses" in line):
        falls = losses[-1] < losses[0]
        result["adam"] = dict(ok=falls, losses=losses, message=None if falls else f"losses {losses}")
    written = scratch / "run/models/net.onnx"
    if written.exists():
        again = ort.InferenceSession(str(written), providers=["CPUExecutionProvider"])
        again = dict(zip(outputs, again.run(list(outputs), inputs)))
        result["written"] = verdict({n: apart(v, again[n]) for n, v in said["trained"].items()})
    if code:
        result[stage] = dict(result.get(stage, {}), ok=False, message=rest)


def one(host, path, keep):
    result = dict(file=path.name)
    beside = dict(np.load(path.with_suffix(".npz"))) if path.with_suffix(".npz").exists() else {}
    facts = json.loads(path.with_suffix(".json").read_text()) if path.with_suffix(".json").exists() else {}
    with tempfile.TemporaryDirectory(prefix="zoo-") as scratch:
        scratch = pathlib.Path(scratch)
        try:
            info_and_check(host, path, facts, result)
            keep(result)
            inputs, outputs, noise = questions(path, beside)
            result["inputs"] = {n: [str(a.dtype), *a.shape] for n, a in inputs.items()}
            for i, given in enumerate(inputs.values()):
                np.save(scratch / f"in{i}.npy", given)
            run(host, path, inputs, outputs, scratch, result)
            keep(result)
            module(host, path, (inputs, outputs, noise), beside, facts, scratch, result)
        except Exception as error:
            result["error"] = f"{type(error).__name__}: {error}"
    keep(result)


def limited(words, seconds):
    """Runs a process and all that it starts, for that long and in 4 GB; whether it ended well by itself."""
    limits = lambda: resource.setrlimit(resource.RLIMIT_DATA, (4 << 30, 4 << 30))
    child = subprocess.Popen(words, start_new_session=True, preexec_fn=limits)
    try:
        return child.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        return child.wait() == 0


def cell(result, column):
    part = result.get(column, {})
    if part.get("ok") is None:
        return "–"
    words = "yes" if part["ok"] else "no"
    if column == "check":  # frozen: in ONNX Runtime alone
        can = dict(trains=part["ok"], runs=part.get("runs"), frozen=part.get("in_onnxruntime"), no=True)
        words = next(word for word in can if can[word])
    return words + (f" ({part['worst']:.0e})".replace("0e+00", "=") if "worst" in part else "")


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=root / ".zoo")
    parser.add_argument("--host", default="host")
    parser.add_argument("--out", type=pathlib.Path, default=root / ".zoo/table")
    parser.add_argument("--only", default="")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--one", type=pathlib.Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    results = given.out / "results"
    results.mkdir(parents=True, exist_ok=True)
    if given.one:
        keep = functools.partial(save, results / f"{given.one.stem}.json")
        return one(functools.partial(ask, given.host), given.one, keep)
    files = given.folder.resolve().glob("*.onnx")
    for path in sorted(path for path in files if given.only in path.name):
        target = results / f"{path.stem}.json"
        if target.exists():
            continue
        words = [sys.executable, __file__, "--one", str(path), "--host", given.host, "--out", str(given.out)]
        if not limited(words, given.seconds):
            result = json.loads(target.read_text()) if target.exists() else dict(file=path.name)
            result["error"] = "ended by its limit of time or memory"
            save(target, result)
        result = json.loads(target.read_text())
        print(path.name, *(f"{c}: {cell(result, c)}" for c in COLUMNS), sep="  ", flush=True)
    table = [json.loads(path.read_text()) for path in sorted(results.glob("*.json"))]
    save(given.out / "table.json", table)
    rows = [["file", *COLUMNS], ["---"] * 9] + [[r["file"], *(cell(r, c) for c in COLUMNS)] for r in table]
    (given.out / "table.md").write_text("".join(f"| {' | '.join(row)} |\n" for row in rows))


if __name__ == "__main__":
    main()
