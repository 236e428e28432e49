//! A module in a table, as torchinfo prints it: layers, output shapes, parameters, multiply-adds.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use super::{
    Mode, Module, Parameter, Value,
    display::thousands,
    watch::{WatchedLayer, watched},
};
use crate::{Device, Error, Result, Spec, Tensor, no_grad};

/// What a module is made of and what it costs, for an input of one shape.
#[derive(Debug, Clone)]
pub struct Summary {
    rows: Vec<SummaryRow>,
    /// Layers that are not listed.
    more: usize,
    /// Numbers that are parameters, and those of them that are trained.
    pub parameters: usize,
    pub trainable: usize,
    /// Multiply-adds of one pass.
    pub operations: usize,
    /// Bytes of the input, of what layers with parameters give (twice: for gradients), of the parameters.
    pub input_bytes: usize,
    pub pass_bytes: usize,
    pub parameter_bytes: usize,
}

/// A layer in the order in which the pass comes to it.
#[derive(Debug, Clone)]
struct SummaryRow {
    layer: String,
    output: String,
    /// Of the layer without those inside it; none where it has none, or was counted before.
    parameters: Option<usize>,
    is_repeated: bool,
    operations: usize,
}

impl Module {
    /// The summary for an input of that spec, or for that input where shapes depend on its values. Nothing is
    /// computed as long as shapes tell all; modes, averages and gradients stay as they are.
    ///
    /// # Errors
    /// Those of the layers.
    pub fn summary(&self, x: &Tensor) -> Result<Summary> {
        self.summary_with(&[x.into()])
    }

    /// [`Module::summary`] for several inputs, or lists and maps of them.
    ///
    /// # Errors
    /// Those of the layers.
    pub fn summary_with(&self, inputs: &[Value]) -> Result<Summary> {
        let tensors: Vec<&Tensor> = inputs.iter().flat_map(Value::tensors).collect();
        self.summary_of(&tensors, |stand_ins| {
            let mut next = stand_ins.iter();
            let mut stand_in = |x: &Tensor| Ok::<_, Error>(next.next().unwrap_or(x).clone());
            let inputs = inputs.iter().map(|input| input.each(&mut stand_in)).collect::<Result<Vec<_>>>()?;
            self.call(&inputs)
        })
    }

    /// The summary of a pass that takes these inputs.
    ///
    /// # Errors
    /// Those of the pass.
    pub fn summary_of<T>(
        &self,
        inputs: &[&Tensor],
        pass: impl Fn(&[Tensor]) -> Result<T>,
    ) -> Result<Summary> {
        let state = self.state();
        let device = state.first().map_or(Device::Cpu, |(_, parameter)| parameter.get().device());
        let stand_ins: Vec<_> = inputs.iter().map(|x| Tensor::symbolic(x.spec().clone(), device)).collect();
        let run = |inputs: &[Tensor]| watched(|| no_grad(|| self.evaluating(|| pass(inputs))));
        let (_, rows, more) = match run(&stand_ins) {
            Ok(found) => found,
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            // Values may decide over shapes; a script that reads them says so in words of its own.
            Err(_) => self.keeping_seen(|| run(&values(inputs, device)?))?,
        };
        Ok(Summary::of(self, inputs, &rows, more))
    }

    /// Runs `f`; what the layers have seen last stays as it was.
    fn keeping_seen<T>(&self, f: impl FnOnce() -> T) -> T {
        let mut modes = vec![];
        self.walk(&mut |module| {
            let (training, seen) = (module.is_training(), module.last_inputs());
            modes.push((module.clone(), Mode { training, seen }));
        });
        let result = f();
        modes.iter().for_each(|(module, mode)| module.set_mode(mode));
        result
    }
}

/// What each module is called inside the one around it, by its number; the first name of one that is there
/// twice.
fn names(module: &Module) -> HashMap<usize, String> {
    let mut names = HashMap::new();
    module.walk(&mut |module| {
        for (name, child) in module.children() {
            names.entry(child.id()).or_insert_with(|| name.clone());
        }
    });
    names
}

/// Inputs with elements: zeros stand for those of which only the spec is known.
fn values(inputs: &[&Tensor], device: Device) -> Result<Vec<Tensor>> {
    let value = |x: &&Tensor| match x.is_symbolic() {
        true => Tensor::full(x.shape(), 0.0, x.dtype(), device),
        false => Ok((*x).clone()),
    };
    inputs.iter().map(value).collect()
}

impl Summary {
    fn of(module: &Module, inputs: &[&Tensor], layers: &[WatchedLayer], more: usize) -> Self {
        let all = module.named_parameters();
        let known: HashSet<usize> = all.iter().map(|(_, parameter)| parameter.id()).collect();
        let specs = |trained: bool| {
            let chosen = all.iter().filter(move |(_, parameter)| !trained || !parameter.is_frozen());
            chosen.map(|(_, parameter)| parameter.spec())
        };
        let (names, mut counted) = (names(module), HashSet::new());
        let mut pass_bytes = 0_usize;
        let mut rows = vec![];
        for (i, layer) in layers.iter().enumerate() {
            let name = layer.module.and_then(|id| names.get(&id)).unwrap_or(&layer.name);
            let row = SummaryRow::of(layer, name, &own(layers, i), &known, &mut counted);
            let is_leaf = layers.get(i + 1).is_none_or(|next| next.depth <= layer.depth);
            if is_leaf && (row.parameters.is_some() || row.is_repeated) {
                pass_bytes += layer.output.as_ref().map_or(0, |spec| 2 * spec.bytes());
            }
            rows.push(row);
        }
        Self {
            operations: rows.iter().map(|row| row.operations).fold(0, usize::saturating_add),
            rows,
            more,
            parameters: specs(false).map(|spec| spec.len()).sum(),
            trainable: specs(true).map(|spec| spec.len()).sum(),
            input_bytes: inputs.iter().map(|x| x.spec().bytes()).sum(),
            pass_bytes,
            parameter_bytes: specs(false).map(|spec| spec.bytes()).sum(),
        }
    }
}

/// What is trained in a layer, and not in one inside it.
fn own(layers: &[WatchedLayer], i: usize) -> Vec<&Parameter> {
    let layer = &layers[i];
    let inside = layers[i + 1..].iter().take_while(|inner| inner.depth > layer.depth);
    let inner: HashSet<usize> = match layer.parameters.is_empty() {
        true => HashSet::new(),
        false => inside.flat_map(|inner| &inner.parameters).map(Parameter::id).collect(),
    };
    layer.parameters.iter().filter(|p| !p.is_buffer() && !inner.contains(&p.id())).collect()
}

impl SummaryRow {
    fn of(
        layer: &WatchedLayer,
        name: &str,
        own: &[&Parameter],
        known: &HashSet<usize>,
        counted: &mut HashSet<usize>,
    ) -> Self {
        let count = own.iter().map(|parameter| parameter.spec().len()).sum();
        // What a layer computes its weight from is another's parameter.
        let news = own.iter().filter(|p| counted.insert(p.id()) || !known.contains(&p.id())).count();
        let indent = match layer.depth {
            0 => String::new(),
            depth => format!("{}├─", "│  ".repeat(depth - 1)),
        };
        let name = if name.is_empty() { String::new() } else { format!("{name}: ") };
        Self {
            layer: format!("{indent}{name}{}", layer.kind).chars().map(visible).collect(),
            output: layer.output.as_ref().map_or_else(|| "--".into(), |spec| format!("{:?}", spec.shape)),
            parameters: (news > 0).then_some(count),
            is_repeated: news == 0 && !own.is_empty(),
            operations: layer.output.as_ref().map_or(0, |spec| operations(&layer.kind, count, spec)),
        }
    }
}

/// A name in a file may hold anything.
fn visible(c: char) -> char {
    if c.is_control() { '\u{fffd}' } else { c }
}

/// Multiply-adds as torchinfo counts them (`LayerInfo.calculate_macs`): each parameter once a sample, those
/// of convolutions once a position of the output `[N, C, ...]`, those of recurrent layers once a step, which
/// is the first size of what ONNX's give, `[T, directions, N, H]`, and one of the first two of ours.
fn operations(kind: &str, parameters: usize, output: &Spec) -> usize {
    let product = |sizes: &[usize]| sizes.iter().copied().fold(1, usize::saturating_mul);
    let times = match (kind, &output.shape[..]) {
        ("LSTM" | "GRU" | "RNN", [steps, _, samples, _]) => product(&[*steps, *samples]),
        ("LSTM" | "GRU" | "RNN", [steps, samples, _]) => product(&[*steps, *samples]),
        (_, [samples, _, positions @ ..]) if kind.contains("Conv") => {
            product(&[*samples, product(positions)])
        }
        (_, shape) => shape.first().copied().unwrap_or(1),
    };
    parameters.saturating_mul(times)
}

/// A line for each layer, and the sums.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["Layer", "Output Shape", "Param #", "Mult-Adds"].map(str::to_owned);
        let count = |n: usize| if n == 0 { "--".to_owned() } else { thousands(n) };
        let lines = self.rows.iter().map(|row| {
            let parameters = match row.is_repeated {
                true => "(recursive)".into(),
                false => count(row.parameters.unwrap_or(0)),
            };
            [row.layer.clone(), row.output.clone(), parameters, count(row.operations)]
        });
        let lines: Vec<_> = [heads].into_iter().chain(lines).collect();
        let width = |i: usize| lines.iter().map(|line| line[i].chars().count()).max().unwrap_or(0);
        let [a, b, c, d] = [0, 1, 2, 3].map(width);
        let rule = "=".repeat(a + b + c + d + 6);
        writeln!(f, "{rule}")?;
        for (i, [layer, output, parameters, operations]) in lines.iter().enumerate() {
            writeln!(f, "{layer:<a$}  {output:<b$}  {parameters:>c$}  {operations:>d$}")?;
            if i == 0 {
                writeln!(f, "{rule}")?;
            }
        }
        if self.more > 0 {
            writeln!(f, "and {} more layers", thousands(self.more))?;
        }
        self.sums(f, &rule)
    }
}

impl Summary {
    fn sums(&self, f: &mut fmt::Formatter<'_>, rule: &str) -> fmt::Result {
        let counts = [
            ("Total params", self.parameters),
            ("Trainable params", self.trainable),
            ("Non-trainable params", self.parameters - self.trainable),
            ("Total mult-adds", self.operations),
        ];
        writeln!(f, "{rule}")?;
        counts.iter().try_for_each(|(name, n)| writeln!(f, "{name}: {}", thousands(*n)))?;
        let sizes = [
            ("Input size", self.input_bytes),
            ("Forward/backward pass size", self.pass_bytes),
            ("Params size", self.parameter_bytes),
            ("Estimated total size", self.input_bytes + self.pass_bytes + self.parameter_bytes),
        ];
        writeln!(f, "{rule}")?;
        sizes.iter().try_for_each(|(name, bytes)| writeln!(f, "{name} (MB): {:.2}", *bytes as f64 / 1e6))?;
        write!(f, "{rule}")
    }
}
