//! Summaries of networks from files: a row for each node.

use ops::{DType, Device, Spec, Tensor};

use crate::build::{F32, Net, int};

fn summary(net: &Net, shape: &[usize]) -> String {
    let x = Tensor::symbolic(Spec::new(shape, DType::F32), Device::Cpu);
    net.module().unwrap().summary(&x).unwrap().to_string()
}

fn has(text: &str, line: &str) {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    assert!(lines.into_iter().any(|found| found == line), "{line}\n{text}");
}

#[test]
fn each_node_is_a_row_with_what_it_reads() {
    let net = Net::new()
        .input("x", F32, &[-1, 1, 4, 4])
        .floats("w", &[2, 1, 3, 3], &[0.5; 18])
        .floats("b", &[2], &[0.0; 2])
        .op("Conv", "x w b -> c", vec![])
        .op("Relu", "c -> r", vec![])
        .op("GlobalAveragePool", "r -> p", vec![])
        .op("Flatten", "p -> f", vec![])
        .floats("v", &[2, 3], &[0.5; 6])
        .op("MatMul", "f v -> y", vec![])
        .output("y");
    let text = summary(&net, &[5, 1, 4, 4]);
    has(&text, "Onnx [5, 3] -- --");
    has(&text, "├─Conv_c: Conv [5, 2, 2, 2] 20 400");
    has(&text, "├─Relu_r: Relu [5, 2, 2, 2] -- --");
    has(&text, "├─MatMul_y: MatMul [5, 3] 6 30");
    has(&text, "Total params: 26");
    has(&text, "Total mult-adds: 430");
}

/// The first run of more samples than a file fixes compares these with what each gives alone.
#[test]
fn a_comparison_of_samples_is_no_row() {
    let net = Net::new().input("x", F32, &[1, 4]).op("Relu", "x -> y", vec![]).output("y");
    assert_eq!(summary(&net, &[3, 4]).matches("Relu_y").count(), 1);
}

/// Recurrent layers compute with their parameters in each step.
#[test]
fn a_recurrent_layer_is_counted_for_each_step() {
    let net = Net::new()
        .input("x", F32, &[-1, -1, 3])
        .floats("w", &[1, 8, 3], &[0.5; 24])
        .floats("r", &[1, 8, 2], &[0.5; 16])
        .op("LSTM", "x w r -> y", vec![int("hidden_size", 2)])
        .output("y");
    has(&summary(&net, &[5, 4, 3]), "├─LSTM_y: LSTM [5, 1, 4, 2] 40 800");
}
