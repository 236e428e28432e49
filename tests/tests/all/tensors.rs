//! Tensors as scripts meet them: element types, indices, assignment.

use tests::Bench;

fn holds(text: &str) {
    let checked = format!("fn expect(what, holds) {{ if !holds {{ throw what; }} }}\n{text}");
    Bench::new().run(&checked).code(0);
}

fn fails(text: &str, parts: &[&str]) {
    Bench::new().run(text).code(1).says(parts);
}

#[test]
fn element_types_are_pytorchs() {
    holds(
        r#"
        let dtypes = |list| list.map(|x| x.dtype);
        let whole = [tensor([1, 2]), tensor(1), arange(3), full([1], 7), tensor([1]) + 1, tensor([true]) + 1,
            tensor([1]).floor_divide(1), tensor([true, true]).sum(), tensor([1]).int().sum(),
            tensor([1.5]).long(), data::load("glyphs").train(2).batch().labels];
        let floats = [tensor([1, 2.0]), arange(0.0, 1, 0.5), full([1], 7.0), zeros([1]), eye(1),
            tensor([1]) + 1.0, tensor([1]) / 1, tensor([1]).sqrt(), tensor([1]).float()];
        expect(`${whole}`, dtypes.call(whole) == whole.map(|x| "i64"));
        expect(`${floats}`, dtypes.call(floats) == floats.map(|x| "f32"));
        let truths = [tensor([true]), tensor([1]) > 0, tensor([1]).bool()];
        expect(`${truths}`, dtypes.call(truths) == truths.map(|x| "bool"));
        expect("items", [tensor([3]).item(), tensor([true]).item(), tensor(2.5).item()] == [3, true, 2.5]);
        expect("exact", tensor(9007199254740993).item() == 9007199254740993);
        let labels = [tensor([1, 0]), tensor([1, 0]).int()];
        for y in labels {
            losses::cross_entropy(zeros([2, 3]), y);
            nn::embedding(3, 2).forward(y);
            let x = zeros([2]).scatter_add(0, y, ones([2]));
            x.gather(0, y).index_select(0, y).index_add(0, y, ones([2]));
            y.one_hot(3);
            data::from(zeros([2, 1]), y);
            metrics::accuracy(zeros([2, 3]), y);
        }
        let weights = tensor([0.5, 2.0]).track();
        expect("gradient", (weights * tensor([1, 2])).sum().backward().of(weights).to_array() == [1.0, 2.0]);
        "#,
    );
    for (call, name) in [
        ("tensor([1, 2]).mean()", "mean"),
        ("tensor([1, 2]).std()", "std"),
        ("nn::linear(2, 1).forward(tensor([[1, 2]]))", "linear: the element type is i64"),
        ("nn::conv2d(1, 1, 1).forward(full([1, 1, 2, 2], 1))", "conv2d"),
        ("data::from(full([3, 1, 2, 2], 1))", "data::from"),
        ("losses::bce(tensor([0.5]), tensor([1]))", "bce"),
    ] {
        fails(call, &[name, "i64", "`.float()`"]);
    }
}

#[test]
fn what_is_assigned_to_is_a_new_tensor() {
    holds(
        r#"
        let x = arange(6).reshape([2, 3]);
        let old = x;
        x[0] = tensor([7, 8, 9]);
        x["1, ::2"] = 0;
        expect(`${x}`, x.to_array() == [[7, 8, 9], [0, 4, 0]]);
        expect("the old one", old.to_array() == [[0, 1, 2], [3, 4, 5]]);
        x[x == 0] = -1;
        x[1]["1"] += 10;
        expect(`${x}`, x.to_array() == [[7, 8, 9], [-1, 14, -1]]);
        let i = 1;
        x[`${i}, ${i + 1}:`] = 5;
        expect(`${x}`, x[1].to_array() == [-1, 14, 5]);

        let m = #{ x: zeros([3]), list: [zeros([2]), zeros([2])] };
        m.x[0] = 1.0;
        m.x[1..] = tensor([2, 3]);
        m.list[1][-1] = 4;
        m.x[..2] *= 2;
        expect(`${m}`, m.x.to_array() == [2.0, 4.0, 3.0] && m.list[1].to_array() == [0.0, 4.0]);
        expect("the other", m.list[0].to_array() == [0.0, 0.0]);

        let both = zeros([2]);
        let read = || both.sum().item();
        both[0] = 3;
        expect("closures see it", read.call() == 3.0);

        let x = tensor([1.0, 2.0, 3.0]).track();
        let v = tensor(5.0).track();
        let y = x * 1;
        y[1] = v;
        let g = (y * tensor([1, 10, 100])).sum().backward();
        expect("gradients", [g.of(x).to_array(), g.of(v).item()] == [[1.0, 0.0, 100.0], 10.0]);
        "#,
    );
    fails("const x = zeros([2]); x[0] = 1;", &["own.rhai:1:"]);
    fails("let x = arange(3); x[0] = 0.5;", &["0.5"]);
    fails("let x = arange(3); x[0] = tensor(0.5);", &["f32 in a tensor of i64", "`.float()`"]);
    fails("let x = zeros([2, 2]); x[0] = ones([3]);", &["own.rhai:1:", "[3] for a part of [2]"]);
}

#[test]
fn ranges_of_any_size_end_at_once() {
    holds(
        r#"
        let x = arange(4);
        expect("to the end", x[1..9223372036854775807].to_array() == [1, 2, 3]);
        expect("to the last", x[-2..=-1].to_array() == [2, 3]);
        expect("all", x[..].to_array() == [0, 1, 2, 3] && x[..=1].to_array() == [0, 1]);
        expect("far", x["-9223372036854775808:9223372036854775807:9223372036854775807"].to_array() == [0]);
        x[0..9223372036854775807] = 1;
        expect("set", x.to_array() == [1, 1, 1, 1]);
        let wide = tensor([1.0]).expand([1000000000000]);
        expect("a view", wide[5].item() == 1.0 && wide[0..2].shape == [2]);
        "#,
    );
    fails("let x = tensor([1.0]).expand([1000000000000]); x[[0]] = 2;", &["needs"]);
    fails("zeros([3])[3];", &["own.rhai:1:", "an index is 3, expected -3 to 2 in dimension 0 of [3]"]);
    fails("zeros([3])[3..9];", &["a range is 3:9", "within 0:3"]);
    fails("zeros([3])[\"0, 0\"];", &["one of [3] at most"]);
    fails("zeros([3])[\"a\"];", &["a Tensor has no property or part `a`", "`.a()`"]);
    fails("zeros([3])[\"1,,\"];", &["`` in \"1,,\" cannot be read", "`1:3`"]);
    fails("zeros([3])[\"::-1\"];", &["a step is -1", "`flip`"]);
    fails("zeros([3])[[]];", &["own.rhai:1:"]);
    fails("zeros([3])[1.5];", &["own.rhai:1:"]);
    fails("zeros([3, 3])[.., 0];", &["own.rhai:1:", "`x[\":, 0\"]`"]);
    fails("zeros([3, 3])[:, 0];", &["own.rhai:1:", "`x[\":, 0\"]`"]);
}
