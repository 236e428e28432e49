//! Tables of numbers and words: CSV files by their columns.

use std::{collections::BTreeSet, fmt, path::Path};

use files::{Error, Result};

use super::{
    attributes::{self, MAX_BYTES},
    file::{FileOrigin, read},
};

/// Fields that stand for no value, as in pandas.
const MISSING: [&str; 14] =
    ["", "NA", "N/A", "n/a", "<NA>", "#N/A", "#NA", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None"];

/// How a table is read.
#[derive(Debug, Clone, Default)]
pub struct FrameOptions {
    /// The names of the columns; then the first line is a row.
    pub names: Option<Vec<String>>,
    /// More fields that stand for no value.
    pub missing: Vec<String>,
}

/// A table: columns of equal lengths.
#[derive(Debug, Clone, PartialEq)]
pub struct DataFrame {
    name: String,
    len: usize,
    columns: Vec<Column>,
}

/// A column of a table; `None` where there is no value.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub name: String,
    pub values: ColumnValues,
}

/// Whole numbers where all values are; else floats where all are numbers; else texts.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnValues {
    Whole(Vec<Option<i64>>),
    Float(Vec<Option<f64>>),
    Text(Vec<Option<String>>),
}

impl ColumnValues {
    fn of(fields: Vec<Option<String>>) -> Self {
        fn parsed<T: std::str::FromStr>(fields: &[Option<String>]) -> Option<Vec<Option<T>>> {
            let value = |field: &Option<String>| field.as_ref().map(|text| text.parse()).transpose().ok();
            fields.iter().map(value).collect()
        }
        match (parsed(&fields), parsed(&fields)) {
            (Some(whole), _) => Self::Whole(whole),
            (None, Some(floats)) => Self::Float(floats),
            (None, None) => Self::Text(fields),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Whole(_) => "whole",
            Self::Float(_) => "float",
            Self::Text(_) => "text",
        }
    }

    /// For each row whether it has a value.
    fn present(&self) -> Vec<bool> {
        match self {
            Self::Whole(values) => values.iter().map(Option::is_some).collect(),
            Self::Float(values) => values.iter().map(Option::is_some).collect(),
            Self::Text(values) => values.iter().map(Option::is_some).collect(),
        }
    }

    fn kept(&self, keep: &[bool]) -> Self {
        fn of<T: Clone>(values: &[T], keep: &[bool]) -> Vec<T> {
            values.iter().zip(keep).filter(|(_, keep)| **keep).map(|(value, _)| value.clone()).collect()
        }
        match self {
            Self::Whole(values) => Self::Whole(of(values, keep)),
            Self::Float(values) => Self::Float(of(values, keep)),
            Self::Text(values) => Self::Text(of(values, keep)),
        }
    }
}

impl Column {
    fn missing(&self) -> usize {
        self.values.present().iter().filter(|present| !**present).count()
    }

    /// Refuses a column that has no value somewhere.
    fn require_all(&self) -> Result<()> {
        let Some(row) = self.values.present().iter().position(|present| !present) else { return Ok(()) };
        let (name, count) = (&self.name, self.missing());
        Err(Error::usage(
            format!("the column `{name}` has no value in {count} rows, the first of them row {row}"),
            "leave these rows out with `dropna()`",
        ))
    }

    /// The values as numbers.
    ///
    /// # Errors
    /// `Usage` for a column of texts, and where a value is missing.
    pub fn numbers(&self) -> Result<Vec<f64>> {
        self.require_all()?;
        match &self.values {
            ColumnValues::Whole(values) => Ok(values.iter().flatten().map(|&value| value as f64).collect()),
            ColumnValues::Float(values) => Ok(values.iter().flatten().copied().collect()),
            ColumnValues::Text(values) => {
                let first = values.iter().flatten().find(|text| text.parse::<f64>().is_err());
                let (name, shown) = (&self.name, first.map_or("", String::as_str));
                Err(Error::usage(
                    format!("the column `{name}` has texts, the first of them {shown:?}"),
                    "take a column of numbers, or the numbers of its classes: `labels(name)`",
                ))
            }
        }
    }

    /// The number of each row's class, and the classes' names: the different values in their order, as
    /// scikit-learn's `LabelEncoder` numbers them.
    ///
    /// # Errors
    /// `Usage` for a column of floats, and where a value is missing.
    pub fn classes(&self) -> Result<(Vec<u32>, Vec<String>)> {
        fn numbered<T: Ord + ToString>(values: &[Option<T>]) -> (Vec<u32>, Vec<String>) {
            let different: Vec<&T> = values.iter().flatten().collect::<BTreeSet<_>>().into_iter().collect();
            let number = |value: &T| different.binary_search(&value).unwrap_or_default() as u32;
            (values.iter().flatten().map(number).collect(), different.into_iter().map(T::to_string).collect())
        }
        self.require_all()?;
        match &self.values {
            ColumnValues::Whole(values) => Ok(numbered(values)),
            ColumnValues::Text(values) => Ok(numbered(values)),
            ColumnValues::Float(_) => {
                let problem = format!("the column `{}` has floats, and classes are none", self.name);
                Err(Error::usage(problem, "take a column of whole numbers or of texts"))
            }
        }
    }
}

impl DataFrame {
    /// A CSV file: fields separated by commas, semicolons or tabs, whose first line names the columns.
    ///
    /// # Errors
    /// `Io` and `Format` for a file that is none, and for rows of different lengths; `Usage` for two columns
    /// of one name.
    pub fn read(path: &Path, name: &str, options: FrameOptions) -> Result<Self> {
        let bytes = read(path, MAX_BYTES)?;
        let origin = FileOrigin::file(path);
        Self::parse(attributes::text(&bytes, &origin)?, &origin, name, options)
    }

    fn parse(text: &str, origin: &FileOrigin, name: &str, options: FrameOptions) -> Result<Self> {
        let mut rows = attributes::rows(text, origin)?;
        let names = match options.names {
            Some(names) => names,
            None => rows.remove(0).1,
        };
        let mut fields: Vec<Vec<Option<String>>> = vec![Vec::with_capacity(rows.len()); names.len()];
        let is_missing =
            |field: &str| MISSING.contains(&field) || options.missing.iter().any(|other| other == field);
        for (at, row) in rows {
            if row.len() != names.len() {
                let (found, expected) = (row.len(), names.len());
                let expected = format!("{expected}, as there are names of columns");
                return Err(origin.fault(at, format!("{found} fields"), expected));
            }
            let values = row.into_iter().map(|field| (!is_missing(&field)).then_some(field));
            fields.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        }
        if let Some(twice) = (1..names.len()).find(|&i| names[..i].contains(&names[i])) {
            let problem = format!("{} has several columns `{}`", origin.path.display(), names[twice]);
            return Err(Error::usage(problem, "give each a name of its own, or all with the option names"));
        }
        Self::new(name, names.into_iter().zip(fields).collect())
    }

    /// A table of columns of fields, `None` where there is no value.
    ///
    /// # Errors
    /// `Usage` for columns of different lengths, and for none.
    pub fn new(name: &str, columns: Vec<(String, Vec<Option<String>>)>) -> Result<Self> {
        let len = columns.first().map_or(0, |(_, fields)| fields.len());
        if let Some((other, fields)) = columns.iter().find(|(_, fields)| fields.len() != len) {
            let problem = format!("the column `{other}` has {} values, others have {len}", fields.len());
            return Err(Error::usage(problem, "give columns of one length"));
        }
        let column = |(name, fields)| Column { name, values: ColumnValues::of(fields) };
        Ok(Self { name: name.into(), len, columns: columns.into_iter().map(column).collect() })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of that name.
    ///
    /// # Errors
    /// `Usage` where there is none.
    pub fn column(&self, name: &str) -> Result<&Column> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
            let near = known.iter().max_by(|a, b| {
                let like = |other: &str| strsim::jaro_winkler(name, other);
                like(a).total_cmp(&like(b))
            });
            let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
            let problem = format!("{} has no column `{name}`", self.name);
            Error::usage(problem, format!("{near}It has {}", known.join(", ")))
        })
    }

    /// `[N, F]`: the rows of those columns, one after the other.
    ///
    /// # Errors
    /// Those of [`DataFrame::column`] and [`Column::numbers`].
    pub fn numbers(&self, names: &[String]) -> Result<Vec<f32>> {
        let columns = names.iter().map(|name| self.column(name)?.numbers()).collect::<Result<Vec<_>>>()?;
        Ok((0..self.len).flat_map(|row| columns.iter().map(move |values| values[row] as f32)).collect())
    }

    /// The rows that have a value in each column.
    pub fn dropna(&self) -> Self {
        let mut keep = vec![true; self.len];
        for column in &self.columns {
            keep.iter_mut().zip(column.values.present()).for_each(|(keep, present)| *keep &= present);
        }
        let kept = |column: &Column| Column { values: column.values.kept(&keep), name: column.name.clone() };
        let len = keep.iter().filter(|keep| **keep).count();
        Self { name: self.name.clone(), len, columns: self.columns.iter().map(kept).collect() }
    }

    /// How many values are missing, by the columns that miss any.
    pub fn missing(&self) -> Vec<(&str, usize)> {
        let counts = self.columns.iter().map(|column| (column.name.as_str(), column.missing()));
        counts.filter(|(_, count)| *count > 0).collect()
    }
}

/// `iris.csv: 150 rows; sepal float, species text (3 missing)`.
impl fmt::Display for DataFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = |column: &Column| match column.missing() {
            0 => format!("{} {}", column.name, column.values.kind()),
            n => format!("{} {} ({n} missing)", column.name, column.values.kind()),
        };
        let columns: Vec<_> = self.columns.iter().map(column).collect();
        write!(f, "{}: {} rows; {}", self.name, self.len, columns.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str) -> Result<DataFrame> {
        DataFrame::parse(text, &FileOrigin::file(Path::new("a.csv")), "a.csv", FrameOptions::default())
    }

    #[test]
    fn columns_are_what_all_their_values_are() {
        let frame = frame("a;b;c;d\n1;1.5;x;\n-2;NA;\"y;z\";\n3;1e3;;\n").unwrap();
        assert_eq!(
            frame.to_string(),
            "a.csv: 3 rows; a whole, b float (1 missing), c text (1 missing), \
                                       d whole (3 missing)"
        );
        assert_eq!(frame.missing(), [("b", 1), ("c", 1), ("d", 3)]);
        assert_eq!(
            frame.column("c").unwrap().values,
            ColumnValues::Text(vec![Some("x".into()), Some("y;z".into()), None])
        );
        assert_eq!(frame.numbers(&["a".into()]).unwrap(), [1.0, -2.0, 3.0]);
        let error = frame.numbers(&["a".into(), "b".into()]).unwrap_err().to_string();
        assert!(error.contains("`b` has no value in 1 rows, the first of them row 1"), "{error}");
        assert!(frame.dropna().is_empty());
    }

    #[test]
    fn rows_are_numbered_and_classes_are_in_order() {
        let frame = frame("x,y,kind\n1,2,b\n3,4,a\n,6,b\n").unwrap().dropna();
        assert_eq!(frame.numbers(&["y".into(), "x".into()]).unwrap(), [2.0, 1.0, 4.0, 3.0]);
        let (labels, names) = frame.column("kind").unwrap().classes().unwrap();
        assert_eq!((labels, names), (vec![1, 0], vec!["a".to_owned(), "b".to_owned()]));
        let tens = DataFrame { columns: frame.columns.clone(), ..frame.clone() };
        assert_eq!(tens.column("y").unwrap().classes().unwrap().1, ["2", "4"]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let says = |text: &str, part: &str| {
            let error = frame(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        says("a,b\n1\n", "1 fields");
        says("a,a\n1,2\n", "several columns `a`");
        says("", "the end of the file");
        let frame = frame("age,name\n1,x\n").unwrap();
        assert!(frame.column("agge").unwrap_err().to_string().contains("no column `agge`"));
        assert!(frame.column("name").unwrap().numbers().unwrap_err().to_string().contains("texts"));
    }

    #[test]
    fn names_can_be_given() {
        let origin = FileOrigin::file(Path::new("a.csv"));
        let options = FrameOptions { names: Some(vec!["x".into(), "y".into()]), missing: vec!["?".into()] };
        let frame = DataFrame::parse("1,2\n3,?\n", &origin, "a", options).unwrap();
        assert_eq!(frame.to_string(), "a: 2 rows; x whole, y whole (1 missing)");
    }
}
