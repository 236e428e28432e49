//! `host onnx diff --numbers`: what the nodes of both files give for one input.

use std::path::Path;

use onnx_net::proto::{GraphProto, ModelProto, ValueInfoProto};
use ops::{Array, Device};
use prost::Message as _;
use serde_json::{Value as Json, json};

use super::{
    super::words::{self, number},
    apart::Apart,
    inputs,
    pairs::{Pair, Pairs},
};
use crate::{
    cli::OnnxDiff,
    error::{Error, Result},
    onnx::Model,
};

/// How many values are held at once, of each file.
const AT_ONCE: usize = 128;

/// The largest message that there is.
const MAX_BYTES: usize = i32::MAX as usize;

/// The node of an output that differs, the output, and how.
struct Difference {
    node: usize,
    operator: String,
    name: String,
    output: String,
    how: How,
}

enum How {
    Numbers(Apart),
    /// Another shape or element type.
    Form([String; 2]),
}

/// What came of a comparison.
#[derive(Default)]
pub struct Numbers {
    /// How many outputs of nodes were compared.
    compared: usize,
    /// Those that differ, in the order of the first file.
    differences: Vec<Difference>,
    /// Outputs that ONNX Runtime does not give, or not as numbers.
    unread: Vec<String>,
    alone: [usize; 2],
}

/// One of the two files.
struct Side<'a> {
    path: &'a Path,
    model: &'a ModelProto,
    inputs: Vec<(String, Array)>,
}

/// Runs both files and compares the outputs of their nodes, some at a time.
///
/// # Errors
/// Those of the inputs, and of ONNX Runtime where it does not run one of the files.
pub fn compare(args: &OnnxDiff, models: [&ModelProto; 2]) -> Result<Numbers> {
    let library = args.onnxruntime.as_deref();
    let given = inputs::read(&args.numbers)?;
    let mut sides = vec![];
    for (path, model) in [&args.a, &args.b].into_iter().zip(models) {
        let whole = Model::open(path, Device::Cpu, library)?;
        let names: Vec<_> = whole.inputs().iter().map(|port| port.name.clone()).collect();
        let first = sides.first().map(|side: &Side| &side.inputs[..]);
        let inputs = inputs::named(&given, &names, first, path)?;
        inputs::whole(&whole, &inputs)?;
        whole.run(inputs.clone())?;
        sides.push(Side { path, model, inputs });
    }
    let empty = GraphProto::default();
    let [a, b] = models.map(|model| model.graph.as_ref().unwrap_or(&empty));
    let Pairs { list, alone } = Pairs::of(a, b);
    let mut numbers = Numbers { alone, ..Numbers::default() };
    for pairs in list.chunks(AT_ONCE) {
        numbers.add(a, &sides, pairs, args)?;
    }
    Ok(numbers)
}

impl Numbers {
    /// Compares some pairs, or what can be of them: where one cannot be read, the others are by themselves.
    fn add(&mut self, graph: &GraphProto, sides: &[Side], pairs: &[Pair], args: &OnnxDiff) -> Result<()> {
        ops::interrupt::check()?;
        let name = |pair: &Pair, i| if i == 0 { pair.a.clone() } else { pair.b.clone() };
        let values = sides.iter().enumerate().map(|(i, side)| {
            side.values(pairs.iter().map(|pair| name(pair, i)), args.onnxruntime.as_deref())
        });
        let Ok(values) = values.collect::<Result<Vec<_>>>() else {
            if let [pair] = pairs {
                self.unread.push(pair.a.clone());
                return Ok(());
            }
            let (some, others) = pairs.split_at(pairs.len() / 2);
            self.add(graph, sides, some, args)?;
            return self.add(graph, sides, others, args);
        };
        for (i, pair) in pairs.iter().enumerate() {
            self.compared += 1;
            let how = differ(&values[0][i], &values[1][i], args.tolerance);
            self.differences.extend(how.map(|how| Difference::new(graph, pair, how)));
        }
        Ok(())
    }

    /// Whether nothing was found to differ.
    pub fn are_equal(&self) -> bool {
        self.differences.is_empty()
    }

    /// The one that is apart the most for its size; what has another form is not measured.
    fn most(&self) -> Option<&Difference> {
        let size = |difference: &Difference| match &difference.how {
            How::Numbers(apart) if apart.relative.is_nan() => f64::INFINITY,
            How::Numbers(apart) => apart.relative,
            How::Form(_) => f64::NEG_INFINITY,
        };
        self.differences.iter().max_by(|a, b| size(a).total_cmp(&size(b)))
    }

    /// Prints how many differ, the first, and the one that does the most.
    pub fn print(&self) {
        let Self { compared, differences, unread, alone } = self;
        match (differences.first(), self.most()) {
            (Some(first), Some(most)) => {
                out!("numbers: {} of {compared} outputs of nodes differ", differences.len());
                out!("  first: {}", words::printable(&first.to_string()));
                if most.node != first.node {
                    out!("  most:  {}", words::printable(&most.to_string()));
                }
            }
            _ => out!("numbers: {compared} outputs of nodes are equal"),
        }
        if *alone != [0, 0] {
            out!(
                "  without a counterpart: {} outputs of the first file, {} of the second",
                alone[0],
                alone[1]
            );
        }
        if !unread.is_empty() {
            out!("  not compared: {}", words::printable(&unread.join(", ")));
        }
    }

    /// The same for programs.
    pub fn json(&self) -> Json {
        let all: Vec<_> = self.differences.iter().map(Difference::json).collect();
        json!({
            "compared": self.compared,
            "first": all.first(),
            "differences": all,
            "alone": self.alone,
            "not_compared": self.unread,
        })
    }
}

impl Side<'_> {
    /// These values of the network for its inputs.
    fn values(&self, names: impl Iterator<Item = String>, library: Option<&Path>) -> Result<Vec<Array>> {
        let mut model = self.model.clone();
        let mut names: Vec<String> = names.collect();
        let wanted = names.clone();
        names.sort_unstable();
        names.dedup();
        // ONNX Runtime finds the types of outputs that say none.
        let info = |name: String| ValueInfoProto { name, ..ValueInfoProto::default() };
        model.graph.get_or_insert_default().output = names.into_iter().map(info).collect();
        let size = model.encoded_len();
        if size > MAX_BYTES {
            let problem = format!("{}: {size} bytes are too many for one message", self.path.display());
            return Err(Error::usage(problem, "compare files of less than 2 GB"));
        }
        let (name, bytes) = (self.path.to_string_lossy(), model.encode_to_vec());
        let model = Model::from_bytes(&name, model, &bytes, Device::Cpu, library)?;
        let found = model.run(self.inputs.clone())?;
        let value = |wanted: &String| {
            let value = found.iter().find(|(name, _)| name == wanted).map(|(_, array)| array.clone());
            value.ok_or_else(|| Error::usage(format!("there is no value `{wanted}`"), "check the file"))
        };
        wanted.iter().map(value).collect()
    }
}

/// What differs between two values by more than is allowed.
fn differ(a: &Array, b: &Array, tolerance: f64) -> Option<How> {
    let form = |array: &Array| format!("{} {:?}", array.dtype(), array.shape());
    if form(a) != form(b) {
        return Some(How::Form([form(a), form(b)]));
    }
    let apart = Apart::of(&a.data().to_f64(), &b.data().to_f64())?;
    (!apart.is_within(tolerance)).then_some(How::Numbers(apart))
}

impl Difference {
    fn new(graph: &GraphProto, pair: &Pair, how: How) -> Self {
        let node = &graph.node[pair.node];
        let (operator, name) = (words::operator(node), node.name.clone());
        Self { node: pair.node, operator, name, output: pair.a.clone(), how }
    }

    fn json(&self) -> Json {
        let Self { node, operator, name, output, how } = self;
        let (numbers, form) = match how {
            How::Numbers(apart) => (apart.json(), Json::Null),
            How::Form(forms) => (Json::Null, json!(forms)),
        };
        json!({
            "node": node,
            "operator": operator,
            "name": name,
            "output": output,
            "numbers": numbers,
            "form": form,
        })
    }
}

/// Written as `node 3, Conv `conv2`, output `c2`: 2 of 6 numbers differ, ...`.
impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "node {}, {} `{}`, output `{}`: ", self.node, self.operator, self.name, self.output)?;
        match &self.how {
            How::Numbers(apart) => write!(f, "{apart} ({} of the largest number)", number(apart.relative)),
            How::Form([a, b]) => write!(f, "{a} became {b}"),
        }
    }
}
