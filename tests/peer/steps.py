"""One full training step of each procedure at the papers' sizes, timed.

python steps.py NAME [--batch N] [--reps R] [--threads 2] [--device cpu|cuda]
                     [--tf32] [--size S] [--channels-last] [--compile] [--no-flops]
Prints one JSON line.  NAME 'all' runs every step, 'list' names them.
Random data; nothing is read from disk.  See NOTES.md for the readings.
"""
import argparse
import json
import os
import resource
import statistics
import sys
import time

if "--passive" in sys.argv:  # must be set before torch loads its thread pool
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

import ref

EMA = 0.9999  # BigGAN's averaged generator, only with --ema


class Reshape(nn.Module):
    def __init__(self, *shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.reshape(x.shape[0], *self.shape)


def set_grad(net, on):
    for p in net.parameters():
        p.requires_grad_(on)


def adam(net, lr, betas=(0.9, 0.999)):
    return torch.optim.Adam(net.parameters(), lr=lr, betas=betas)


def normal_init(net, std=0.02):
    for m in net.modules():
        if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            nn.init.normal_(m.weight, 0.0, std)
            if m.bias is not None:
                nn.init.zeros_(m.bias)
        elif isinstance(m, nn.BatchNorm2d):
            nn.init.normal_(m.weight, 1.0, std)
            nn.init.zeros_(m.bias)
    return net


# ------------------------------------------------------------------ paper 000


class Wta(nn.Module):
    def __init__(self, width=128, channels=1):
        super().__init__()
        w = width
        self.enc = nn.Sequential(
            nn.Conv2d(channels, w, 5), nn.ReLU(), nn.Conv2d(w, w, 5), nn.ReLU(), nn.Conv2d(w, w, 5), nn.ReLU())
        self.dec = nn.Sequential(
            nn.ConvTranspose2d(w, w, 5), nn.ReLU(), nn.ConvTranspose2d(w, w, 5), nn.ReLU(),
            nn.ConvTranspose2d(w, channels, 5))

    def forward(self, x, lifetime=True):
        return self.dec(ref.wta(self.enc(x), 0.05, lifetime=lifetime, stable=False))


def wta(o):
    """A.2: 3 conv 5x5 x128, spatial then lifetime 5 %, MSE, Adam 1e-3."""
    net = Wta().to(o.device)
    opt = adam(net, 1e-3)
    x = torch.rand(o.batch, 1, 28, 28, device=o.device)

    def step():
        opt.zero_grad(set_to_none=True)
        loss = F.mse_loss(net(x), x)
        loss.backward()
        opt.step()
        return loss

    return step, [net]


def wta_generate(o):
    """One reconstruction pass: spatial sparsity only, clip to [0, 1], and the
    per-image mean squared change the stopping rule needs."""
    net = Wta().to(o.device).eval()
    state = {"x": torch.rand(o.batch, 1, 28, 28, device=o.device)}

    @torch.no_grad()
    def step():
        x = state["x"]
        y = net(x, lifetime=False)
        change = (y - x).square().mean((1, 2, 3))
        state["x"] = y.clamp(0, 1)
        return change.max()

    return step, [net]


class DcganG(nn.Module):
    """z -> 4x4 or 2x2 start, doubling, tanh.  kernel 4 (PyTorch DCGAN)."""

    def __init__(self, nz=100, ch=1, w=64, size=32):
        super().__init__()
        if size == 28:
            self.net = nn.Sequential(
                nn.Linear(nz, 7 * 7 * w * 4, bias=False), Reshape(w * 4, 7, 7), nn.BatchNorm2d(w * 4), nn.ReLU(),
                nn.ConvTranspose2d(w * 4, w * 2, 4, 2, 1, bias=False), nn.BatchNorm2d(w * 2), nn.ReLU(),
                nn.ConvTranspose2d(w * 2, ch, 4, 2, 1, bias=False), nn.Tanh())
            return
        layers = [Reshape(nz, 1, 1), nn.ConvTranspose2d(nz, w * 8, 4, 1, 0, bias=False), nn.BatchNorm2d(w * 8), nn.ReLU()]
        for a, b in ((8, 4), (4, 2), (2, 1)):
            layers += [nn.ConvTranspose2d(w * a, w * b, 4, 2, 1, bias=False), nn.BatchNorm2d(w * b), nn.ReLU()]
        # 32: a 1x1 transposed conv ends it; 64: one more doubling
        layers += [nn.ConvTranspose2d(w, ch, 1, 1, 0, bias=False) if size == 32
                   else nn.ConvTranspose2d(w, ch, 4, 2, 1, bias=False), nn.Tanh()]
        self.net = nn.Sequential(*layers)

    def forward(self, z):
        return self.net(z)


class DcganD(nn.Module):
    def __init__(self, ch=1, w=64, size=32):
        super().__init__()
        if size == 28:
            self.net = nn.Sequential(
                nn.Conv2d(ch, w, 4, 2, 1, bias=False), nn.LeakyReLU(0.2),
                nn.Conv2d(w, w * 2, 4, 2, 1, bias=False), nn.BatchNorm2d(w * 2), nn.LeakyReLU(0.2),
                nn.Flatten(), nn.Linear(w * 2 * 49, 1))
            return
        layers = [nn.Conv2d(ch, w, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for a, b in ((1, 2), (2, 4), (4, 8)):
            layers += [nn.Conv2d(w * a, w * b, 4, 2, 1, bias=False), nn.BatchNorm2d(w * b), nn.LeakyReLU(0.2)]
        layers += [nn.Conv2d(w * 8, 1, 4, 1, 1 if size == 32 else 0, bias=False), nn.Flatten()]
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x)


def dcgan_pair(o, ch):
    g = normal_init(DcganG(100, ch, 64, o.size)).to(o.device)
    d = normal_init(DcganD(ch, 64, o.size)).to(o.device)
    return g, d, adam(g, 2e-4, (0.5, 0.999)), adam(d, 2e-4, (0.5, 0.999))


def gan_step(g, d, og, od, n, device, real_fn):
    def step():
        set_grad(d, True)
        od.zero_grad(set_to_none=True)
        with torch.no_grad():
            fake = g(torch.randn(n, 100, device=device))
        ld = ref.bce_logits(d(real_fn()), 1.0) + ref.bce_logits(d(fake), 0.0)
        ld.backward()
        od.step()
        set_grad(d, False)
        og.zero_grad(set_to_none=True)
        lg = ref.bce_logits(d(g(torch.randn(n, 100, device=device))), 1.0)
        lg.backward()
        og.step()
        return ld + lg

    return step


def dcgan(o):
    """Paper 000's GAN control: DCGAN on MNIST, one D and one G update."""
    g, d, og, od = dcgan_pair(o, 1)
    x = torch.rand(o.batch, 1, o.size, o.size, device=o.device) * 2 - 1
    return gan_step(g, d, og, od, o.batch, o.device, lambda: x), [g, d]


class BurgessVae(nn.Module):
    def __init__(self, latent=10, ch=1):
        super().__init__()
        self.latent = latent
        self.enc = nn.Sequential(
            nn.Conv2d(ch, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, 32, 4, 2, 1), nn.ReLU(),
            nn.Conv2d(32, 32, 4, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 256), nn.ReLU(),
            nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 2 * latent))
        self.dec = nn.Sequential(
            nn.Linear(latent, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 512), nn.ReLU(),
            Reshape(32, 4, 4), nn.ConvTranspose2d(32, 32, 4, 2, 1), nn.ReLU(),
            nn.ConvTranspose2d(32, 32, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(32, ch, 4, 2, 1), nn.Sigmoid())

    def forward(self, x):
        mu, logvar = self.enc(x).chunk(2, 1)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return self.dec(z), mu, logvar


def vae(o):
    """Burgess et al. at 32x32 (3 convs), latent 10, beta 1, Adam 1e-3."""
    net = BurgessVae(o.latent or 10).to(o.device)
    opt = adam(net, 1e-3)
    x = torch.rand(o.batch, 1, 32, 32, device=o.device)

    def step():
        opt.zero_grad(set_to_none=True)
        y, mu, lv = net(x)
        loss = ref.vae_loss(y, x, mu, lv, beta=1.0) / o.batch
        loss.backward()
        opt.step()
        return loss

    return step, [net]


# ------------------------------------------------------------------ paper 001


class InfoEncoder(nn.Module):
    """InfoGAN's MNIST discriminator body: 2 convs, 2 dense (4 layers)."""

    def __init__(self, out=32, ch=1, norm=True):
        super().__init__()

        def bn2(c):
            return nn.BatchNorm2d(c) if norm else nn.Identity()

        self.net = nn.Sequential(
            nn.Conv2d(ch, 64, 4, 2, 1), nn.LeakyReLU(0.1),
            nn.Conv2d(64, 128, 4, 2, 1, bias=not norm), bn2(128), nn.LeakyReLU(0.1), nn.Flatten(),
            nn.Linear(128 * 49, 1024, bias=not norm), nn.BatchNorm1d(1024) if norm else nn.Identity(),
            nn.LeakyReLU(0.1), nn.Linear(1024, out))

    def forward(self, x):
        return self.net(x)


class InfoGenerator(nn.Module):
    def __init__(self, latent=32, ch=1):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(latent, 1024, bias=False), nn.BatchNorm1d(1024), nn.ReLU(),
            nn.Linear(1024, 128 * 49, bias=False), nn.BatchNorm1d(128 * 49), nn.ReLU(), Reshape(128, 7, 7),
            nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
            nn.ConvTranspose2d(64, ch, 4, 2, 1), nn.Sigmoid())

    def forward(self, z):
        return self.net(z)


def augintae(o):
    """Two affine views, SLERP, L1 to the mixed view, LSGAN with k and gamma."""
    n, dev = o.batch, o.device
    e, g, d = InfoEncoder(32).to(dev), InfoGenerator(32).to(dev), InfoEncoder(1).to(dev)
    oae = torch.optim.Adam(list(e.parameters()) + list(g.parameters()), lr=1e-3)
    od = adam(d, 1e-3)
    x = torch.rand(n, 1, 28, 28, device=dev)
    st = {"k": torch.ones((), device=dev)}

    def step():
        with torch.no_grad():
            r1, r2 = ref.sample_rho(n, device=dev), ref.sample_rho(n, device=dev)
            al = ref.sample_alpha(n, device=dev)
            rc = al[:, None] * r1 + (1 - al[:, None]) * r2
            abc = ref.affine_augment(torch.cat([x, x, x]), torch.cat([r1, r2, rc]))
            c = abc[2 * n:]
        # autoencoder update
        oae.zero_grad(set_to_none=True)
        z = ref.l2_normalize(e(abc[:2 * n]))
        y = g(ref.slerp_fast(z[:n], z[n:], al))
        leaf = y.detach().requires_grad_(True)
        rec = (leaf - c).abs().mean()
        g_rec = torch.autograd.grad(rec, leaf)[0]
        set_grad(d, False)
        g_adv = torch.autograd.grad(ref.lsgan_g(d(leaf)), leaf)[0]
        total, _ = ref.balanced_gradient(g_rec, g_adv, st["k"])
        y.backward(total)
        oae.step()
        # discriminator update, then k from the same scores
        set_grad(d, True)
        od.zero_grad(set_to_none=True)
        real, fake = d(c), d(leaf.detach())
        ref.lsgan_d(real, fake).backward()
        od.step()
        gap = real.detach().mean() - fake.detach().mean()
        st["k"] = (st["k"] - 0.001 * (1 - gap)).clamp(0, 1)
        return rec

    return step, [e, g, d]


def wgan_gp(o):
    """5 critic updates with gradient penalty 10, then one generator update;
    InfoGAN nets (critic without batch norm), latent 32 on the unit sphere."""
    n, dev, nc = o.batch, o.device, o.critic
    g, d = InfoGenerator(32).to(dev), InfoEncoder(1, norm=False).to(dev)
    og, od = adam(g, 1e-3), adam(d, 1e-3)
    x = torch.rand(n, 1, 28, 28, device=dev)

    def noise():
        return ref.l2_normalize(torch.randn(n, 32, device=dev))

    def step():
        set_grad(d, True)
        for _ in range(nc):
            od.zero_grad(set_to_none=True)
            with torch.no_grad():
                fake = g(noise())
            eps = torch.rand(n, 1, 1, 1, device=dev)
            gp = ref.gradient_penalty(d, x, fake, eps)
            loss = d(fake).mean() - d(x).mean() + 10 * gp
            loss.backward()
            od.step()
        set_grad(d, False)
        og.zero_grad(set_to_none=True)
        (-d(g(noise())).mean()).backward()
        og.step()
        return loss

    step.images = n * nc
    return step, [g, d]


# ------------------------------------------------------------------ paper 002


def sae_sizes(size):
    s = [size]
    for _ in range(4):
        s.append((s[-1] + 1) // 2)
    return s


class SaeEncoder(nn.Module):
    """4 convs 5x5 stride 2 and one dense layer, ReLU, unit-length output."""

    def __init__(self, m=100, ch=1, w=64, size=32):
        super().__init__()
        layers, c = [], ch
        for i in range(4):
            k = w * 2 ** i
            layers.append(nn.Conv2d(c, k, 5, 2, 2, bias=i == 0))
            if i:
                layers.append(nn.BatchNorm2d(k))
            layers.append(nn.ReLU())
            c = k
        side = sae_sizes(size)[4]
        self.net = nn.Sequential(*layers, nn.Flatten(), nn.Linear(c * side * side, m))

    def forward(self, x):
        return ref.l2_normalize(self.net(x))


class SaeGenerator(nn.Module):
    """Dense layer and 4 transposed convs 5x5 stride 2, ReLU, tanh."""

    def __init__(self, m=100, ch=1, w=64, size=32):
        super().__init__()
        s = sae_sizes(size)
        layers = [nn.Linear(m, w * 8 * s[4] ** 2, bias=False), Reshape(w * 8, s[4], s[4]), nn.BatchNorm2d(w * 8), nn.ReLU()]
        c = w * 8
        for i in (3, 2, 1, 0):
            k = ch if i == 0 else w * 2 ** (i - 1)
            layers.append(nn.ConvTranspose2d(c, k, 5, 2, 2, s[i] - (2 * s[i + 1] - 1), bias=i == 0))
            layers += [nn.Tanh()] if i == 0 else [nn.BatchNorm2d(k), nn.ReLU()]
            c = k
        self.net = nn.Sequential(*layers)

    def forward(self, s):
        return self.net(s)


def sae(o):
    """Algorithm of 3.6: both gradients at the same point, then both updates."""
    n, dev, m = o.batch, o.device, o.latent or 100
    ch = 1 if o.size != 64 else 3
    d0, d1 = (normal_init(SaeEncoder(m, ch, 64, o.size)).to(dev) for _ in range(2))
    g = normal_init(SaeGenerator(m, ch, 64, o.size)).to(dev)
    pb, pg = list(d0.parameters()) + list(d1.parameters()), list(g.parameters())
    ob = torch.optim.Adam(pb, lr=2e-4, betas=(0.5, 0.999))
    og = torch.optim.Adam(pg, lr=2e-4, betas=(0.5, 0.999))
    x = torch.rand(n, ch, o.size, o.size, device=dev) * 2 - 1

    def step():
        s0, s1 = d0(x), d1(x)
        f0, f1 = d0(g(s1)), d1(g(s0))
        out = ref.sae_losses(s0, s1, f0, f1)
        gb = torch.autograd.grad(out["l_b"], pb, retain_graph=True)
        gg = torch.autograd.grad(out["l_g"], pg)
        for p, v in zip(pb + pg, gb + gg):
            p.grad = v
        ob.step()
        og.step()
        return out["l_b"].detach() + out["l_g"].detach()

    return step, [d0, d1, g]


# ------------------------------------------------------------------ paper 003


class Basic(nn.Module):
    """CIFAR residual block with a parameter-free shortcut (option A)."""

    def __init__(self, a, b, stride):
        super().__init__()
        self.c1, self.b1 = nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b)
        self.c2, self.b2 = nn.Conv2d(b, b, 3, 1, 1, bias=False), nn.BatchNorm2d(b)
        self.stride, self.extra = stride, b - a

    def forward(self, x):
        y = self.b2(self.c2(F.relu(self.b1(self.c1(x)))))
        if self.stride != 1 or self.extra:
            x = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.extra // 2, self.extra - self.extra // 2))
        return F.relu(y + x)


class ResNet20(nn.Module):
    def __init__(self, width=64, classes=10):
        super().__init__()
        layers = [nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        c = width
        for stage in range(3):
            for i in range(3):
                b = width * 2 ** stage
                layers.append(Basic(c, b, 2 if stage and i == 0 else 1))
                c = b
        self.body, self.fc = nn.Sequential(*layers), nn.Linear(c, classes)
        for m in self.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(m.weight)

    def features(self, x):
        return self.body(x).mean((2, 3))

    def forward(self, x):
        return self.fc(self.features(x))


def resnet20_w64(o):
    """A.1 classifier: SGD 0.1, momentum 0.9, weight decay 1e-4, cross entropy."""
    net = ResNet20(64).to(o.device)
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    x = torch.randn(o.batch, 3, 32, 32, device=o.device)
    y = torch.randint(0, 10, (o.batch,), device=o.device)
    if o.channels_last:
        net, x = net.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)

    def step():
        opt.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        return loss

    return step, [net]


class SnMixin:
    """Divides the weight by its largest singular value, one power iteration
    per training forward pass."""

    def _sn_init(self, rows):
        self.register_buffer("u", F.normalize(torch.randn(rows), dim=0))

    def sn_weight(self):
        w, _, u, _ = ref.spectral_norm_step(self.weight, self.u)
        if self.training:
            self.u = u.detach()
        return w


class SnConv(nn.Conv2d, SnMixin):
    def __init__(self, a, b, k):
        nn.Conv2d.__init__(self, a, b, k, 1, k // 2)
        self._sn_init(b)

    def forward(self, x):
        return F.conv2d(x, self.sn_weight(), self.bias, 1, self.padding)


class SnLinear(nn.Linear, SnMixin):
    def __init__(self, a, b, bias=True):
        nn.Linear.__init__(self, a, b, bias)
        self._sn_init(b)

    def forward(self, x):
        return F.linear(x, self.sn_weight(), self.bias)


class SnEmbedding(nn.Embedding, SnMixin):
    def __init__(self, a, b):
        nn.Embedding.__init__(self, a, b)
        self._sn_init(a)

    def forward(self, y):
        return F.embedding(y, self.sn_weight())


class CondBn(nn.Module):
    def __init__(self, c, cond):
        super().__init__()
        self.gain, self.bias = SnLinear(cond, c, False), SnLinear(cond, c, False)
        self.bn = nn.BatchNorm2d(c, affine=False)

    def forward(self, x, y):
        n, c = x.shape[:2]
        return self.bn(x) * (1 + self.gain(y)).view(n, c, 1, 1) + self.bias(y).view(n, c, 1, 1)


class GenBlock(nn.Module):
    """cBN, ReLU, upsample, conv, cBN, ReLU, conv; 1x1 conv on the shortcut."""

    def __init__(self, a, b, cond):
        super().__init__()
        self.b1, self.b2 = CondBn(a, cond), CondBn(b, cond)
        self.c1, self.c2, self.sc = SnConv(a, b, 3), SnConv(b, b, 3), SnConv(a, b, 1)

    def forward(self, x, y):
        h = F.interpolate(F.relu(self.b1(x, y)), scale_factor=2)
        h = self.c2(F.relu(self.b2(self.c1(h), y)))
        return h + self.sc(F.interpolate(x, scale_factor=2))


class BigG(nn.Module):
    """32x32: linear 20 -> 4x4x256, three doubling blocks of 4*ch, z in four
    chunks of 20, class vector of 80 shared by all blocks."""

    def __init__(self, ch=64, dim_z=80, classes=10):
        super().__init__()
        w = 4 * ch
        self.chunk = dim_z // 4
        self.shared = nn.Embedding(classes, dim_z)
        self.lin = SnLinear(self.chunk, w * 16)
        self.blocks = nn.ModuleList(GenBlock(w, w, dim_z + self.chunk) for _ in range(3))
        self.bn, self.out, self.w = nn.BatchNorm2d(w), SnConv(w, 3, 3), w

    def forward(self, z, y):
        zs, e = z.split(self.chunk, 1), self.shared(y)
        h = self.lin(zs[0]).view(-1, self.w, 4, 4)
        for i, b in enumerate(self.blocks):
            h = b(h, torch.cat([e, zs[i + 1]], 1))
        return torch.tanh(self.out(F.relu(self.bn(h))))


class DisBlock(nn.Module):
    def __init__(self, a, b, first, down):
        super().__init__()
        self.first, self.down = first, down
        self.c1, self.c2 = SnConv(a, b, 3), SnConv(b, b, 3)
        self.sc = SnConv(a, b, 1) if (a != b or down) else None

    def forward(self, x):
        h = self.c2(F.relu(self.c1(x if self.first else F.relu(x))))
        s = x
        if self.first:  # pool before the 1x1 conv in the first block
            s = self.sc(F.avg_pool2d(s, 2))
        elif self.sc is not None:
            s = self.sc(s)
            s = F.avg_pool2d(s, 2) if self.down else s
        return (F.avg_pool2d(h, 2) if self.down else h) + s


class BigD(nn.Module):
    """Four blocks of 4*ch (two halve), sum pooling, linear + class projection."""

    def __init__(self, ch=64, classes=10):
        super().__init__()
        w = 4 * ch
        self.body = nn.Sequential(DisBlock(3, w, True, True), DisBlock(w, w, False, True),
                                  DisBlock(w, w, False, False), DisBlock(w, w, False, False))
        self.lin, self.emb = SnLinear(w, 1), SnEmbedding(classes, w)

    def forward(self, x, y):
        h = F.relu(self.body(x)).sum((2, 3))
        return self.lin(h) + (self.emb(y) * h).sum(1, keepdim=True)


def biggan_cifar(o):
    """BigGAN at 32x32, hinge loss, Adam 2e-4 betas (0, 0.999), one D + one G."""
    n, dev = o.batch, o.device
    g, d = BigG().to(dev), BigD().to(dev)
    for net in (g, d):
        for m in net.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear, nn.Embedding)):
                nn.init.orthogonal_(m.weight)
    og, od = adam(g, 2e-4, (0.0, 0.999)), adam(d, 2e-4, (0.0, 0.999))
    x = torch.rand(n, 3, 32, 32, device=dev) * 2 - 1
    yr = torch.randint(0, 10, (n,), device=dev)
    avg = [p.detach().clone() for p in g.parameters()] if o.ema else None

    def sample():
        return torch.randn(n, 80, device=dev), torch.randint(0, 10, (n,), device=dev)

    def step():
        set_grad(d, True)
        for _ in range(o.d_steps):
            od.zero_grad(set_to_none=True)
            z, y = sample()
            with torch.no_grad():
                fake = g(z, y)
            out = d(torch.cat([fake, x]), torch.cat([y, yr]))
            ld = ref.hinge_d(out[n:], out[:n])
            ld.backward()
            od.step()
        set_grad(d, False)
        og.zero_grad(set_to_none=True)
        z, y = sample()
        lg = ref.hinge_g(d(g(z, y), y))
        lg.backward()
        og.step()
        if avg is not None:
            with torch.no_grad():
                torch._foreach_lerp_(avg, list(g.parameters()), 1 - EMA)
        return ld + lg

    step.images = n * o.d_steps
    return step, [g, d]


# ------------------------------------------------------------------ paper 004


def noisy_gan(o):
    """DCGAN on 32x32x3; real images get noise with probability delta, drawn
    anew each step (Gaussian or Dirichlet)."""
    n, dev = o.batch, o.device
    g, d, og, od = dcgan_pair(o, 3)
    x = torch.rand(n, 3, o.size, o.size, device=dev) * 2 - 1

    def real():
        keep = (torch.rand(n, device=dev) < o.delta).float()
        if o.noise == "gauss":
            z = torch.randn_like(x)
        else:
            z = ref.dirichlet_noise(n, x.shape[1:], 1.0, dev)
        return ref.mix_noise(x, z, keep)

    return gan_step(g, d, og, od, n, dev, real), [g, d]


# ------------------------------------------------------------------ examples


def cifar(o):
    """classify on CIFAR-10: ResNet20 (He et al., 2016), AdamW 5e-3, decay 0.05 of weights alone."""
    net = ResNet20(16).to(o.device)
    groups = [{"params": [p for p in net.parameters() if p.ndim <= 1], "weight_decay": 0.0},
              {"params": [p for p in net.parameters() if p.ndim > 1]}]
    opt = torch.optim.AdamW(groups, lr=5e-3, weight_decay=0.05)
    x = torch.rand(o.batch, 3, 32, 32, device=o.device)
    y = torch.randint(0, 10, (o.batch,), device=o.device)

    def step():
        opt.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        return loss

    return step, [net]


class UnetBlock(nn.Module):
    def __init__(self, a, b, times):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.GroupNorm(8, b))
        self.time = nn.Linear(times, b)
        self.second = nn.Sequential(nn.SiLU(), nn.Conv2d(b, b, 3, padding=1), nn.GroupNorm(8, b), nn.SiLU())
        self.skip = nn.Conv2d(a, b, 1)

    def forward(self, x, t):
        return self.second(self.first(x) + self.time(t)[:, :, None, None]) + self.skip(x)


class Unet(nn.Module):
    def __init__(self, channels, w):
        super().__init__()
        times = 4 * w
        self.time = nn.Sequential(nn.Linear(w, times), nn.SiLU(), nn.Linear(times, times), nn.SiLU())
        self.down1, self.down2 = UnetBlock(channels, w, times), UnetBlock(w, 2 * w, times)
        self.middle = UnetBlock(2 * w, 2 * w, times)
        self.up2, self.up1 = UnetBlock(4 * w, w, times), UnetBlock(2 * w, w, times)
        self.out = nn.Conv2d(w, channels, 1)
        self.register_buffer("frequencies", 10000.0 ** (-torch.arange(0, w, 2) / w))

    def forward(self, x, t):
        phase = t[:, None] * self.frequencies
        t = self.time(torch.stack([phase.sin(), phase.cos()], 2).flatten(1))
        a = self.down1(x, t)
        b = self.down2(F.avg_pool2d(a, 2), t)
        c = self.middle(F.avg_pool2d(b, 2), t)
        y = self.up2(torch.cat([F.interpolate(c, scale_factor=2), b], 1), t)
        return self.out(self.up1(torch.cat([F.interpolate(y, scale_factor=2), a], 1), t))


def ddpm(o):
    """Algorithm 1 of Ho, Jain, Abbeel (2020): Adam 1e-3, average of the weights with 0.995."""
    net = Unet(1, 24).to(o.device)
    mean = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995))
    opt = adam(net, 1e-3)
    steps = 200
    kept = (1 - torch.linspace(1e-4, 0.02, steps, device=o.device) * (1000 / steps)).cumprod(0)
    x = torch.rand(o.batch, 1, o.size, o.size, device=o.device) * 2 - 1

    def step():
        opt.zero_grad(set_to_none=True)
        e = torch.randn_like(x)
        t = torch.randint(0, steps, (o.batch,), device=o.device)
        share = kept[t].view(-1, 1, 1, 1)
        loss = F.mse_loss(net(share.sqrt() * x + (1 - share).sqrt() * e, t), e)
        loss.backward()
        opt.step()
        mean.update_parameters(net)
        return loss

    return step, [net]


class Lstm(nn.Module):
    def __init__(self, size, hidden):
        super().__init__()
        self.lstm, self.head = nn.LSTM(size, hidden), nn.Linear(hidden, size)

    def forward(self, x):
        return self.head(self.lstm(x)[0])


def lstm(o):
    """128 steps of 32 sequences through an LSTM of 256 units, as a language model has it; Adam 1e-3."""
    net = Lstm(256, 256).to(o.device)
    opt = adam(net, 1e-3)
    x = torch.randn(129, o.batch, 256, device=o.device)

    def step():
        opt.zero_grad(set_to_none=True)
        loss = F.mse_loss(net(x[:-1]), x[1:])
        loss.backward()
        opt.step()
        return loss

    return step, [net]


STEPS = {
    "wta": (wta, 100, 28), "wta_generate": (wta_generate, 1000, 28), "augintae": (augintae, 64, 28),
    "sae": (sae, 64, 32), "dcgan": (dcgan, 64, 32), "vae": (vae, 64, 32), "wgan_gp": (wgan_gp, 64, 28),
    "noisy_gan": (noisy_gan, 64, 32), "resnet20_w64": (resnet20_w64, 125, 32),
    "biggan_cifar": (biggan_cifar, 64, 32),
    "cifar": (cifar, 128, 32), "ddpm": (ddpm, 64, 16), "lstm": (lstm, 32, 128),
}


class FlopCounter(TorchDispatchMode):
    """Sums torch's own per-operator formulas (2 per multiply-add): matrix
    products and convolutions, forward, backward and double backward."""

    def __init__(self):
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        f = flop_registry.get(func.overloadpacket)
        if f is not None:
            self.total += int(f(*args, **(kwargs or {}), out_val=out))
        return out


def count_flops(step):
    try:
        with FlopCounter() as f:
            step()
        return f.total / 1e9
    except Exception:  # noqa: BLE001
        return None


def run(name, o):
    fn, batch, size = STEPS[name]
    o = argparse.Namespace(**vars(o))
    o.batch, o.size = o.batch or batch, o.size or size
    torch.manual_seed(o.seed)
    step, nets = fn(o)
    sync = torch.cuda.synchronize if o.device.startswith("cuda") else (lambda: None)
    gf = None if o.no_flops else count_flops(step)
    run_step = torch.compile(step) if o.compile else step
    for _ in range(o.warmup):
        run_step()
    sync()
    times = []
    for _ in range(o.reps):
        t = time.perf_counter()
        last = run_step()
        sync()
        times.append(time.perf_counter() - t)
    med = statistics.median(times)
    images = getattr(step, "images", o.batch)
    res = {
        "name": name, "batch": o.batch, "median_s": med, "min_s": min(times), "max_s": max(times),
        "images_per_s": images / med, "gflop_per_step": gf, "torch": torch.__version__,
        "images_per_step": images, "size": o.size, "reps": o.reps, "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name() if o.device.startswith("cuda") else "cpu",
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "tf32": o.tf32, "passive": o.passive, "load1": os.getloadavg()[0], "compile": o.compile, "channels_last": o.channels_last,
        "parameters": [sum(p.numel() for p in n.parameters()) for n in nets],
        "last_value": float(last), "finite": bool(torch.isfinite(torch.as_tensor(float(last)))),
    }
    print(json.dumps(res), flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("name", choices=[*STEPS, "all", "list"])
    p.add_argument("--batch", type=int)
    p.add_argument("--reps", type=int, default=5)
    p.add_argument("--warmup", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--device", default="cpu")
    p.add_argument("--passive", action="store_true",
                   help="threads sleep instead of spinning: needed on a busy machine (NOTES.md)")
    p.add_argument("--tf32", action="store_true")
    p.add_argument("--size", type=int, help="28, 32 or 64 where the step has a choice (dcgan, noisy_gan, sae)")
    p.add_argument("--latent", type=int, help="vae latent (10), sae symbol dimension (100)")
    p.add_argument("--critic", type=int, default=5, help="wgan_gp critic updates per step")
    p.add_argument("--d-steps", type=int, default=1, help="biggan_cifar D updates per step")
    p.add_argument("--ema", action="store_true", help="biggan_cifar: keep the averaged generator")
    p.add_argument("--delta", type=float, default=0.3, help="noisy_gan noise probability")
    p.add_argument("--noise", choices=["gauss", "dirichlet"], default="gauss")
    p.add_argument("--channels-last", action="store_true", help="resnet20_w64 only")
    p.add_argument("--compile", action="store_true")
    p.add_argument("--no-flops", action="store_true")
    p.add_argument("--seed", type=int, default=0)
    o = p.parse_args()
    if o.name == "list":
        print("\n".join(STEPS))
        return
    torch.set_num_threads(o.threads)
    torch.backends.cuda.matmul.allow_tf32 = o.tf32
    torch.backends.cudnn.allow_tf32 = o.tf32
    torch.backends.cudnn.benchmark = True
    for name in STEPS if o.name == "all" else [o.name]:
        run(name, o)


if __name__ == "__main__":
    main()
