//! Values that are no arrays: optional ones, kept ones, sequences and maps.

use ops::{Array, DType};

use super::{Message, fixture, library_is_here, open};
use crate::onnx::{Given, Value, Wanted};

/// `none` is an optional tensor that is not there, `some` one that is, `y` a plain tensor.
fn optional() -> Message {
    let tensor = Message::default().bytes(1, Message::default().number(1, 1));
    // AttributeProto: name, type (13: a type), type.
    let attribute = Message::default().bytes(1, "type").number(20, 13).bytes(14, &tensor);
    let optional = |name| {
        Message::default()
            .bytes(1, name)
            .bytes(2, Message::default().bytes(9, Message::default().bytes(1, &tensor)))
    };
    let graph = Message::default()
        .bytes(1, fixture::node("Optional", &[], "none").bytes(5, attribute))
        .bytes(1, fixture::node("Optional", &["x"], "some"))
        .bytes(1, fixture::node("Identity", &["x"], "y"))
        .bytes(2, "graph")
        .bytes(11, fixture::value("x", DType::F32, &[None]))
        .bytes(12, optional("none"))
        .bytes(12, optional("some"))
        .bytes(12, fixture::value("y", DType::F32, &[None]));
    Message::default().number(1, 8).bytes(7, graph).bytes(8, Message::default().number(2, 15))
}

#[test]
fn an_optional_output_that_is_not_there_is_left_out() {
    if !library_is_here() {
        return;
    }
    let model = open(&optional()).unwrap();
    let x = Array::new([2], vec![1.0f32, 2.0]).unwrap();
    let names = |wanted: &Wanted| {
        let found = model.run_given(vec![("x", Given::Array(x.view()))], wanted).unwrap();
        assert!(found.iter().all(|(_, value)| *value == Value::Array(x.clone())));
        found.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(names(&Wanted::default()), ["some", "y"]);
    let wanted = Wanted { outputs: Some(vec!["y".into(), "none".into()]), keep: vec![] };
    assert_eq!(names(&wanted), ["y"]);
}

/// What is kept outlives the array that it came from.
#[test]
fn an_output_that_is_an_input_is_copied_where_it_is_kept() {
    if !library_is_here() {
        return;
    }
    let graph = Message::default()
        .bytes(1, fixture::node("Neg", &["x"], "y"))
        .bytes(11, fixture::value("x", DType::F32, &[None]))
        .bytes(12, fixture::value("x", DType::F32, &[None]))
        .bytes(12, fixture::value("y", DType::F32, &[None]));
    let model = open(&fixture::model(graph)).unwrap();
    let wanted = Wanted { outputs: None, keep: vec!["*".into()] };
    let mut x = Array::new([1000], vec![1.0f32; 1000]).unwrap();
    let kept = model.run_given(vec![("x", Given::Array(x.view()))], &wanted).unwrap();
    x = Array::zeros(&[1000], DType::F32);
    let read = |(_, value): &(String, Value)| match value {
        Value::Held(held) => held.read().unwrap().into_array().unwrap().data().to_f64()[0],
        other => panic!("{other:?}"),
    };
    assert_eq!(kept.iter().map(read).collect::<Vec<_>>(), [1.0, -1.0]);
    // And it is an input again, as it is.
    let again = model.run_given(vec![("x", Given::Value(&kept[1].1))], &Wanted::default()).unwrap();
    assert_eq!(again[1].1, Value::Array(Array::new([1000], vec![1.0f32; 1000]).unwrap()));
    drop((x, model));
    assert_eq!(kept.iter().map(read).collect::<Vec<_>>(), [1.0, -1.0]);
}

#[test]
fn maps_and_sequences_go_in() {
    if !library_is_here() {
        return;
    }
    let number = |x: f32| Value::Array(Array::new([], vec![x]).unwrap());
    // AttributeProto: name, type (8: texts), texts.
    let words = Message::default().bytes(1, "string_vocabulary").number(20, 8).bytes(9, "a").bytes(9, "b");
    let tensor = Message::default().bytes(1, Message::default().number(1, 1));
    // TypeProto.Map: the type of the keys (8: texts), that of the values; TypeProto.Sequence: of its items.
    let map = Message::default().bytes(5, Message::default().number(1, 8).bytes(2, &tensor));
    let items = Message::default().bytes(4, Message::default().bytes(1, &tensor));
    let typed = |name, kind: &Message| Message::default().bytes(1, name).bytes(2, kind);
    let graph = Message::default()
        .bytes(1, fixture::node("DictVectorizer", &["m"], "v").bytes(7, "ai.onnx.ml").bytes(5, words))
        .bytes(1, fixture::node("SequenceLength", &["s"], "n"))
        .bytes(2, "graph")
        .bytes(11, typed("m", &map))
        .bytes(11, typed("s", &items))
        .bytes(12, fixture::value("v", DType::F32, &[None, None]))
        .bytes(12, fixture::value("n", DType::I64, &[]));
    let opsets = [Message::default().number(2, 11), Message::default().bytes(1, "ai.onnx.ml").number(2, 1)];
    let file = Message::default().number(1, 8).bytes(7, graph).bytes(8, &opsets[0]).bytes(8, &opsets[1]);
    let model = open(&file).unwrap();
    assert_eq!(model.inputs()[0].to_string(), "m: map of text to f32");
    let map = Value::Map(vec![("b".into(), number(2.0))]);
    let sequence = Value::Sequence(vec![number(1.0), number(2.0), number(3.0)]);
    let given = vec![("m", Given::Value(&map)), ("s", Given::Value(&sequence))];
    let found = model.run_given(given, &Wanted::default()).unwrap();
    assert_eq!(found[0].1.clone().into_array().unwrap().data().to_f64(), [0.0, 2.0]);
    assert_eq!(found[1].1.clone().into_array().unwrap().data().to_f64(), [3.0]);
    let given = vec![("m", Given::Value(&sequence)), ("s", Given::Value(&sequence))];
    let error = model.run_given(given, &Wanted::default()).unwrap_err().to_string();
    assert!(error.contains("here is a sequence, expected a map of text to f32"), "{error}");
}
