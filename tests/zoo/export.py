#!/usr/bin/env python3
"""Writes ONNX files of our own into a folder: small networks with what real files have in them that a rule
of what is trained can get wrong, by both of PyTorch's exporters, then quantised, halved and optimised.

    python tests/zoo/export.py [FOLDER] [NAME...]        # default: .zoo at the project's root, all networks

Beside own.NAME.HOW.onnx lie
  own.NAME.HOW.json  "parameters" and "buffers": {name in the file: [names in the module]}; "lost": those that
                     have no tensor in the file (folded into another); "training": the gradients' mode
  own.NAME.HOW.npz   in:NAME, out:NAME, target, loss, and grad:NAME for each parameter in the file, laid out
                     as there, of the mean squared error of the first output; NaN for what is not known
Needs torch, onnx, onnxscript, onnxruntime, onnxconverter-common. The same numbers every time.
"""

import collections
import json
import os
import pathlib
import sys
import warnings

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import nn

warnings.filterwarnings("ignore")
os.environ.setdefault("TQDM_DISABLE", "1")
torch.set_num_threads(1)


class SpatialTransformer(nn.Module):
    """Jaderberg et al., 2015: the base grid is a buffer."""

    def __init__(self, size=12):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 5, stride=2)
        self.theta = nn.Linear(4 * 4 * 4, 6)
        line = (torch.arange(size) * 2 + 1) / size - 1
        y, x = torch.meshgrid(line, line, indexing="ij")
        self.register_buffer("base_grid", torch.stack([x, y, torch.ones_like(x)], -1).reshape(-1, 3))
        self.size = size

    def forward(self, x):
        theta = self.theta(F.relu(self.conv(x)).flatten(1)).reshape(-1, 2, 3)
        grid = (self.base_grid @ theta.transpose(1, 2)).reshape(-1, self.size, self.size, 2)
        return F.grid_sample(x, grid, align_corners=False)


class Blur(nn.Module):
    """StyleGAN2's upfirdn: the kernel is a buffer, depthwise."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        line = torch.tensor([1.0, 3.0, 3.0, 1.0])
        self.register_buffer("kernel", (line[:, None] * line / 64).repeat(4, 1, 1, 1))
        self.to_rgb = nn.Conv2d(4, 3, 1)

    def forward(self, x):
        x = F.leaky_relu(self.conv(x), 0.2) * 2**0.5
        x = F.conv2d(F.pad(x, (2, 1, 2, 1)), self.kernel, groups=4)[:, :, ::2, ::2]
        return self.to_rgb(x)


class Mel(nn.Module):
    """A front end of fixed DFT kernels and a mel matrix, buffers, before a net that is trained."""

    def __init__(self, window=64, bands=8):
        super().__init__()
        k, n = torch.arange(window // 2 + 1)[:, None], torch.arange(window)
        hann = torch.hann_window(window)
        angle = 2 * torch.pi * k * n / window
        self.register_buffer("dft", torch.cat([angle.cos() * hann, -angle.sin() * hann])[:, None])
        centre = torch.linspace(0, window // 2, bands + 2)
        bins = torch.arange(window // 2 + 1)[:, None]
        rise = (bins - centre[:-2]) / (centre[1:-1] - centre[:-2])
        fall = (centre[2:] - bins) / (centre[2:] - centre[1:-1])
        self.register_buffer("mel", torch.minimum(rise, fall).clamp(min=0))
        self.conv = nn.Conv1d(bands, 6, 3)
        self.head = nn.Linear(6, 4)

    def forward(self, x):
        real, imag = F.conv1d(x[:, None], self.dft, stride=32).chunk(2, 1)
        power = real**2 + imag**2
        logs = torch.log((power.transpose(1, 2) @ self.mel) + 1e-6)
        return self.head(F.relu(self.conv(logs.transpose(1, 2))).mean(2))


class Stft(nn.Module):
    """The same by torch.stft: the window is the only buffer."""

    def __init__(self):
        super().__init__()
        self.register_buffer("window", torch.hann_window(64))
        self.head = nn.Linear(33, 4)

    def forward(self, x):
        spectrum = torch.stft(x, 64, 32, window=self.window, center=False, return_complex=False)
        return self.head(torch.log(spectrum.pow(2).sum(-1) + 1e-6).mean(2))


class Clip(nn.Module):
    def __init__(self):
        super().__init__()
        self.image, self.text = nn.Linear(12, 8, bias=False), nn.Linear(10, 8, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(2.6593))

    def forward(self, image, text):
        image, text = F.normalize(self.image(image), dim=-1), F.normalize(self.text(text), dim=-1)
        return self.logit_scale.exp() * image @ text.t()


class Temperature(nn.Module):
    """A learned scalar and a fixed one, which look alike in a file; mean and deviation of the data."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 8), nn.GELU(), nn.Linear(8, 5))
        self.temperature = nn.Parameter(torch.tensor([1.5]))
        self.register_buffer("mean", torch.linspace(0.1, 0.6, 6))
        self.register_buffer("std", torch.linspace(0.7, 1.3, 6))

    def forward(self, x):
        return torch.softmax(self.net((x - self.mean) / self.std) / self.temperature, -1)


class Vit(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.patch = nn.Conv2d(3, width, 4, stride=4)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, 10, width))
        self.blocks = nn.ModuleList(nn.ModuleDict(dict(
            ln1=nn.LayerNorm(width), attention=nn.MultiheadAttention(width, 2, batch_first=True),
            ln2=nn.LayerNorm(width),
            mlp=nn.Sequential(nn.Linear(width, 32), nn.GELU(), nn.Linear(32, width)))) for _ in range(2))
        self.head = nn.Linear(width, 5)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], 1) + self.positions
        for b in self.blocks:
            y = b["ln1"](x)
            x = x + b["attention"](y, y, y, need_weights=False)[0]
            x = x + b["mlp"](b["ln2"](x))
        return self.head(x[:, 0])


class ConvNext(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 2, stride=2)
        self.depthwise = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 32), nn.Linear(32, width)
        self.gamma = nn.Parameter(torch.full((width,), 1e-2))

    def forward(self, x):
        x = self.stem(x)
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        return (x + (self.gamma * self.down(F.gelu(self.up(y)))).permute(0, 3, 1, 2)).mean((2, 3))


class Recurrent(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        self.rnn = kind(5, 6, batch_first=True, **options)
        self.head = nn.Linear(12 if options.get("bidirectional") else 6, 3)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


class BatchNormNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(3, 6, 3, bias=False), nn.BatchNorm2d(6), nn.ReLU(),
                                 nn.Conv2d(6, 4, 3), nn.BatchNorm2d(4))

    def forward(self, x):
        return self.net(x).mean((2, 3))


class Gpt(nn.Module):
    def __init__(self, words=11, width=16, length=8):
        super().__init__()
        self.words, self.positions = nn.Embedding(words, width), nn.Embedding(length, width)
        self.ln1, self.ln2, self.ln3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 32), nn.Linear(32, width)
        self.head = nn.Linear(width, words, bias=False)
        self.head.weight = self.words.weight
        self.register_buffer("mask", torch.tril(torch.ones(length, length))[None, None])

    def forward(self, tokens):
        n = tokens.shape[1]
        x = self.words(tokens) + self.positions(torch.arange(n))
        q, k, v = (t.unflatten(-1, (2, 8)).transpose(1, 2) for t in self.qkv(self.ln1(x)).split(16, -1))
        scores = (q @ k.transpose(-2, -1)) / 8**0.5
        scores = scores.masked_fill(self.mask[:, :, :n, :n] == 0, float("-inf"))
        x = x + self.project((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))
        return self.head(self.ln3(x + self.down(F.gelu(self.up(self.ln2(x)), approximate="tanh"))))


class Bag(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.head = nn.Embedding(20, 6, padding_idx=0), nn.Linear(6, 3)

    def forward(self, tokens):
        seen = (tokens != 0).unsqueeze(-1).to(torch.float32)
        return self.head((self.table(tokens) * seen).sum(1) / seen.sum(1).clamp(min=1))


class WaveNet(nn.Module):
    def __init__(self, width=6):
        super().__init__()
        self.first = nn.Conv1d(1, width, 1)
        self.dilated = nn.ModuleList(nn.Conv1d(width, 2 * width, 2, dilation=2**i) for i in range(4))
        self.out = nn.ModuleList(nn.Conv1d(width, 2 * width, 1) for _ in range(4))
        self.last = nn.Conv1d(width, 3, 1)

    def forward(self, x):
        x, skips = self.first(x), 0
        for i, (dilated, out) in enumerate(zip(self.dilated, self.out)):
            a, b = dilated(F.pad(x, (2**i, 0))).chunk(2, 1)
            r, s = out(torch.tanh(a) * torch.sigmoid(b)).split(6, 1)
            x, skips = x + r, skips + s
        return self.last(F.relu(skips))


def normal(*shape):
    return torch.randn(*shape)


NETWORKS = {  # name: the module, its inputs
    "transformer2d": lambda: (SpatialTransformer(), dict(x=normal(2, 1, 12, 12))),
    "blur": lambda: (Blur(), dict(x=normal(2, 3, 8, 8))),
    "mel": lambda: (Mel(), dict(x=normal(2, 320))),
    "stft": lambda: (Stft(), dict(x=normal(2, 320))),
    "clip": lambda: (Clip(), dict(image=normal(2, 12), text=normal(2, 10))),
    "temperature": lambda: (Temperature(), dict(x=normal(2, 6))),
    "vit": lambda: (Vit(), dict(x=normal(2, 3, 12, 12))),
    "convnext": lambda: (ConvNext(), dict(x=normal(2, 3, 8, 8))),
    "lstm": lambda: (Recurrent(nn.LSTM, num_layers=2), dict(x=normal(2, 7, 5))),
    "bilstm": lambda: (Recurrent(nn.LSTM, bidirectional=True), dict(x=normal(2, 7, 5))),
    "gru": lambda: (Recurrent(nn.GRU), dict(x=normal(2, 7, 5))),
    "batchnorm": lambda: (BatchNormNet(), dict(x=normal(4, 3, 8, 8))),
    "batchnorm_training": lambda: (BatchNormNet(), dict(x=normal(4, 3, 8, 8))),
    "gpt": lambda: (Gpt(), dict(tokens=torch.randint(0, 11, (2, 8)))),
    "bag": lambda: (Bag(), dict(tokens=torch.randint(0, 20, (2, 7)))),
    "wavenet": lambda: (WaveNet(), dict(x=normal(2, 1, 24))),
}


def initialisers(graph):
    """Every tensor of a graph's initialisers and constants that has a name, those of its subgraphs too."""
    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Constant" and attribute.name == "value":
                found[node.output[0]] = numpy_helper.to_array(attribute.t)
            if attribute.type == onnx.AttributeProto.GRAPH:
                found |= initialisers(attribute.g)
    return found


def places(tensors):
    """{value: (name, index in that tensor)}; None for a value that several have."""
    where = {}
    for name, tensor in tensors.items():
        for index, value in enumerate(tensor.flatten().tolist()):
            where[value] = None if value in where else (name, index)
    return where


def facts(model, module, training):
    """What each float tensor of the file is, by name or values, and where its elements are from."""
    kept = dict(module.named_parameters(remove_duplicate=False))
    parameters = {n: p.detach().numpy() for n, p in kept.items()}
    buffers = {n: b.numpy() for n, b in module.named_buffers() if b.is_floating_point()}
    once = {n: parameters[n] for n, _ in module.named_parameters()}
    where, said = places(once), dict(parameters={}, buffers={}, lost=[], training=training)
    origin = {}
    for name, tensor in initialisers(model.graph).items():
        if tensor.dtype.kind != "f" or tensor.size == 0:
            continue
        from_values = [where.get(v) for v in tensor.astype(np.float32).flatten().tolist()]
        sources = sorted({place[0] for place in from_values if place})
        if name in parameters and np.array_equal(parameters[name], tensor):
            said["parameters"][name] = [name]
            first = next(n for n in once if kept[n] is kept[name])
            origin[name] = [(first, i) for i in range(tensor.size)]
        elif len(sources) and sum(p is not None for p in from_values) > 0.9 * tensor.size:
            said["parameters"][name] = sources
            origin[name] = from_values
        else:
            same = [n for n, b in buffers.items() if b.size == tensor.size and b.size > 1
                    and np.array_equal(np.sort(b.flatten()), np.sort(tensor.flatten()))]
            if name in buffers or same:
                said["buffers"][name] = [name] if name in buffers else same
    seen = {m for ms in said["parameters"].values() for m in ms}
    copies = collections.Counter(place for places in origin.values() for place in places if place)
    for name, elements in origin.items():  # of a tied tensor that lies there twice, each has a part only
        origin[name] = [place if copies[place] == 1 else None for place in elements]
    seen |= {m for ms in said["buffers"].values() for m in ms}
    said["lost"] = sorted((set(once) | set(buffers)) - seen)
    return said, origin


def differentiated(module, inputs, training, origin):
    """Outputs in evaluation, and the gradients of a mean squared error, laid out as in the file."""
    with torch.no_grad():
        output = module.eval()(*inputs.values())
    target = torch.from_numpy(np.random.default_rng(1).standard_normal(output.shape, dtype=np.float32))
    before = {n: b.clone() for n, b in module.named_buffers()}
    loss = F.mse_loss(module.train(training)(*inputs.values()), target)
    loss.backward()
    for n, b in module.named_buffers():
        b.copy_(before[n])
    module.eval()
    arrays = {f"in:{n}": x.numpy() for n, x in inputs.items()}
    arrays |= {"out:y": output.numpy(), "target": target.numpy(), "loss": np.float32(loss.item())}
    grads = {n: p.grad.flatten() for n, p in module.named_parameters(remove_duplicate=False)}
    for name, elements in origin.items():
        arrays[f"grad:{name}"] = np.array([grads[p[0]][p[1]].item() if p else np.nan for p in elements])
    return arrays


def write(folder, name, how):
    torch.manual_seed(0)
    module, inputs = NETWORKS[name]()
    with torch.no_grad():
        for parameter in module.parameters():  # so that an element is known by its value
            parameter.add_(torch.randn_like(parameter), alpha=0.02)
        for layer in module.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.running_mean.normal_(0, 0.1)
                layer.running_var.uniform_(0.5, 1.5)
    training = name == "batchnorm_training" and how == "script"
    path = folder / f"own.{name}.{how}.onnx"
    options = dict(input_names=list(inputs), output_names=["y"])
    values = tuple(x.clone() for x in inputs.values())
    module.train(training)
    keep = torch.onnx.TrainingMode.PRESERVE if training else torch.onnx.TrainingMode.EVAL
    if how == "script":
        axes = {n: {0: "batch"} for n in list(inputs)}
        torch.onnx.export(module, values, path, dynamo=False, opset_version=17, dynamic_axes=axes,
                          training=keep, do_constant_folding=not training, **options)
    else:
        free = tuple({0: torch.export.Dim("batch")} for _ in inputs) if name != "clip" else None
        torch.onnx.export(module, values, path, dynamo=True, dynamic_shapes=free, external_data=False,
                          optimize=how == "dynamo", verbose=False, **options)
    # Exporting in training mode moves BatchNorm's statistics; the file has those of before.
    said, origin = facts(onnx.load(path), module, training)
    path.with_suffix(".json").write_text(json.dumps(said, indent=1) + "\n")
    np.savez(path.with_suffix(".npz"), **differentiated(module, inputs, training, origin))


def inherit(source, path, arrays, exact):
    """The facts of a derived file: what has kept its name and its shape; gradients where it is `exact`."""
    said, before = json.loads(source.with_suffix(".json").read_text()), initialisers(onnx.load(source).graph)
    kept = {n for n, t in initialisers(onnx.load(path).graph).items()
            if n in before and t.dtype.kind == "f" and t.shape == before[n].shape}
    for kind in ["parameters", "buffers"]:
        said["lost"] += sorted(m for n, ms in said[kind].items() if n not in kept for m in ms)
        said[kind] = {n: ms for n, ms in said[kind].items() if n in kept}
    path.with_suffix(".json").write_text(json.dumps(said, indent=1) + "\n")
    np.savez(path.with_suffix(".npz"), **{n: a for n, a in arrays.items() if not n.startswith("grad:")
                                          or exact and n[5:] in kept})


def derive(folder):
    """Quantised, halved and optimised forms of what was written."""
    import onnxruntime as ort
    from onnxconverter_common import float16
    from onnxruntime import quantization as q

    class Reader(q.CalibrationDataReader):
        def __init__(self, arrays):
            self.rest = iter([{n[3:]: a for n, a in arrays.items() if n.startswith("in:")}])

        def get_next(self):
            return next(self.rest, None)

    def made(name, how, build):
        source, path = folder / f"own.{name}.script.onnx", folder / f"own.{name}.{how}.onnx"
        try:
            arrays = dict(np.load(source.with_suffix(".npz")))
            build(str(source), str(path), arrays)
            inherit(source, path, arrays, exact="optimised" in how)
            print(path.name)
        except Exception as error:
            print(f"left out: {path.name}: {str(error).splitlines()[0][:200]}")

    def static(form):
        return lambda source, path, arrays: q.quantize_static(
            source, path, Reader(arrays), quant_format=form, activation_type=q.QuantType.QUInt8)

    def half(source, path, _):
        onnx.save(float16.convert_float_to_float16(onnx.load(source)), path)

    def optimised(level):
        def build(source, path, _):
            options = ort.SessionOptions()
            options.log_severity_level = 3
            options.graph_optimization_level = level
            options.optimized_model_filepath = path
            ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        return build

    extended = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    made("blur", "qdq", static(q.QuantFormat.QDQ))
    made("blur", "qoperator", static(q.QuantFormat.QOperator))
    made("convnext", "qdq", static(q.QuantFormat.QDQ))
    made("vit", "dynamic-int8", lambda source, path, _: q.quantize_dynamic(source, path))
    made("lstm", "dynamic-int8", lambda source, path, _: q.quantize_dynamic(source, path))
    made("convnext", "float16", half)
    made("gpt", "float16", half)
    for name in ["vit", "blur", "gpt", "convnext"]:
        made(name, "optimised", optimised(extended))
    made("blur", "optimised-all", optimised(ort.GraphOptimizationLevel.ORT_ENABLE_ALL))


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / ".zoo"
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or NETWORKS:
        hows = ["script", "dynamo"] + (["unoptimised"] if name in ("wavenet", "vit") else [])
        for how in hows[:1] if name == "batchnorm_training" else hows:  # dynamo folds
            try:
                write(folder, name, how)
                print(f"own.{name}.{how}.onnx")
            except Exception as error:
                print(f"left out: own.{name}.{how}.onnx: {type(error).__name__}: {str(error).strip()[:300]}")
    if not sys.argv[2:]:
        derive(folder)


if __name__ == "__main__":
    main()
