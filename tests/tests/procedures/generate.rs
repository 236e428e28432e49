//! Random small procedures: nested loops and stages over modules, optimisers, tensors and data sets of
//! every kind, doing whatever changes a later bit.

use std::fmt::Write as _;

/// Numbers from a seed (SplitMix64; Steele, Lea and Flood, 2014).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// Networks from [N, 4] to [N, 4], with everything that has a mode, a buffer, a tied or a nested part.
const NETS: [&str; 8] = [
    "nn::linear(4, 4)",
    "nn::sequential([nn::linear(4, 6), nn::batch_norm(6), nn::dropout(0.3), nn::linear(6, 4)])",
    "nn::sequential([nn::spectral(nn::linear(4, 4)), nn::dropout(0.5)])",
    "nn::network(#{ a: nn::linear(4, 4), b: nn::sequential([nn::batch_norm(4), nn::dropout(0.5)]) }, \
     |m, x| m.b.forward(m.a.forward(x)) + x)",
    "{ let a = nn::linear(4, 4); nn::sequential([a, nn::tanh(), nn::dropout(0.2), a]) }",
    "nn::sequential([nn::reshape([1, 2, 2]), nn::conv2d(1, 2, 3, #{ padding: 1 }), nn::batch_norm(2), \
     nn::conv_transpose2d(2, 1, 1), nn::flatten()])",
    "nn::sequential([nn::layer_norm([4]), nn::linear(4, 4).freeze(), nn::linear(4, 4)])",
    "nn::sequential([nn::linear(4, 4), nn::batch_norm(4)]).training(false)",
];

const OPTIMISERS: [&str; 4] = ["adam", "adamw", "sgd", "rmsprop"];

/// Names of loops; those of the second half are made to be mistaken for paths.
const LOOPS: [&str; 8] = ["epoch", "step", "round", "epoch", "a/1/b", "epoch#2", "x.1", "50%"];

/// A loss that has a gradient even where all of the network is frozen.
const LOSS: &str =
    "fn loss(net) { ((net.forward(noise::normal([3, 4])) - 1).square().mean() * ones([1]).track()).sum() }";

/// Values that no state can hold, for bodies to read.
const CAPTURED: &str = "\
let sampler = reweight::sampler(noise::uniform([6]));
let source = data::load(\"glyphs\", #{ size: 4 });
let mixture = data::mix([data::from(noise::uniform([4, 1, 2, 2])), data::from(ones([2, 1, 2, 2]))], [1, 2]);
let leaf = noise::normal([2]).track();
let slopes = (leaf * leaf).sum().backward();
let constant = ones([2]);";

/// A procedure that is written.
pub struct Procedure {
    dice: Dice,
    text: String,
    /// Networks and optimisers that were named so far.
    named: usize,
    /// Loops that may still begin, so that a procedure stays small.
    loops: usize,
}

/// Names for what a body can reach.
#[derive(Clone, Default)]
struct Scope {
    /// The state: `s` outside, `t` inside, and so on.
    state: String,
    /// Networks of the state, each with an optimiser of the name `opt_NAME`.
    trained: Vec<String>,
    /// What the body captures and must only read.
    read: Vec<String>,
    /// The variable that counts the items.
    item: String,
    depth: usize,
}

/// The procedure of a seed.
pub fn procedure(seed: u64) -> String {
    let mut procedure = Procedure { dice: Dice::new(seed), text: String::new(), named: 0, loops: 4 };
    procedure.whole();
    procedure.text
}

impl Procedure {
    fn line(&mut self, depth: usize, line: &str) {
        let _ = writeln!(self.text, "{:width$}{line}", "", width = 4 * depth);
    }

    fn name(&mut self, stem: &str) -> String {
        self.named += 1;
        format!("{stem}{}", self.named)
    }

    fn whole(&mut self) {
        self.line(0, LOSS);
        self.line(0, CAPTURED);
        let mut read = Vec::new();
        for _ in 0..1 + self.dice.below(2) {
            let (name, net) = (self.name("net"), self.dice.one(&NETS));
            let made = match self.dice.below(3) {
                0 => format!("stage(\"make {name}\", || {net})"),
                _ => net.to_owned(),
            };
            self.line(0, &format!("let {name} = {made};"));
            read.push(name);
        }
        while self.loops > 0 {
            let scope = Scope { read: read.clone(), ..Scope::default() };
            if let Some(end) = self.durable(&scope) {
                read.extend(end);
            }
            if self.dice.below(2) == 0 {
                let net = read[self.dice.below(read.len())].clone();
                self.line(0, &format!("log(\"between\", {net}.forward(noise::normal([3, 4])).sum());"));
            }
        }
        for net in read {
            self.line(0, &format!("log(\"end {net}\", {net}.forward(ones([2, 4])).sum());"));
            self.line(0, &format!("{net}.save(\"{}\");", net.replace('.', "_")));
        }
    }

    /// A loop; the names of the networks that it leaves trained.
    fn durable(&mut self, outer: &Scope) -> Option<Vec<String>> {
        self.loops = self.loops.checked_sub(1)?;
        let d = outer.depth;
        let (end, state, item) = (self.name("end"), format!("s{d}"), format!("i{d}"));
        let mut fields = vec!["n: 0".to_owned(), "x: noise::normal([2])".into(), "log: []".into()];
        let mut trained = Vec::new();
        for k in 0..1 + self.dice.below(2) {
            let net = match outer.trained.is_empty() {
                true if !outer.read.is_empty() && k == 0 => {
                    outer.read[self.dice.below(outer.read.len())].clone()
                }
                false if k == 0 => outer.trained[self.dice.below(outer.trained.len())].clone(),
                _ => {
                    let (name, net) = (self.name("net"), self.dice.one(&NETS));
                    self.line(d, &format!("let {name} = {net};"));
                    name
                }
            };
            let rule = self.dice.one(&OPTIMISERS);
            fields.push(format!(
                "f{k}: {net}, o{k}: optim::{rule}({net}, #{{ lr: 0.05 }}), c{k}: {net}.deep_copy()"
            ));
            trained.push(format!("{state}.f{k}"));
        }
        let copy = self.dice.one(&NETS);
        fields.push(format!("nest: #{{ list: [{copy}, 1.5, \"a\"], deep: #{{ y: ones([2]) }} }}"));
        if self.dice.below(2) == 0 {
            fields.push("set: data::from(noise::uniform([4, 1, 2, 2]))".into());
        }
        let has_set = fields.len() > 4 + trained.len();
        let (name, items) = (self.dice.one(&LOOPS), self.dice.one(&["2", "1..=3", "[5, 7]", "0..2"]));
        self.line(
            d,
            &format!(
                "let {end} = each(\"{name}\", {items}, #{{ {} }}, |{item}, {state}| {{",
                fields.join(", ")
            ),
        );
        self.line(d + 1, "tick();");
        let inner = Scope {
            state: state.clone(),
            trained: trained.clone(),
            read: outer.read.clone(),
            item,
            depth: d + 1,
        };
        for _ in 0..2 + self.dice.below(5) {
            self.statement(&inner, has_set);
        }
        self.line(d + 1, "tick();");
        self.observe(&inner);
        let finish = self.dice.below(5) == 0;
        let last =
            if finish { format!("if {state}.n > 2 {{ finish({state}) }} else {{ {state} }}") } else { state };
        self.line(d + 1, &last);
        self.line(d, "});");
        self.line(d, &format!("log(\"after\", {end}.n);"));
        Some((0..trained.len()).map(|k| format!("{end}.f{k}")).collect())
    }

    fn statement(&mut self, scope: &Scope, has_set: bool) {
        let s = &scope.state;
        let k = self.dice.below(scope.trained.len());
        let net = scope.trained[k].clone();
        let (i, d) = (&scope.item, scope.depth);
        let loss = format!("loss({net})");
        let text = match self.dice.below(33) {
            0..=3 => format!("let l = {loss}; {s}.o{k}.step(l.backward()); log(\"loss\", l);"),
            4 => format!("{s}.o{k}.step({loss}.backward().clip_norm(0.5));"),
            5 => format!("{s}.o{k}.set_learning_rate(0.1 / (2 + {i}));"),
            6 => format!("if {i} % 2 == 0 {{ {net}.freeze(); }} else {{ {net}.unfreeze(); }}"),
            7 => format!("{net}.training({i} % 2 == 0);"),
            8 => format!("{s}.c{k} = {net}.deep_copy();"),
            9 => format!("{s}.c{k} = {net}.deep_copy().training(false).freeze();"),
            10 => format!("{s}.c{k}.average({net}, 0.7);"),
            11 => format!("{net}.load_from({s}.c{k});"),
            12 => format!("{{ let c = {s}.c{k}; {s}.c{k} = {s}.f{k}; {s}.f{k} = c; }}"),
            13 => format!("{s}.x = {s}.x.detach() + noise::normal([2]);"),
            14 => format!("{s}.x = {s}.x.detach().track();"),
            15 => format!(
                "if ({s}.x * 1.0).sum().detach().item() < 1e9 {{ {s}.x = {s}.x * 0.5 + noise::uniform([2], \
                 \"named\"); }}"
            ),
            16 => format!("{s}.log.push(`item ${{{i}}} ${{{s}.n}}`); {s}.n += 1;"),
            17 => format!("{s}.n += parallel([1, 2], |k| (noise::normal([3]) * k).sum().item()).len();"),
            18 => format!("for v in ahead(2, |k| noise::normal([2]) + k) {{ {s}.x = {s}.x.detach() + v; }}"),
            19 if has_set => format!(
                "{s}.set = {s}.set.concat(noise::uniform([1, 1, 2, 2])); log(\"set\", \
                 {s}.set.sample(2).tensor().sum());"
            ),
            19 | 20 if !scope.read.is_empty() => {
                let other = &scope.read[self.dice.below(scope.read.len())];
                format!("log(\"read\", {other}.forward(noise::normal([3, 4])).sum());")
            }
            21 => {
                let n = self.dice.below(3);
                format!("log(\"stage\", stage(\"s{n}\", || {{ tick(); noise::normal([2]) }}).sum());")
            }
            23 => format!("{s}.nest.list[1] += 0.5; {s}.nest.deep.y = {s}.nest.deep.y + {s}.nest.list[1];"),
            24 => format!("log(\"nest\", loss({s}.nest.list[0])); {s}.nest.list[0].training({i} % 2 == 1);"),
            25 => format!("{s}.nest.list[0].freeze(); log(\"y\", {s}.nest.deep.y.sum());"),
            26 => format!("{s}.o{k}.step({loss}.backward().clip_value(0.1).add({loss}.backward()));"),
            28 => "log(\"drawn\", sampler.draw(4).sum());".to_owned(),
            29 => format!("log(\"mixed\", (mixture.batch(3).images.sum() * {s}.x.detach()).sum());"),
            30 => format!("{s}.x = {s}.x.detach() + slopes.of(leaf) * 0.1;"),
            31 => format!("log(\"read\", source.train(1 + {i} % 2).tensor().sum());"),
            32 => "{ let again = reweight::sampler(noise::uniform([3])); constant = ones([2]); \
                 log(\"drawn\", again.draw(2).sum()); }"
                .to_owned(),
            22 => format!("{net} = {net}.deep_copy().init_normal(0.0, 0.3);"),
            _ => {
                if self.durable(scope).is_none() {
                    self.line(d, &format!("{s}.n += 1;"));
                }
                return;
            }
        };
        self.line(d, &text);
        if self.dice.below(4) == 0 {
            self.line(d, "tick();");
        }
    }

    /// Logs what a body did to the state.
    fn observe(&mut self, scope: &Scope) {
        let (s, d) = (&scope.state, scope.depth);
        self.line(d, &format!("log(\"x\", {s}.x.sum()); log(\"n\", {s}.n);"));
        for (k, net) in scope.trained.iter().enumerate() {
            let net = net.clone();
            self.line(d, &format!("log(\"forward\", {net}.forward(ones([2, 4])).sum());"));
            self.line(d, &format!("log(\"copy\", {s}.c{k}.forward(ones([2, 4])).sum());"));
            self.line(d, &format!("log(\"rate\", {s}.o{k}.learning_rate + {s}.o{k}.steps);"));
        }
    }
}
