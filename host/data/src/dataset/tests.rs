use ops::{Device, random::Draw};

use super::*;

const SHAPE: [usize; 3] = [1, 2, 3];

impl Dataset {
    /// The items at those indices and their labels, as batches gather them.
    pub(crate) fn batch(&self, indices: &[usize], device: Device) -> Result<(Tensor, Option<Tensor>)> {
        self.require_room("batch", indices.len())?;
        let indices: Vec<u32> = indices.iter().map(|&i| i as u32).collect();
        let batch = self.upload(self.gather("batch", &indices)?, device)?;
        Ok((batch.images, batch.labels))
    }
}

/// What a set has to be equal to: each item's elements and label.
type ListModel = Vec<(Vec<f32>, Option<u32>)>;

fn names(count: u32) -> Vec<String> {
    (0..count).map(|class| format!("class {class}")).collect()
}

/// `n` items of bytes, all different, with labels 0, 1, 2, 0, ...
fn bytes(n: usize) -> Dataset {
    let pixels = (0..n * 6).map(|i| (i * 7 % 256) as u8).collect();
    let labels = Some((0..n as u32).map(|i| i % 3).collect());
    let (name, class_names) = ("bytes".into(), names(3));
    Dataset::from_images(Images {
        name,
        shape: SHAPE,
        pixels,
        labels,
        class_names,
        unlabelled: String::new(),
    })
}

/// `n` items of floats that no byte stands for.
fn tensor(n: usize) -> Tensor {
    let values: Vec<f32> = (0..n * 6).map(|i| -0.1 * i as f32).collect();
    Tensor::from_data(values, [n, 1, 2, 3], Device::Cpu).unwrap()
}

fn floats(n: usize) -> Dataset {
    Dataset::from_tensor(&tensor(n)).unwrap()
}

/// `n` items of floats with the label 3.
fn labelled_floats(n: usize) -> Dataset {
    let part = (Items::Floats(tensor(n)), Some(vec![3; n].into()));
    Dataset::from_parts("floats", &SHAPE, &names(4), vec![part]).unwrap()
}

fn model(set: &Dataset) -> ListModel {
    let values = if set.is_empty() { vec![] } else { set.tensor(Device::Cpu).unwrap().to_f32().unwrap() };
    let labels = set.labels().map_or(vec![None; set.len()], |labels| labels.into_iter().map(Some).collect());
    values.chunks(6).map(<[f32]>::to_vec).zip(labels).collect()
}

/// What of a model a set shows: labels only where every item has one.
fn shown(model: &ListModel) -> ListModel {
    let all = model.iter().all(|(_, label)| label.is_some());
    model.iter().map(|(item, label)| (item.clone(), label.filter(|_| all))).collect()
}

fn same_set(a: &Dataset, b: &Dataset) -> bool {
    a.to_string() == b.to_string() && model(a) == model(b) && a.class_names() == b.class_names()
}

fn text<T: fmt::Debug>(outcome: Result<T>) -> String {
    outcome.unwrap_err().to_string()
}

#[test]
fn bytes_become_fractions_and_floats_are_kept() {
    let expected: Vec<f32> = (0..12).map(|i| (i * 7) as f32 / 255.0).collect();
    assert_eq!(bytes(2).tensor(Device::Cpu).unwrap().to_f32().unwrap(), expected);
    let odd = [f32::MIN_POSITIVE / 2.0, -0.0, 1.0 + f32::EPSILON, f32::INFINITY, 300.0, -7.25];
    let set = Dataset::from_tensor(&Tensor::from_data(odd.to_vec(), [3, 2], Device::Cpu).unwrap()).unwrap();
    let (batch, labels) = set.batch(&[2, 0], Device::Cpu).unwrap();
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&batch.to_f32().unwrap()), bits(&[odd[4], odd[5], odd[0], odd[1]]));
    assert!(labels.is_none());
}

/// Some step that makes a set of `set`, and the same step on its model.
fn step(set: &Dataset, model: &ListModel, draw: Draw) -> (Dataset, ListModel) {
    let below = |i: u64, n: usize| draw.below(i, n as u64) as usize;
    let other = [bytes(4), floats(3), labelled_floats(2), bytes(0)][below(0, 4)].clone();
    let start = below(1, model.len() + 1);
    let n = below(2, model.len() - start + 1);
    match below(3, 5) {
        0 | 1 => (set.concat(&other).unwrap(), [&model[..], &self::model(&other)].concat()),
        2 => (set.slice(start, n).unwrap(), model[start..start + n].to_vec()),
        3 => (set.take(start).unwrap(), model[..start].to_vec()),
        _ => {
            let count = if model.is_empty() { 0 } else { below(4, 9) };
            let indices: Vec<usize> = (0..count).map(|i| below(5 + i as u64, model.len())).collect();
            let naive = shown(&indices.iter().map(|&i| model[i].clone()).collect());
            (set.subset(&indices).unwrap(), naive)
        }
    }
}

#[test]
fn every_step_agrees_with_a_plain_list() {
    for walk in 0..40 {
        let mut set = bytes(5);
        let mut naive = model(&set);
        for number in 0..12 {
            (set, naive) = step(&set, &naive, Key::new(walk).draw(number));
            assert_eq!(set.len(), naive.len());
            assert_eq!(model(&set), shown(&naive), "walk {walk}, step {number}: {set}");
            assert!(set.parts().iter().all(|part| !part.is_empty()));
        }
        let indices: Vec<usize> = (0..set.len()).rev().step_by(2).collect();
        if indices.is_empty() {
            continue;
        }
        let (images, labels) = set.batch(&indices, Device::Cpu).unwrap();
        let shown = shown(&naive);
        let expected: Vec<f32> = indices.iter().flat_map(|&i| shown[i].0.clone()).collect();
        assert_eq!(images.to_f32().unwrap(), expected);
        assert_eq!(images.shape(), [indices.len(), 1, 2, 3]);
        let labels = labels.map(|labels| labels.to_f64().unwrap());
        let expected: Option<Vec<f64>> = indices.iter().map(|&i| shown[i].1.map(f64::from)).collect();
        assert_eq!(labels, expected);
    }
}

/// Whether both are the same memory under the same names.
fn is_same(a: &Dataset, b: &Dataset) -> bool {
    (a.name(), a.shape(), a.class_names()) == (b.name(), b.shape(), b.class_names())
        && a.parts().len() == b.parts().len()
        && a.parts().iter().zip(b.parts()).all(|(a, b)| a.is_same(b))
}

#[test]
fn joining_and_cutting_share_memory() {
    let (a, b) = (bytes(4), floats(3));
    let both = a.concat(&b).unwrap();
    assert!(both.parts()[0].is_same(&a.parts()[0]) && both.parts()[1].is_same(&b.parts()[0]));
    assert!(both.slice(4, 3).unwrap().parts()[0].is_same(&b.parts()[0]));
    let (some, again) = (both.slice(2, 3).unwrap(), both.slice(2, 3).unwrap());
    assert!(is_same(&some, &again) && !is_same(&some, &both.slice(1, 3).unwrap()));
    assert!(!is_same(&a.slice(0, 2).unwrap(), &a.slice(1, 2).unwrap()));
    assert!(is_same(&a, &a.clone()) && !is_same(&a, &bytes(4)) && !is_same(&a, &a.without_labels()));

    let Items::Bytes(all) = a.parts()[0].items().unwrap() else { panic!("bytes") };
    assert!(matches!(a.parts()[0].items().unwrap(), Items::Bytes(same) if Arc::ptr_eq(&all, &same)));
    let source = tensor(3);
    let set = Dataset::from_tensor(&source).unwrap();
    assert!(set.tensor(Device::Cpu).unwrap().is_same(&source));
}

#[test]
fn parts_are_the_whole_set() {
    let set = bytes(5).concat(&labelled_floats(4)).unwrap().slice(3, 4).unwrap();
    let saved = |part: &DatasetPart| (part.items().unwrap(), part.labels().map(Arc::from));
    let parts: Vec<_> = set.parts().iter().map(saved).collect();
    assert!(matches!(&parts[0].0, Items::Bytes(bytes) if bytes.len() == 2 * 6));
    assert!(matches!(&parts[1].0, Items::Floats(floats) if floats.shape() == [2, 1, 2, 3]));
    let restored = Dataset::from_parts(set.name(), set.shape(), set.class_names(), parts).unwrap();
    assert!(same_set(&set, &restored));
    assert_eq!(restored.labels(), Some(vec![0, 1, 3, 3]));
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let of = |items, labels: Option<Vec<u32>>| {
        text(Dataset::from_parts("broken", &SHAPE, &names(3), vec![(items, labels.map(Arc::from))]))
    };
    let two = || Items::Bytes([0; 12].into());
    let error = of(Items::Bytes([0; 13].into()), None);
    assert_eq!(error, "dataset: the shape is [13], expected whole items of [1, 2, 3]");
    let error = of(two(), Some(vec![0]));
    assert_eq!(error, "dataset: the number of labels is 1, expected 2, one for each item");
    let error = of(two(), Some(vec![0, 3]));
    assert_eq!(error, "dataset: a label is 3, expected below 3, the classes");
    let flat = Items::Floats(tensor(2).reshape(&[2, 6]).unwrap());
    assert_eq!(of(flat, None), "dataset: the shape is [2, 6], expected N items of [1, 2, 3]");
}

#[test]
fn a_tensor_has_items_of_floats_and_a_value() {
    let of = |tensor: &Tensor| text(Dataset::from_tensor(tensor));
    let line = Tensor::from_data(vec![1.0f32; 4], [4], Device::Cpu).unwrap();
    assert!(of(&line).contains("the shape is [4], expected [N, ...]"));
    let whole = Tensor::from_data(vec![1i32; 4], [2, 2], Device::Cpu).unwrap();
    assert_eq!(of(&whole), "dataset: the element type is i32, expected f32 (convert with `.float()`)");
    assert!(of(&Tensor::symbolic(tensor(2).spec().clone(), Device::Cpu)).contains("symbolic"));
    let tracked = Dataset::from_tensor(&tensor(2).track().unwrap()).unwrap();
    assert!(!tracked.tensor(Device::Cpu).unwrap().is_tracked());
}

#[test]
fn classes_are_chosen_by_label() {
    let set = bytes(7).concat(&labelled_floats(2)).unwrap();
    let chosen = set.of_class(&[3, 1]).unwrap();
    assert_eq!(chosen.labels(), Some(vec![1, 1, 3, 3]));
    let expected: ListModel = [1, 4, 7, 8].map(|i| model(&set)[i].clone()).into();
    assert_eq!(model(&chosen), expected);
    assert!(bytes(1).of_class(&[2]).unwrap().is_empty());
    let error = text(set.of_class(&[4]));
    assert_eq!(error, "of_class: the class is 4, expected one of the 4 classes of `bytes`, counted from 0");
    assert!(text(floats(2).of_class(&[0])).contains("no labels"));
}

#[test]
fn joined_sets_agree_in_shape_and_classes() {
    let other = Dataset::from_tensor(&tensor(1).reshape(&[1, 6]).unwrap()).unwrap();
    let error = text(bytes(1).concat(&other));
    assert_eq!(error, "concat: the shape is [6] for an item of `tensor`, expected [1, 2, 3] as in `bytes`");

    let part = (Items::Bytes([0; 6].into()), Some([0].into()));
    let kana = Dataset::from_parts("kana", &SHAPE, &["o".into()], vec![part]).unwrap();
    let error = text(bytes(1).concat(&kana));
    assert!(error.starts_with("concat: class 0 is `class 0` in `bytes` and `o` in `kana`"), "{error}");
    let joined = bytes(1).without_labels().concat(&kana.without_labels()).unwrap();
    assert_eq!((joined.labels(), joined.class_names().len()), (None, 0));

    let longer = bytes(1).concat(&labelled_floats(1)).unwrap();
    assert_eq!((longer.name(), longer.class_names()), ("bytes", &names(4)[..]));
}

/// A batch of labelled items alone, out of a set where others have no label.
#[test]
fn no_batch_has_labels_if_the_set_has_none() {
    let mixed = bytes(2).concat(&floats(2)).unwrap();
    assert!(mixed.labels().is_none());
    assert!(mixed.batch(&[0, 1], Device::Cpu).unwrap().1.is_none());
    assert_eq!(mixed.take(2).unwrap().labels(), Some(vec![0, 1]));
}

#[test]
fn what_is_not_there_is_refused() {
    let set = bytes(3);
    let error = text(set.take(4));
    assert_eq!(error, "take: the range is 4 from item 0 on, expected a range within the 3 items of `bytes`");
    assert!(text(set.slice(2, usize::MAX)).starts_with("slice: the range is"));
    let error = text(set.subset(&[0, 3]));
    assert_eq!(error, "subset: an index is 3, expected below 3, the number of items of `bytes`");
    assert!(text(set.batch(&[7], Device::Cpu)).starts_with("batch: an index is 7"));
    assert!(text(set.batch(&[], Device::Cpu)).starts_with("batch: the number of items is 0"));
    assert!(text(bytes(0).tensor(Device::Cpu)).starts_with("tensor: the number of items is 0"));
    assert!(text(bytes(0).batch(&[0], Device::Cpu)).starts_with("batch: an index is 0"));
}

#[test]
fn the_budget_of_bytes_is_asked_first() {
    // The budget is all the memory that can be addressed, and the set has taken some of it.
    let set = floats(1);
    assert!(set.require_room("batch", 1000).is_ok());
    assert!(text(set.require_room("batch", usize::MAX)).contains("of the budget of"));
}

#[test]
fn a_set_that_doubles_itself_meets_a_limit() {
    let mut set = bytes(1 << 10);
    for _ in 10..28 {
        set = set.concat(&set).unwrap();
    }
    assert_eq!(set.len(), 1 << 28);
    assert!(text(set.concat(&bytes(1))).contains("at most 268435456"));
}

#[test]
fn a_set_prints_itself() {
    assert_eq!(bytes(5).to_string(), "bytes: 5 items of [1, 2, 3], 3 classes");
    assert_eq!(floats(2).to_string(), "tensor: 2 items of [1, 2, 3], no labels");
}

#[test]
fn an_order_has_every_item_once_and_hangs_on_its_key() {
    let of = |seed| order(1000, Key::new(seed));
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
    let mut sorted = of(1);
    assert_ne!(sorted, (0..1000).collect::<Vec<u32>>());
    sorted.sort_unstable();
    assert_eq!(sorted, (0..1000).collect::<Vec<u32>>());
}
