"""The project's kernels in PyTorch (and NumPy where that is the natural peer).

python kernels.py NAME [--batch N] [--reps R] [--threads 2] [--device cpu|cuda]
                       [--tf32] [--backward]
Prints one JSON line per variant.  NAME 'all' runs every kernel, 'list' names
them.  Random data.  --batch scales the leading dimension (reweight: images of
each set in one class).
"""
import argparse
import json
import os
import statistics
import sys
import time

if "--passive" in sys.argv:  # must be set before torch loads its thread pool
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")

import numpy as np
import torch

import ref


def feature_maps(o):
    return torch.randn(o.batch, 128, 16, 16, device=o.device).relu_()


def with_grad(o, x, fn):
    """fn alone, or fn and its backward from a fixed random cotangent."""
    if not o.backward:
        def forward():
            with torch.no_grad():
                return fn(x)
        return forward
    x = x.requires_grad_(True)
    ct = torch.randn_like(fn(x).detach())

    def both():
        x.grad = None
        fn(x).backward(ct)
        return x.grad
    return both


def k_spatial(o):
    """spatial winner-take-all of (n, 128, 16, 16) after ReLU"""
    x = feature_maps(o)
    nbytes = 2 * x.numel() * 4
    yield "amax_eq", with_grad(o, x.clone(), ref.spatial_wta), nbytes
    yield "argmax_scatter", with_grad(o, x.clone(), spatial_scatter), nbytes
    if o.device == "cpu":
        a = x.numpy()
        yield "numpy", lambda: a * (a == a.max((2, 3), keepdims=True)), nbytes


def spatial_scatter(x):
    n, c = x.shape[:2]
    f = x.reshape(n, c, -1)
    v, i = f.max(2, keepdim=True)
    return torch.zeros_like(f).scatter(2, i, v).reshape(x.shape)


def k_lifetime(o):
    """lifetime 5 % sparsity of a map that is already spatially sparse"""
    x = ref.spatial_wta(feature_maps(o))
    nbytes = 3 * x.numel() * 4
    yield "topk", with_grad(o, x.clone(), lambda t: ref.lifetime_wta(t, 0.05, stable=False)), nbytes
    yield "stable_sort", with_grad(o, x.clone(), lambda t: ref.lifetime_wta(t, 0.05, stable=True)), nbytes


def compact_wta(h):
    """both sparsities on (value, index) pairs, written once"""
    n, c = h.shape[:2]
    f = h.reshape(n, c, -1)
    v, i = f.max(2)
    k = ref.lifetime_k(n, 0.05)
    rows = torch.topk(v.detach(), k, dim=0, sorted=False).indices
    keep = torch.zeros_like(v).scatter_(0, rows, 1.0)
    return torch.zeros_like(f).scatter(2, i[:, :, None], (v * keep)[:, :, None]).reshape(h.shape)


def k_wta(o):
    """spatial then lifetime, as one training step needs it"""
    x = feature_maps(o)
    nbytes = 2 * x.numel() * 4
    yield "masks", with_grad(o, x.clone(), lambda t: ref.wta(t, 0.05, stable=False)), nbytes
    yield "compact", with_grad(o, x.clone(), compact_wta), nbytes


def k_affine(o):
    """affine augmentation, bilinear, one matrix per image, 28x28x1"""
    x = torch.rand(o.batch, 1, 28, 28, device=o.device)
    rho = ref.sample_rho(o.batch, device=o.device)
    yield "28x28x1", with_grad(o, x, lambda t: ref.affine_augment(t, rho)), 2 * x.numel() * 4


def k_affine_rgb(o):
    """the same on 64x64x3 with symmetric padding"""
    x = torch.rand(o.batch, 3, 64, 64, device=o.device)
    rho = ref.sample_rho(o.batch, ref.RANGES_NATURAL, device=o.device)
    yield "64x64x3", with_grad(o, x, lambda t: ref.affine_augment(t, rho, "reflection")), 2 * x.numel() * 4


def k_jitter(o):
    """brightness, contrast, saturation, hue of 64x64x3 images"""
    x = torch.rand(o.batch, 3, 64, 64, device=o.device)
    par = ref.sample_jitter(o.batch, device=o.device)
    yield "64x64x3", lambda: ref.color_jitter(x, par), 2 * x.numel() * 4


def k_slerp(o):
    """spherical interpolation of (n, 512) unit rows, and of 32"""
    for m in (32, 512):
        a = ref.l2_normalize(torch.randn(o.batch, m, device=o.device))
        b = ref.l2_normalize(torch.randn(o.batch, m, device=o.device))
        al = ref.sample_alpha(o.batch, device=o.device)
        yield f"acos_{m}", with_grad(o, a.clone(), lambda t, b=b, al=al: ref.slerp_fast(t, b, al)), 3 * a.numel() * 4
        yield f"atan2_{m}", with_grad(o, a.clone(), lambda t, b=b, al=al: ref.slerp(t, b, al)), 3 * a.numel() * 4


def numpy_mm_distances(r, g):
    out = np.empty(len(r), r.dtype)
    gg = (g * g).sum(1)
    for i in range(0, len(r), 512):
        c = r[i:i + 512]
        d = (c * c).sum(1)[:, None] + gg[None] - 2 * c @ g.T
        out[i:i + 512] = np.sqrt(np.maximum(d, 0)).sum(1)
    return out


def numpy_weights(d, method):
    w = (d - d.min()) / d.max()
    mu, sd = w.mean(), w.std()
    if method == "A_mu":
        return np.where(w < mu, 0, w)
    if method == "A_sigma":
        return np.where(w < mu - sd, 0, w)
    return 1 / (1 + np.exp(-2 * (w - mu) / sd)) if method == "B" else w


def k_reweight(o):
    """Algorithm 1 of paper 003 for one class: n real, n generated, 256 features,
    distance sums and all four transforms"""
    r = torch.randn(o.batch, 256, device=o.device)
    g = torch.randn(o.batch, 256, device=o.device)
    flop = 2.0 * o.batch * o.batch * 256

    def full(dist):
        def f():
            w = ref.normalise_weights(dist(r, g))
            return [ref.transform_weights(w, m) for m in ("A_mu", "A_sigma", "B", "C")]
        return f

    yield "cdist_mm", full(ref.distance_sums_cdist), -flop
    yield "cdist_direct", full(lambda a, b: ref.distance_sums_cdist(a, b, "donot_use_mm_for_euclid_dist")), -1.5 * flop
    yield "chunked_mm", full(chunked_mm), -flop
    if o.device == "cpu":
        rn, gn = r.numpy(), g.numpy()

        def npy():
            d = numpy_mm_distances(rn, gn)
            return [numpy_weights(d, m) for m in ("A_mu", "A_sigma", "B", "C")]
        yield "numpy_mm", npy, -flop


def chunked_mm(r, g):
    gg = g.square().sum(1)
    return torch.cat([
        torch.addmm(gg[None], c, g.T, alpha=-2).add_(c.square().sum(1)[:, None]).clamp_min_(0).sqrt_().sum(1)
        for c in r.split(512)])


def k_noise_gauss(o):
    """x + z, z Gaussian with probability delta per image, 32x32x3"""
    x = torch.rand(o.batch, 3, 32, 32, device=o.device)

    def masked():
        return ref.mix_noise(x, torch.randn_like(x), (torch.rand(o.batch, device=x.device) < 0.3))

    def chosen():
        y = x.clone()
        i = (torch.rand(o.batch, device=x.device) < 0.3).nonzero()[:, 0]
        return y.index_add_(0, i, torch.randn(len(i), *x.shape[1:], device=x.device))

    yield "masked", masked, 2 * x.numel() * 4
    yield "chosen_rows", chosen, 2 * x.numel() * 4


def k_noise_dirichlet(o):
    """the same with Dirichlet(1, ..., 1) over the 3072 values of an image"""
    x = torch.rand(o.batch, 3, 32, 32, device=o.device)

    def masked():
        keep = (torch.rand(o.batch, device=x.device) < 0.3)
        return ref.mix_noise(x, ref.dirichlet_noise(o.batch, x.shape[1:], 1.0, x.device), keep)

    def exponential():
        keep = (torch.rand(o.batch, device=x.device) < 0.3)
        e = torch.empty_like(x).exponential_()
        return ref.mix_noise(x, e / e.sum((1, 2, 3), keepdim=True), keep)

    yield "gamma", masked, 2 * x.numel() * 4
    yield "exponential", exponential, 2 * x.numel() * 4


def k_sae_loss(o):
    """all pairwise h(x, p) losses of paper 002 from four (n, 100) symbol sets,
    forward, or forward and backward"""
    s = [ref.l2_normalize(torch.randn(o.batch, 100, device=o.device)) for _ in range(4)]
    for t in s:
        t.requires_grad_(o.backward)

    def f():
        out = ref.sae_losses(*s)
        if o.backward:
            for t in s:
                t.grad = None
            (out["l_b"] + out["l_g"]).backward()
        return out["l_b"]

    yield "n_by_n", f, 7 * o.batch * o.batch * 4


def k_ms_ssim(o):
    """MS-SSIM of n image pairs, 32x32x3, five levels with a shrinking window"""
    a, b = torch.rand(o.batch, 3, 32, 32, device=o.device), torch.rand(o.batch, 3, 32, 32, device=o.device)
    yield "32x32x3", lambda: ref.ms_ssim(a, b, 1.0, 5), 2 * a.numel() * 4


def k_fid(o):
    """moments of (n, 2048) features and the distance of two such sets"""
    a, b = (torch.randn(o.batch, o.features, device=o.device, dtype=torch.float64) for _ in range(2))
    b = b * 1.1 + 0.1

    def f():
        return ref.fid_eigh(*ref.moments(a), *ref.moments(b))

    yield f"eigh_{o.features}", f, 2 * a.numel() * 8


KERNELS = {
    "spatial_wta": (k_spatial, 100), "lifetime_wta": (k_lifetime, 100), "wta": (k_wta, 100),
    "affine": (k_affine, 1024), "affine_rgb": (k_affine_rgb, 256), "jitter": (k_jitter, 256),
    "slerp": (k_slerp, 1024), "reweight": (k_reweight, 5000), "noise_gauss": (k_noise_gauss, 1024),
    "noise_dirichlet": (k_noise_dirichlet, 1024), "sae_loss": (k_sae_loss, 64),
    "ms_ssim": (k_ms_ssim, 200), "fid": (k_fid, 5000),
}


def run(name, o):
    fn, batch = KERNELS[name]
    o = argparse.Namespace(**vars(o))
    o.batch = o.batch or batch
    torch.manual_seed(o.seed)
    sync = torch.cuda.synchronize if o.device.startswith("cuda") else (lambda: None)
    for variant, call, work in fn(o):
        for _ in range(o.warmup):
            call()
        sync()
        times = []
        for _ in range(o.reps):
            t = time.perf_counter()
            call()
            sync()
            times.append(time.perf_counter() - t)
        med = statistics.median(times)
        print(json.dumps({
            "name": name, "variant": variant, "batch": o.batch, "median_s": med, "min_s": min(times),
            "max_s": max(times), "items_per_s": o.batch / med,
            "gb_per_s": work / med / 1e9 if work > 0 else None,
            "gflop": -work / 1e9 if work < 0 else None,
            "backward": o.backward, "reps": o.reps, "threads": torch.get_num_threads(),
            "device": torch.cuda.get_device_name() if o.device.startswith("cuda") else "cpu",
            "tf32": o.tf32, "passive": o.passive, "load1": os.getloadavg()[0], "torch": torch.__version__, "numpy": np.__version__,
        }), flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("name", choices=[*KERNELS, "all", "list"])
    p.add_argument("--batch", type=int)
    p.add_argument("--reps", type=int, default=5)
    p.add_argument("--warmup", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--device", default="cpu")
    p.add_argument("--passive", action="store_true",
                   help="threads sleep instead of spinning: needed on a busy machine (NOTES.md)")
    p.add_argument("--tf32", action="store_true")
    p.add_argument("--backward", action="store_true", help="time forward and backward where it makes sense")
    p.add_argument("--features", type=int, default=2048, help="fid feature dimension")
    p.add_argument("--seed", type=int, default=0)
    o = p.parse_args()
    if o.name == "list":
        for k, (f, b) in KERNELS.items():
            print(f"{k:16s} batch {b:5d}  {' '.join(f.__doc__.split())}")
        return
    torch.set_num_threads(o.threads)
    torch.backends.cuda.matmul.allow_tf32 = o.tf32
    torch.backends.cudnn.allow_tf32 = o.tf32
    for name in KERNELS if o.name == "all" else [o.name]:
        run(name, o)


if __name__ == "__main__":
    main()
