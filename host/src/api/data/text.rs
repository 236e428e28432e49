//! Texts, as numbers and in windows.

use std::{path::Path, sync::Arc};

use ops::{DType, Device, Spec, Tensor, random::next_key, tensor::require_room};
use rhai::{Array, Dynamic, Map};

use super::{batches::Batches, choose::Parts};
use crate::{
    api::options::CallOptions,
    data::{
        dataset,
        text::{Text as TextData, TextOptions, Tokens, Unit},
    },
    error::{Error, Result},
    script::{Adder, Comparable, FromScript, Identity, Refusal, Table, raised, script_type},
    session::Session,
};

/// A text as scripts hold it: it never changes.
#[derive(Clone)]
pub struct Text(Arc<TextData>);

script_type!(Text => "Text");

impl Comparable for Text {
    type Content = Identity<TextData>;

    fn content(&self) -> Self::Content {
        Identity::of(&self.0)
    }
}

/// Numbers of tokens: a tensor of any shape, or an array.
pub struct TokenList(Vec<usize>);

impl FromScript for TokenList {
    const NAME: &'static str = "Tensor or array of whole numbers";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if value.read_lock::<Array>().is_some() {
            return Vec::<usize>::from_script(value).map(Self);
        }
        let numbers = Tensor::from_script(value)?.to_f64().map_err(|error| Refusal::Value(error.into()))?;
        let whole = |&number: &f64| match number.fract() == 0.0 && (0.0..1e9).contains(&number) {
            true => Ok(number as usize),
            false => {
                let problem = format!("decode: {number} among tokens");
                Err(Refusal::Value(Error::usage(problem, "give whole numbers that are not negative")))
            }
        };
        numbers.iter().map(whole).collect::<Result<_, _>>().map(Self)
    }
}

/// Adds the functions that give texts.
pub fn add_sources(module: &mut Adder) {
    module
        .add(
            "text(path, options)",
            "A text in UTF-8 as tokens, which are numbered: characters in the order of their code points, \
             words by how often they come. With options unit (\"character\", or \"word\": letters in a row, \
             and each mark alone), lower (false: capital letters become small), max_tokens and min_freq \
             (only the most frequent tokens, and those that come so often, are in the vocabulary; `<unk>` \
             stands for the others), vocabulary (another text, whose tokens are used).",
            "",
            |session: &Session, path: String, options: Option<Map>| {
                let by = tokens("data::text", options)?;
                let text = session.read(Path::new(&path), "", |file| TextData::read(file, &path, by))?;
                if let Some(recorder) = session.recorder() {
                    recorder.note_data(&path, &text)?;
                }
                Ok::<_, Error>(Text(Arc::new(text)))
            },
        )
        .add(
            "from(text, options)",
            "A text that the script has, as tokens; with the options of `data::text`.",
            "data::from(\"hello\").vocabulary() => [\"e\", \"h\", \"l\", \"o\"]\n\
             data::from(\"to be or not to be\", #{ unit: \"word\" }).tokens().to_array() \
             => [1, 0, 3, 2, 1, 0]",
            |text: String, options: Option<Map>| {
                let by = tokens("data::from", options)?;
                Ok::<_, Error>(Text(Arc::new(TextData::new("text", &text, by)?)))
            },
        );
}

/// Adds the functions of texts.
pub fn add(table: &mut Table) {
    add_methods(table);
    add_windows(table);
}

fn tokens(function: &'static str, options: Option<Map>) -> Result<Tokens> {
    CallOptions::read(function, options, |options| {
        let own = TextOptions {
            unit: options.choice("unit", &[("character", Unit::Character), ("word", Unit::Word)])?,
            lower: options.get("lower", false)?,
            max_tokens: options.find("max_tokens")?,
            min_freq: options.get("min_freq", 1)?,
        };
        Ok(match options.find::<Text>("vocabulary")? {
            Some(other) => Tokens::Of((*other.0).clone()),
            None => Tokens::Own(own),
        })
    })
}

fn add_methods(table: &mut Table) {
    table
        .global()
        .add("len(text)", "Number of tokens.", r#"data::from("hello").len() => 5"#, |text: Text| {
            text.0.tokens().len()
        })
        .add(
            "vocabulary(text)",
            "The tokens, each at its number.",
            r#"data::from("hello").vocabulary().len() => 4"#,
            |text: Text| text.0.vocabulary().tokens().to_vec(),
        )
        .add(
            "tokens(text)",
            "The numbers of all its tokens, [N].",
            r#"data::from("hello").tokens().to_array() => [1, 0, 2, 2, 3]"#,
            |session: &Session, text: Text| numbers(text.0.tokens(), session.device()),
        )
        .add(
            "encode(text, words)",
            "The numbers of another text's tokens in this vocabulary, [N].",
            r#"data::from("hello").encode("hole").to_array() => [1, 3, 2, 0]"#,
            |session: &Session, text: Text, words: String| {
                let tokens = text.0.vocabulary().encode(&words)?;
                if tokens.is_empty() {
                    let help = "give one with a token or more";
                    return Err(Error::usage("encode: an empty text", help));
                }
                numbers(&tokens, session.device())
            },
        )
        .add(
            "decode(text, tokens)",
            "The text of those tokens, a tensor or an array of their numbers; words are separated by blanks.",
            r#"data::from("hello").decode([1, 3, 2, 0]) => hole"#,
            |text: Text, tokens: TokenList| text.0.vocabulary().decode(tokens.0.into_iter()),
        )
        .add(
            "split(text, parts)",
            "The text cut in order, into fractions that sum to at most 1 or into numbers of tokens: training \
             first, then what is judged.",
            r#"data::from("hello world").split([0.8, 0.2]).map(|part| part.len()) => [9, 2]"#,
            |text: Text, parts: Parts| {
                let parts = text.0.parts(&parts.sizes(text.0.tokens().len())?);
                Ok::<_, Error>(parts.into_iter().map(|part| Text(Arc::new(part))).collect::<Vec<_>>())
            },
        )
        .add(
            "to_string(text)",
            "What the text is.",
            r#"data::from("hello").to_string() => text: 5 tokens, 4 different ones"#,
            |text: Text| text.0.to_string(),
        );
}

fn add_windows(table: &mut Table) {
    table
        .global()
        .add(
            "windows(text, n, length)",
            "A batch for a language model: n windows drawn evenly, #{ inputs, targets }, both [n, length]; \
             each target is the token after its input. Which ones is a function of the seed and the position \
             in the run.",
            "data::from(\"abab\").windows(2, 3).inputs.to_array() => [[0, 1, 0], [0, 1, 0]]\n\
             data::from(\"abab\").windows(1, 3).targets.to_array() => [[1, 0, 1]]",
            |session: &Session, text: Text, n: usize, length: usize| {
                // Before anything of that size is made.
                require_room("windows", &Spec::new([n.max(1), length.max(1)], DType::I64))?;
                let starts = text.0.draw(n, length, next_key())?;
                windows(&text.0, &starts, length, session.device())
            },
        )
        .add(
            "batches(text, size, length, options)",
            "One pass over all windows of that length that do not overlap, `size` at a time, each as of \
             `windows`; a rest that fills no window is left out. With options shuffle (true) and drop_last \
             (false).",
            "{ let n = 0; for b in data::from(\"abababab\").batches(2, 2) { n += b.inputs.len(); } n } => 3",
            |session: &Session, text: Text, size: usize, length: usize, options: Option<Map>| {
                text_pass(text.0, size, length, options, session.device())
            },
        );
}

fn text_pass(
    text: Arc<TextData>,
    size: usize,
    length: usize,
    options: Option<Map>,
    device: Device,
) -> Result<Batches> {
    let (shuffle, drop_last) = CallOptions::read("batches", options, |options| {
        Ok((options.get("shuffle", true)?, options.get("drop_last", false)?))
    })?;
    let mut starts = text.windows(length)?;
    if shuffle {
        let order = dataset::order(starts.len(), next_key());
        starts = order.into_iter().map(|i| starts[i as usize]).collect();
    }
    let count = if drop_last { starts.len() / size.max(1) } else { starts.len().div_ceil(size.max(1)) };
    if size == 0 || count == 0 {
        return Err(Error::usage(
            format!("batches: no batch of {size} windows can be made of {text}"),
            format!("ask for 1 to {}", starts.len()),
        ));
    }
    let batch = move |i: usize| {
        let starts = &starts[i * size..starts.len().min((i + 1) * size)];
        windows(&text, starts, length, device).map_err(raised)
    };
    Ok(Batches::new((0..count).map(batch)))
}

/// The windows that begin there, and the same one token on.
fn windows(text: &TextData, starts: &[usize], length: usize, device: Device) -> Result<Dynamic> {
    let shape = [starts.len(), length];
    require_room("windows", &Spec::new(shape, DType::I64))?;
    let mut map = Map::new();
    for (name, on) in [("inputs", 0), ("targets", 1)] {
        let tokens = starts.iter().flat_map(|start| &text.tokens()[start + on..][..length]);
        let tokens: Vec<i64> = tokens.map(|&token| i64::from(token)).collect();
        map.insert(name.into(), Dynamic::from(Tensor::from_data(tokens, shape, device)?));
    }
    Ok(map.into())
}

/// Tokens as a tensor.
fn numbers(tokens: &[u32], device: Device) -> Result<Tensor> {
    let numbers: Vec<i64> = tokens.iter().map(|&token| i64::from(token)).collect();
    Ok(Tensor::from_data(numbers, [tokens.len()], device)?)
}
