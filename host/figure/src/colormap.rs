//! Colours for values.

use super::canvas::Color;

/// Which colours values have, from the lowest to the highest. The names are those of Matplotlib.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Colormap {
    /// Dark violet to yellow: equal steps look equal, in grey and to any colour vision too.
    #[default]
    Viridis,
    /// Black to white.
    Gray,
    /// Red over white to blue, for values around a middle.
    RdBu,
}

/// Ten of the 256 colours of Matplotlib's `viridis`, at equal distances.
const VIRIDIS: [u32; 10] =
    [0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b, 0xfde725];

const GRAY: [u32; 2] = [0x000000, 0xffffff];

/// ColorBrewer's `RdBu` with eleven classes, which Matplotlib interpolates too.
const RDBU: [u32; 11] = [
    0x67001f, 0xb2182b, 0xd6604d, 0xf4a582, 0xfddbc7, 0xf7f7f7, 0xd1e5f0, 0x92c5de, 0x4393c3, 0x2166ac,
    0x053061,
];

impl Colormap {
    /// The colour at `share` in [0, 1] of the way.
    pub fn color(self, share: f64) -> Color {
        let colors = match self {
            Self::Viridis => &VIRIDIS[..],
            Self::Gray => &GRAY,
            Self::RdBu => &RDBU,
        };
        let along = share.clamp(0.0, 1.0) * (colors.len() - 1) as f64;
        let first = (along as usize).min(colors.len() - 2);
        let between = |shift: u32| {
            let [from, to] = [colors[first], colors[first + 1]].map(|c| f64::from(c >> shift & 0xff));
            (from + (to - from) * (along - first as f64)).round() as u8
        };
        [between(16), between(8), between(0)]
    }
}
