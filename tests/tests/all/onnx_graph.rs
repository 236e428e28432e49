//! `host onnx graph`: networks as pictures, on files that the tests write themselves.

use onnx_net::proto::{AttributeProto, StringStringEntryProto};
use tests::Bench;

use crate::onnx_build::{F32, Net, port};

/// Two convolutions in scopes as PyTorch's exporter writes them, and what follows.
fn scoped() -> Net {
    let mut net = Net::new()
        .input("x", F32, &[-1, 1, 8, 8])
        .floats("conv.weight", &[2, 1, 3, 3], &[0.5; 18])
        .op("Conv", "x conv.weight -> a", vec![])
        .op("Relu", "a -> b", vec![])
        .op("Sigmoid", "b -> y", vec![])
        .gives("y", F32, &[-1, 2, 6, 6]);
    net.graph().value_info = vec![port("a", F32, &[-1, 2, 6, 6])];
    let graph = net.graph();
    for (node, name) in graph.node.iter_mut().zip(["/features/features.0/Conv", "/features/features.1/Relu"])
    {
        node.name = name.into();
    }
    net
}

/// The texts of an SVG file, in its order.
fn texts(svg: &str) -> Vec<&str> {
    let parts = svg.split("<text ").skip(1);
    parts.map(|part| part.split_once('>').unwrap().1.split_once("</text>").unwrap().0).collect()
}

fn drawn(net: &Net, options: &[&str]) -> String {
    let bench = Bench::new();
    bench.write("a.onnx", net.bytes());
    let words = [&["onnx", "graph", "a.onnx", "--out", "-"], options].concat();
    bench.host(words).run().code(0).stdout
}

#[test]
fn a_picture_has_operators_weights_and_shapes() {
    let svg = drawn(&scoped(), &[]);
    for text in ["x", "f32 [N, 1, 8, 8]", "Conv", "conv.weight [2, 1, 3, 3]", "Relu", "Sigmoid", "y"] {
        assert!(texts(&svg).contains(&text), "{text}\n{svg}");
    }
    // On the arrow from the convolution.
    assert!(texts(&svg).contains(&"[N, 2, 6, 6]"), "{svg}");
    assert_eq!(svg.matches("<polygon").count(), 4, "an arrow head each");
}

#[test]
fn the_picture_goes_where_it_is_asked_for_in_the_format_of_its_name() {
    let bench = Bench::new();
    bench.write("folder/a.onnx", scoped().bytes());
    bench
        .host(["onnx", "graph", "folder/a.onnx"])
        .run()
        .code(0)
        .shows(&["a.svg: 3 nodes in 5 boxes, 4 arrows"]);
    let begins = |name: &str, start: &[u8]| {
        let bytes = std::fs::read(bench.path().join(name)).unwrap();
        assert!(bytes.starts_with(start), "{name}");
    };
    begins("a.svg", b"<svg ");
    for (name, start) in [("b.png", &b"\x89PNG"[..]), ("c.pdf", b"%PDF"), ("d.SVG", b"<svg ")] {
        bench.host(["onnx", "graph", "folder/a.onnx", "--out", name]).run().code(0).shows(&[name]);
        begins(name, start);
    }
    let refused = bench.host(["onnx", "graph", "folder/a.onnx", "--out", "e.gif"]).run().code(2);
    refused.says(&["e.gif", ".svg, .png or .pdf"]);
    bench.host(["onnx", "graph", "none.onnx"]).run().code(1).says(&["none.onnx"]);
    bench.host(["onnx", "graph", "folder/a.onnx", "--all", "--depth", "1"]).run().code(2);
}

#[test]
fn scopes_are_folded_to_the_depth_that_is_asked_for() {
    let folded = drawn(&scoped(), &["--depth", "0"]);
    let found = texts(&folded);
    assert!(found.contains(&"features") && found.contains(&"Conv 1, Relu 1"), "{found:?}");
    assert!(found.contains(&"18 parameters") && !found.contains(&"Conv"), "{found:?}");
    assert!(texts(&drawn(&scoped(), &["--depth", "1"])).contains(&"Conv"));
}

#[test]
fn scopes_of_many_nodes_are_folded_by_themselves() {
    let chain = |i: usize| format!("v{i} -> v{}", i + 1);
    let mut net =
        (0..400).fold(Net::new().input("v0", F32, &[2]), |net, i| net.op("Relu", &chain(i), vec![]));
    net = net.output("v400");
    for (i, node) in net.graph().node.iter_mut().enumerate() {
        // Of PyTorch's second exporter, which says it beside the name.
        let value = format!("['', 'layers', 'layers.{}', 'relu']", i / 100);
        node.metadata_props =
            vec![StringStringEntryProto { key: "pkg.torch.onnx.name_scopes".into(), value }];
    }
    let svg = drawn(&net, &[]);
    assert!(texts(&svg).contains(&"layers.3") && svg.matches("<polygon").count() < 120, "{svg}");
    assert_eq!(drawn(&net, &["--all"]).matches("<polygon").count(), 401);
}

/// Values of the graph around that a graph inside a node reads lead to the node.
#[test]
fn graphs_inside_a_node_are_told() {
    let inner = Net::new().op("Neg", "x -> z", vec![]).output("z");
    let body = |name: &str| AttributeProto {
        name: name.into(),
        g: inner.0.graph.clone(),
        ..AttributeProto::default()
    };
    let net = Net::new()
        .input("c", 9, &[1])
        .input("x", F32, &[2])
        .op("If", "c -> y", vec![body("then_branch"), body("else_branch")])
        .output("y");
    let svg = drawn(&net, &[]);
    assert_eq!(svg.matches("<polygon").count(), 3, "from c, from x, to y\n{svg}");
    assert!(texts(&svg).contains(&"then_branch: 1 nodes"), "{svg}");
}

/// What a file calls things never gets out of the texts, and what it gets wrong is no end of the program.
#[test]
fn strange_files_are_drawn() {
    let mut net = scoped();
    net.graph().node[0].name = "</text><script>alert(1)</script>\u{1b}[31m".into();
    net.graph().node[1].op_type = "<&>\"".into();
    net.graph().initializer[0].dims = vec![i64::MAX, -5, i64::MAX];
    let svg = drawn(&net, &[]);
    assert!(!svg.contains("<script") && !svg.contains('\u{1b}') && svg.contains("&lt;&amp;&gt;"), "{svg}");
    // A circle, a value that nothing gives, a value that two give, nothing at all.
    let circle = Net::new().op("Add", "a b -> c", vec![]).op("Neg", "c -> a", vec![]).output("c");
    let twice = Net::new().op("Neg", "n -> a", vec![]).op("Abs", "a -> a", vec![]).output("a");
    for net in [circle, twice, Net::new()] {
        drawn(&net, &[]);
        drawn(&net, &["--all"]);
        drawn(&net, &["--depth", "0"]);
    }
}

#[test]
fn a_large_picture_is_no_png() {
    let wide = (0..3000).fold(Net::new().input("x", F32, &[2]), |net, i| {
        net.op("Relu", &format!("x -> a{i}"), vec![]).output(&format!("a{i}"))
    });
    let bench = Bench::new();
    bench.write("a.onnx", wide.bytes());
    bench.host(["onnx", "graph", "a.onnx"]).run().code(0).shows(&["3000 nodes in 6001 boxes"]);
    bench.host(["onnx", "graph", "a.onnx", "--out", "a.png"]).run().code(2).says(&["pixels"]);
}
