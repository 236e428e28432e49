//! Random numbers that are a function of the file's number.

/// SplitMix64 (Steele, Lea, Flood, 2014).
pub struct Random(u64);

impl Random {
    pub fn new(number: u64) -> Self {
        let mut random = Self(number);
        // Files of neighbouring numbers have nothing in common.
        Self(random.word())
    }

    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is 0 for 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.word() % n.max(1) as u64) as usize
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn choose<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        if list.is_empty() { None } else { list.get(self.below(list.len())) }
    }

    pub fn choose_mut<'a, T>(&mut self, list: &'a mut [T]) -> Option<&'a mut T> {
        let place = self.below(list.len());
        list.get_mut(place)
    }

    /// A number that is at the edge of something.
    pub fn number(&mut self) -> i64 {
        const EDGES: [i64; 20] = [
            0,
            1,
            -1,
            2,
            -2,
            3,
            4,
            7,
            8,
            16,
            127,
            255,
            65_536,
            1 << 20,
            i32::MAX as i64,
            i32::MIN as i64,
            1 << 32,
            1 << 40,
            i64::MAX,
            i64::MIN,
        ];
        match self.below(4) {
            0 => self.below(16) as i64 - 8,
            1 => self.word() as i64 >> self.below(64),
            _ => EDGES[self.below(EDGES.len())],
        }
    }

    /// A float that is at the edge of something.
    pub fn float(&mut self) -> f32 {
        const EDGES: [f32; 10] = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            f32::MAX,
            f32::MIN_POSITIVE,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
            1e-38,
        ];
        if self.once_in(2) { EDGES[self.below(EDGES.len())] } else { f32::from_bits(self.word() as u32) }
    }
}
