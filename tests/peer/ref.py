"""Reference definitions shared by steps.py and kernels.py.

Everything is written from the papers' text in plain PyTorch so that it can run
in float64 on the CPU.  NOTES.md explains each reading chosen where the text is
ambiguous.  Shapes: images and feature maps are NCHW.
"""
import math

import torch
import torch.nn.functional as F

# --------------------------------------------------------------------------
# Winner-take-all sparsity (paper 000, A.2)
# --------------------------------------------------------------------------


def lifetime_k(n, rate):
    """Number of winners kept per channel: max(1, floor(rate*n + 1e-9))."""
    return max(1, int(math.floor(rate * n + 1e-9)))


def spatial_mask(x, ties="all"):
    """1 where a unit is the maximum of its (n, c) map. ties: 'all' or 'first'."""
    if ties == "all":
        return (x == x.amax(dim=(2, 3), keepdim=True)).to(x.dtype)
    n, c = x.shape[:2]
    idx = first_argmax(x.reshape(n, c, -1))
    m = torch.zeros_like(x).reshape(n, c, -1)
    return m.scatter_(2, idx.unsqueeze(2), 1.0).reshape(x.shape)


def first_argmax(v):
    """Lowest index of the maximum over the last dimension."""
    k = v.shape[-1]
    pos = torch.arange(k, device=v.device).expand(v.shape)
    return torch.where(v == v.amax(-1, keepdim=True), pos, k).amin(-1)


def spatial_wta(x, ties="all"):
    return x * spatial_mask(x.detach(), ties)


def lifetime_mask(score, k, stable=True):
    """score: (n, c). 1 for the k largest of each column; ties to the lowest row."""
    if stable:
        idx = torch.sort(score, dim=0, descending=True, stable=True).indices[:k]
    else:
        idx = torch.topk(score, k, dim=0, sorted=False).indices
    return torch.zeros_like(score).scatter_(0, idx, 1.0)


def lifetime_wta(h, rate, stable=True):
    """Keeps, per channel, the rate*n samples with the largest map sum.

    After spatial_wta the map sum is the winner's value."""
    k = lifetime_k(h.shape[0], rate)
    m = lifetime_mask(h.detach().sum((2, 3)), k, stable)
    return h * m[:, :, None, None]


def wta(h, rate=0.05, lifetime=True, ties="all", stable=True):
    h = spatial_wta(h, ties)
    return lifetime_wta(h, rate, stable) if lifetime else h


# --------------------------------------------------------------------------
# AugIntAE (paper 001): SLERP, augmentation, loss balancing
# --------------------------------------------------------------------------


def l2_normalize(v, eps=1e-12):
    return v / v.norm(dim=-1, keepdim=True).clamp_min(eps)


def slerp(a, b, alpha, eps=1e-6):
    """Spherical interpolation of unit rows; alpha weights a (alpha=1 gives a).

    omega = 2*atan2(|a-b|, |a+b|).  sin(omega) < eps: linear mix when the rows
    point the same way; when antipodal, the great circle through the basis
    vector with the smallest |a_j| (lowest j first), made orthogonal to a."""
    alpha = torch.as_tensor(alpha, dtype=a.dtype, device=a.device).reshape(-1, 1)
    dif, tot = a - b, a + b
    nd2, ns2 = (dif * dif).sum(-1, keepdim=True), (tot * tot).sum(-1, keepdim=True)
    with torch.no_grad():
        om0 = 2 * torch.atan2(nd2.sqrt(), ns2.sqrt())
        ok = om0.sin() >= eps
        anti = (~ok) & (ns2 < nd2)
    one = torch.ones_like(nd2)
    om = 2 * torch.atan2(torch.where(ok, nd2, one).sqrt(), torch.where(ok, ns2, one).sqrt())
    s = om.sin()
    regular = ((alpha * om).sin() * a + ((1 - alpha) * om).sin() * b) / s
    linear = alpha * a + (1 - alpha) * b
    out = torch.where(ok, regular, linear)
    if bool(anti.any()):
        j = first_argmax(-a.detach().abs())
        e = F.one_hot(j, a.shape[-1]).to(a.dtype)
        u = l2_normalize(e - (e * a).sum(-1, keepdim=True) * a)
        ang = (1 - alpha) * math.pi
        out = torch.where(anti, ang.cos() * a + ang.sin() * u, out)
    return out


def slerp_fast(a, b, alpha):
    """What one writes for speed: acos of the clamped dot product."""
    alpha = alpha.reshape(-1, 1)
    om = (a * b).sum(-1, keepdim=True).clamp(-1 + 1e-6, 1 - 1e-6).acos()
    return ((alpha * om).sin() * a + ((1 - alpha) * om).sin() * b) / om.sin()


def affine_theta(rho, size):
    """rho: (n, 5) = rotation deg, tx px, ty px, scale, shear deg -> (n, 2, 3).

    Forward map in centred pixel coordinates (x right, y down):
    p_out = s * R(rot) * [[1, tan(shear)], [0, 1]] * p_in + t.  The sampling
    grid needs the inverse, with the offset in units of half the image side."""
    rot, tx, ty, sc, sh = rho.unbind(-1)
    r, k = torch.deg2rad(rot), torch.tan(torch.deg2rad(sh))
    co, si = r.cos(), r.sin()
    # inverse of s*R*K = (1/s) * K^-1 * R^T
    i00, i01 = (co + k * si) / sc, (si - k * co) / sc
    i10, i11 = -si / sc, co / sc
    ox, oy = -(i00 * tx + i01 * ty), -(i10 * tx + i11 * ty)
    row0 = torch.stack([i00, i01, ox * (2.0 / size)], -1)
    row1 = torch.stack([i10, i11, oy * (2.0 / size)], -1)
    return torch.stack([row0, row1], 1)


def affine_augment(x, rho, padding="zeros"):
    """Bilinear, half-pixel centres. padding 'zeros' or 'reflection' (symmetric)."""
    grid = F.affine_grid(affine_theta(rho, x.shape[-1]), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode=padding, align_corners=False)


RANGES_HANDWRITTEN = dict(rot=20.0, trans=4.0, scale=(0.8, 1.2), shear=6.0)
RANGES_NATURAL = dict(rot=10.0, trans=8.0, scale=(0.8, 1.2), shear=3.0)


def sample_rho(n, ranges=RANGES_HANDWRITTEN, generator=None, device="cpu", dtype=torch.float32):
    u = torch.rand(n, 5, generator=generator, device=device, dtype=dtype)
    lo_s, hi_s = ranges["scale"]
    lo = torch.tensor([-ranges["rot"], -ranges["trans"], -ranges["trans"], lo_s, -ranges["shear"]])
    hi = torch.tensor([ranges["rot"], ranges["trans"], ranges["trans"], hi_s, ranges["shear"]])
    lo, hi = lo.to(device, dtype), hi.to(device, dtype)
    return lo + (hi - lo) * u


def sample_alpha(n, generator=None, device="cpu", dtype=torch.float32):
    """Mean of two uniform draws (A.1)."""
    return torch.rand(n, 2, generator=generator, device=device, dtype=dtype).mean(1)


LUMA = (0.299, 0.587, 0.114)


def luma(x):
    w = torch.tensor(LUMA, dtype=x.dtype, device=x.device).view(1, 3, 1, 1)
    return (x * w).sum(1, keepdim=True)


def rgb_to_hsv(x):
    r, g, b = x.unbind(1)
    mx, mn = x.amax(1), x.amin(1)
    d = mx - mn
    ds = torch.where(d > 0, d, torch.ones_like(d))
    h = torch.where(mx == r, (g - b) / ds, torch.where(mx == g, 2 + (b - r) / ds, 4 + (r - g) / ds))
    h = torch.where(d > 0, (h / 6.0) % 1.0, torch.zeros_like(h))
    s = torch.where(mx > 0, d / torch.where(mx > 0, mx, torch.ones_like(mx)), torch.zeros_like(mx))
    return torch.stack([h, s, mx], 1)


def hsv_to_rgb(x):
    h, s, v = x.unbind(1)
    out = []
    for off in (5.0, 3.0, 1.0):
        k = (off + h * 6.0) % 6.0
        out.append(v - v * s * torch.minimum(k, 4.0 - k).clamp(0.0, 1.0))
    return torch.stack(out, 1)


def color_jitter(x, par):
    """par: (n, 4) = brightness, contrast, saturation factors and hue shift
    (fraction of a turn).  Fixed order, clamped to [0, 1] after each."""
    b, c, s, h = [p.view(-1, 1, 1, 1) for p in par.unbind(-1)]
    x = (x * b).clamp(0, 1)
    x = (c * x + (1 - c) * luma(x).mean((2, 3), keepdim=True)).clamp(0, 1)
    x = (s * x + (1 - s) * luma(x)).clamp(0, 1)
    hsv = rgb_to_hsv(x)
    hue = (hsv[:, :1] + h) % 1.0
    return hsv_to_rgb(torch.cat([hue, hsv[:, 1:]], 1))


def sample_jitter(n, generator=None, device="cpu", dtype=torch.float32):
    u = torch.rand(n, 4, generator=generator, device=device, dtype=dtype)
    lo = torch.tensor([0.75, 0.75, 0.75, -0.05], device=device, dtype=dtype)
    hi = torch.tensor([1.25, 1.25, 1.25, 0.05], device=device, dtype=dtype)
    return lo + (hi - lo) * u


def lsgan_d(real, fake):
    return 0.5 * ((real - 1) ** 2).mean() + 0.5 * (fake ** 2).mean()


def lsgan_g(fake):
    return 0.5 * ((fake - 1) ** 2).mean()


def balanced_gradient(g_rec, g_adv, k, eps=1e-12):
    """Gradient of L_recon + k*gamma*L_adv at the decoded image, gamma per image
    (eq. 2 and 3): gamma = |g_rec|_2 / |g_adv|_2, not differentiated."""
    n = g_rec.shape[0]
    a = g_rec.reshape(n, -1).norm(dim=1)
    b = g_adv.reshape(n, -1).norm(dim=1).clamp_min(eps)
    gamma = a / b
    return g_rec + k * gamma.view(-1, *([1] * (g_rec.dim() - 1))) * g_adv, gamma


def update_k(k, d_real_mean, d_fake_mean, rate=0.001):
    """Eq. 4 to 6, from batch means."""
    return min(1.0, max(0.0, k - rate * (1.0 - (d_real_mean - d_fake_mean))))


# --------------------------------------------------------------------------
# Symbolic autoencoder (paper 002)
# --------------------------------------------------------------------------


def sae_h(x, p, eps=1e-6):
    """h(x, p) with x clamped to [-1+eps, 1-eps] (gradient 0 outside)."""
    x = x.clamp(-1 + eps, 1 - eps)
    return -p * torch.log((1 + x) / 2) - (1 - p) * torch.log((1 - x) / 2)


def sae_losses(s0, s1, f0, f1, crossed=True, diagonal="skip", eps=1e-6):
    """s_k = D_k(I); f0 = D_0(G(s1)); f1 = D_1(G(s0)); rows are unit vectors.

    crossed=True pairs the fake symbol of unit k with the seed it came from
    (the other unit's real symbol), as the prose says; False is the printed
    index s_k, f_k.  diagonal='skip' leaves i=j out of the self losses (its
    h(1,0) is infinite); 'clamp' keeps it, clamped."""
    n = s0.shape[0]
    off = 1 - torch.eye(n, dtype=s0.dtype, device=s0.device)
    out = {}
    for k, s in ((0, s0), (1, s1)):
        a = sae_h(s @ s.T, float(k), eps)
        out[f"self{k}"] = ((a * off) if diagonal == "skip" else a).sum() / n ** 2
    b = sae_h(s0 @ s1.T, 1.0, eps)
    out["kernel"] = b.sum() / n ** 2
    out["shell"] = b.diagonal().sum() / n
    for k, (s, f) in ((0, (s1 if crossed else s0, f0)), (1, (s0 if crossed else s1, f1))):
        x = s @ f.T
        out[f"fake_kernel{k}"] = sae_h(x, 0.0, eps).sum() / n ** 2
        out[f"fake_shell{k}"] = sae_h(x.diagonal(), 1.0, eps).sum() / n
    out["l_b"] = (out["shell"] + out["kernel"] + out["self0"] + out["self1"]
                  + out["fake_kernel0"] + out["fake_kernel1"])
    out["l_g"] = out["fake_shell0"] + out["fake_shell1"]
    return out


# --------------------------------------------------------------------------
# Sample reweighting (paper 003, Algorithm 1)
# --------------------------------------------------------------------------


def distance_sums(real, gen, chunk=512):
    """d(r) = sum over g of |r - g|_2, direct differences (no matmul trick)."""
    return torch.cat([
        (r[:, None, :] - gen[None]).pow(2).sum(-1).sqrt().sum(1) for r in real.split(chunk)
    ])


def distance_sums_cdist(real, gen, mode="use_mm_for_euclid_dist_if_necessary"):
    return torch.cdist(real, gen, compute_mode=mode).sum(1)


def normalise_weights(d, how="printed"):
    """'printed': (d - min)/max; 'minmax': (d - min)/(max - min). Over real samples."""
    lo, hi = d.min(), d.max()
    den = hi if how == "printed" else hi - lo
    return torch.zeros_like(d) if float(den) == 0.0 else (d - lo) / den


def transform_weights(w, method):
    """method: A_mu, A_sigma, B, C. Standard deviation with divisor n."""
    mu, sd = w.mean(), w.std(correction=0)
    if method == "A_mu":
        return torch.where(w < mu, torch.zeros_like(w), w)
    if method == "A_sigma":
        return torch.where(w < mu - sd, torch.zeros_like(w), w)
    if method == "B":
        if float(sd) == 0.0:
            return torch.full_like(w, 0.5)
        return torch.sigmoid(2 * (w - mu) / sd)
    return w.clone()


def reweight(real, gen, method, how="printed"):
    return transform_weights(normalise_weights(distance_sums(real, gen), how), method)


# --------------------------------------------------------------------------
# Noisy-target GAN (paper 004)
# --------------------------------------------------------------------------


def mix_noise(x, noise, keep):
    """x + z with z = keep * noise, keep one 0/1 value per sample."""
    return x + keep.view(-1, *([1] * (x.dim() - 1))).to(x.dtype) * noise


def dirichlet_noise(n, shape, conc=1.0, device="cpu", dtype=torch.float32):
    d = math.prod(shape)
    g = torch._standard_gamma(torch.full((n, d), conc, device=device, dtype=dtype))
    return (g / g.sum(1, keepdim=True)).reshape(n, *shape)


def tv(p, q):
    return 0.5 * (p - q).abs().sum()


def kl(p, q):
    """Natural log; 0 log 0 = 0."""
    t = torch.where(p > 0, p * (torch.log(p.clamp_min(1e-300)) - torch.log(q.clamp_min(1e-300))),
                    torch.zeros_like(p))
    return t.sum()


def jsd(p, q):
    m = 0.5 * (p + q)
    return 0.5 * kl(p, m) + 0.5 * kl(q, m)


def jsd_worst_case(delta):
    """Largest JSD(P, (1-delta) P + delta P'), reached when P and P' are disjoint."""
    a = -math.log(1 - delta / 2)
    b = (0.0 if delta == 1 else (1 - delta) * math.log((1 - delta) / (1 - delta / 2)))
    return 0.5 * (a + b + delta * math.log(2.0))


# --------------------------------------------------------------------------
# GAN and VAE losses
# --------------------------------------------------------------------------


def bce_logits(z, target):
    return F.binary_cross_entropy_with_logits(z, torch.full_like(z, target))


def hinge_d(real, fake):
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def hinge_g(fake):
    return -fake.mean()


def gradient_penalty(critic, real, fake, eps):
    """mean over samples of (|grad critic(eps*real + (1-eps)*fake)|_2 - 1)^2."""
    x = (eps * real + (1 - eps) * fake).detach().requires_grad_(True)
    g = torch.autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return ((g.reshape(g.shape[0], -1).norm(dim=1) - 1) ** 2).mean()


def vae_loss(recon, x, mu, logvar, beta=1.0):
    """Bernoulli reconstruction and KL, both summed over the batch."""
    rec = F.binary_cross_entropy(recon, x, reduction="sum")
    k = -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum()
    return rec + beta * k


def spectral_norm_step(w, u, eps=1e-8):
    """One power iteration; sigma = u' (W v) with u', v constant."""
    m = w.reshape(w.shape[0], -1)
    with torch.no_grad():
        v = F.normalize(m.detach().T @ u, dim=0, eps=eps)
        u2 = F.normalize(m.detach() @ v, dim=0, eps=eps)
    sigma = u2 @ (m @ v)
    return w / sigma, sigma, u2, v


def conditional_bn(x, gain, bias, eps=1e-5):
    """Batch statistics without affine, then (1 + gain) and bias per sample."""
    n, c = gain.shape
    y = F.batch_norm(x, None, None, None, None, True, 0.1, eps)
    return y * (1 + gain).view(n, c, 1, 1) + bias.view(n, c, 1, 1)


# --------------------------------------------------------------------------
# Metrics
# --------------------------------------------------------------------------

MSSSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def gaussian_window(size, sigma, dtype, device="cpu"):
    c = torch.arange(size, dtype=dtype, device=device) - (size - 1) / 2
    g = torch.exp(-(c ** 2) / (2 * sigma ** 2))
    return g / g.sum()


def ssim_parts(x, y, data_range, window=11, sigma=1.5, k1=0.01, k2=0.03, shrink_sigma=True):
    """Mean SSIM and mean contrast-structure term per sample; valid filtering,
    each channel apart, averaged over channels and positions. The window
    shrinks to the image side, and sigma with it."""
    size = min(window, x.shape[-1], x.shape[-2])
    g = gaussian_window(size, sigma * size / window if shrink_sigma else sigma, x.dtype, x.device)
    c = x.shape[1]

    def blur(t):
        t = F.conv2d(t, g.view(1, 1, -1, 1).expand(c, 1, -1, 1), groups=c)
        return F.conv2d(t, g.view(1, 1, 1, -1).expand(c, 1, 1, -1), groups=c)

    c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
    mx, my = blur(x), blur(y)
    sxx, syy, sxy = blur(x * x) - mx * mx, blur(y * y) - my * my, blur(x * y) - mx * my
    cs = (2 * sxy + c2) / (sxx + syy + c2)
    full = cs * (2 * mx * my + c1) / (mx * mx + my * my + c1)
    return full.mean((1, 2, 3)), cs.mean((1, 2, 3))


def ms_ssim(x, y, data_range, levels=5, weights=None):
    """prod_j max(cs_j, 0)^w_j (j < levels) * max(ssim_levels, 0)^w_levels;
    2x2 mean pooling between levels; weights = first `levels` of the five
    standard ones, rescaled to sum to 1."""
    w = list(weights or MSSSIM_WEIGHTS[:levels])
    tot = sum(w)
    w = [v / tot for v in w]
    out = 1.0
    for j in range(levels):
        full, cs = ssim_parts(x, y, data_range)
        v = full if j == levels - 1 else cs
        out = out * v.clamp_min(0) ** w[j]
        if j < levels - 1:
            x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return out


def ms_ssim_shifted(x, y, data_range):
    """A non-standard form common in public PyTorch code: every mean v becomes
    (v+1)/2, and the last SSIM enters with 4 times its weight. It gives about
    0.38 = 0.5^1.4 for unrelated images (NOTES.md). Sigma stays 1.5."""
    w, out = MSSSIM_WEIGHTS, 1.0
    for j in range(5):
        full, cs = ssim_parts(x, y, data_range, shrink_sigma=False)
        out = out * (((full + 1) / 2) ** (4 * w[j]) if j == 4 else ((cs + 1) / 2) ** w[j])
        if j < 4:
            x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return out


def moments(f):
    mu = f.mean(0)
    c = f - mu
    return mu, c.T @ c / (f.shape[0] - 1)


def fid_eigh(m1, c1, m2, c2):
    """Symmetric form: tr sqrt(C1^1/2 C2 C1^1/2) from two eigendecompositions."""
    w, v = torch.linalg.eigh(c1)
    r = (v * w.clamp_min(0).sqrt()) @ v.T
    e = torch.linalg.eigvalsh(r @ c2 @ r).clamp_min(0)
    return ((m1 - m2) ** 2).sum() + c1.trace() + c2.trace() - 2 * e.sqrt().sum()
