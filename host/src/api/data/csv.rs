//! Tables of CSV files.

use std::{path::Path, sync::Arc};

use ops::{Device, Tensor};
use rhai::{Array, Dynamic, Map};

use crate::{
    api::options::CallOptions,
    data::{
        Dataset, Items,
        frame::{ColumnValues, DataFrame as FrameData, FrameOptions},
    },
    error::{Error, Result},
    kinds,
    script::{Adder, Comparable, FromScript, Identity, Table, require_items, script_type},
    session::Session,
};

/// A table as scripts hold it: it never changes.
#[derive(Clone)]
pub struct DataFrame(Arc<FrameData>);

script_type!(DataFrame => "DataFrame");

impl Comparable for DataFrame {
    type Content = Identity<FrameData>;

    fn content(&self) -> Self::Content {
        Identity::of(&self.0)
    }
}

/// Adds the functions that give tables.
pub fn add_sources(module: &mut Adder) {
    module.add(
        "csv(path, options)",
        "A table: a CSV file whose fields are separated by commas, semicolons or tabs, and whose first line \
         names the columns. A column is of whole numbers or floats where all its values are, else of texts; \
         `NA`, `NaN`, `null`, an empty field and others of pandas' words are no value. With options names \
         (of the columns, for a file whose first line is a row) and missing (more words for no value, such \
         as [\"?\"]).",
        "",
        |session: &Session, path: String, options: Option<Map>| {
            let options = CallOptions::read("data::csv", options, |options| {
                Ok(FrameOptions {
                    names: options.find("names")?,
                    missing: options.get("missing", Vec::new())?,
                })
            })?;
            let frame = session.read(Path::new(&path), "", |file| FrameData::read(file, &path, options))?;
            if let Some(recorder) = session.recorder() {
                recorder.note_data(&path, &frame)?;
            }
            Ok::<_, Error>(DataFrame(Arc::new(frame)))
        },
    )
    .add(
        "frame(columns)",
        "A table of arrays of one length, by their names: numbers, texts and `()` for no value.",
        "data::frame(#{ age: [36, ()], name: [\"Ada\", \"Bob\"] }).to_string() \
         => frame: 2 rows; age whole (1 missing), name text",
        |columns: Map| {
            let column = |(name, values): (rhai::Identifier, Dynamic)| {
                let values = Array::from_script(&values).map_err(|_| {
                    let problem = format!("frame: the column `{name}` is {}", kinds::a(&values));
                    Error::usage(problem, "give an array")
                })?;
                let values = values.iter().map(|value| (!value.is_unit()).then(|| value.to_string()));
                Ok((name.to_string(), values.collect()))
            };
            let columns = columns.into_iter().map(column).collect::<Result<_>>()?;
            Ok::<_, Error>(DataFrame(Arc::new(FrameData::new("frame", columns)?)))
        },
    );
}

/// Adds the functions of tables.
pub fn add(table: &mut Table) {
    add_methods(table);
    add_tensors(table);
}

fn add_methods(table: &mut Table) {
    table
        .global()
        .add(
            "len(frame)",
            "Number of rows.",
            "data::frame(#{ x: [1.5, ()], kind: [\"b\", \"a\"] }).len() => 2",
            |frame: DataFrame| frame.0.len(),
        )
        .add(
            "get columns(frame)",
            "The names of the columns, in their order.",
            "data::frame(#{ x: [1.5, ()], kind: [\"b\", \"a\"] }).columns => [\"kind\", \"x\"]",
            |frame: DataFrame| frame.0.columns().iter().map(|column| column.name.clone()).collect::<Vec<_>>(),
        )
        .add(
            "index get(frame, column)",
            "The values of a column, `()` where there is none: `frame[\"age\"]`.",
            "data::frame(#{ x: [1.5, ()], kind: [\"b\", \"a\"] })[\"kind\"] => [\"b\", \"a\"]",
            |frame: DataFrame, column: String| values(&frame.0, &column),
        )
        .add(
            "missing(frame)",
            "How many values are missing, by the columns that miss any.",
            "data::frame(#{ x: [1.5, ()], kind: [\"b\", \"a\"] }).missing() => #{\"x\": 1}",
            |frame: DataFrame| {
                let counts = frame.0.missing().into_iter();
                counts.map(|(name, n)| (name.into(), Dynamic::from(n as i64))).collect::<Map>()
            },
        )
        .add(
            "dropna(frame)",
            "The rows that have a value in each column.",
            "data::frame(#{ x: [1.5, ()], kind: [\"b\", \"a\"] }).dropna().len() => 1",
            |frame: DataFrame| DataFrame(Arc::new(frame.0.dropna())),
        )
        .add(
            "to_string(frame)",
            "What the table has.",
            "data::frame(#{ x: [1.5, ()], kind: [\"b\", \"a\"] }).to_string() \
             => frame: 2 rows; kind text, x float (1 missing)",
            |frame: DataFrame| frame.0.to_string(),
        );
}

fn add_tensors(table: &mut Table) {
    table
        .global()
        .add(
            "tensor(frame, columns)",
            "The rows of columns of numbers, [N, F]; a value that is missing is an error.",
            "data::frame(#{ x: [1.5, ()], kind: [\"b\", \"a\"] }).dropna().tensor([\"x\"]).to_array() \
             => [[1.5]]",
            |session: &Session, frame: DataFrame, columns: Vec<String>| {
                tensor(&frame.0, &columns, session.device())
            },
        )
        .add(
            "labels(frame, column)",
            "The number of each row's class, an array: the different values of a column in their order are \
             0, 1, ...",
            "data::frame(#{ x: [1.5, ()], kind: [\"b\", \"a\"] }).labels(\"kind\") => [1, 0]",
            |frame: DataFrame, column: String| -> Result<Vec<usize>> {
                let (labels, _) = frame.0.column(&column)?.classes()?;
                Ok(labels.into_iter().map(|label| label as usize).collect())
            },
        )
        .add(
            "class_names(frame, column)",
            "The different values of a column, in the order of their numbers.",
            "data::frame(#{ x: [1.5, ()], kind: [\"b\", \"a\"] }).class_names(\"kind\") => [\"a\", \"b\"]",
            |frame: DataFrame, column: String| Ok::<_, Error>(frame.0.column(&column)?.classes()?.1),
        )
        .add(
            "dataset(frame, columns, label)",
            "The rows of columns of numbers as a data set of items [F], with the classes of the column \
             `label`, if it is given.",
            "data::frame(#{ x: [1.5, ()], kind: [\"b\", \"a\"] }).dropna().dataset([\"x\"], \"kind\")\
             .to_string() => frame: 1 items of [1], 1 classes",
            |frame: DataFrame, columns: Vec<String>, label: Option<String>| {
                dataset(&frame.0, &columns, label.as_deref())
            },
        );
}

fn values(frame: &FrameData, column: &str) -> Result<Array> {
    fn array<T: Clone + Into<Dynamic>>(values: &[Option<T>]) -> Array {
        values.iter().map(|value| value.clone().map_or(Dynamic::UNIT, Into::into)).collect()
    }
    let column = frame.column(column)?;
    require_items(frame.len())?;
    Ok(match &column.values {
        ColumnValues::Whole(values) => array(values),
        ColumnValues::Float(values) => array(values),
        ColumnValues::Text(values) => array(values),
    })
}

fn tensor(frame: &FrameData, columns: &[String], device: Device) -> Result<Tensor> {
    if columns.is_empty() || frame.is_empty() {
        let problem = format!("tensor: {} columns of {} rows", columns.len(), frame.len());
        return Err(Error::usage(problem, "name a column or more of a table that has rows"));
    }
    Ok(Tensor::from_data(frame.numbers(columns)?, [frame.len(), columns.len()], device)?)
}

fn dataset(frame: &FrameData, columns: &[String], label: Option<&str>) -> Result<Dataset> {
    let items = Items::Floats(tensor(frame, columns, Device::Cpu)?);
    let (labels, names) = match label {
        Some(label) => frame.column(label)?.classes().map(|(labels, names)| (Some(labels.into()), names))?,
        None => (None, Vec::new()),
    };
    Ok(Dataset::from_parts(frame.name(), &[columns.len()], &names, vec![(items, labels)])?)
}
