use super::*;

fn one(template: &str, value: Value) -> Result<String> {
    formatted(template, &Values { places: vec![value], names: Vec::new() })
}

/// Python 3: `template.format(value)`.
#[test]
fn numbers_are_written_as_python_writes_them() {
    let cases = [
        ("{}", Value::Whole(3), "3"),
        ("{}", Value::Number(0.1), "0.1"),
        ("{}", Value::Number(1e-05), "1e-05"),
        ("{}", Value::Number(1e+16), "1e+16"),
        ("{}", Value::Number(12345678.0), "12345678.0"),
        ("{:.3f}", Value::Number(3.24159), "3.242"),
        ("{:8.2f}|", Value::Number(-3.24159), "   -3.24|"),
        ("{:>8}|", Value::Text("ab".into()), "      ab|"),
        ("{:<8}|", Value::Text("ab".into()), "ab      |"),
        ("{:^7}|", Value::Text("ab".into()), "  ab   |"),
        ("{:*^9}|", Value::Text("ab".into()), "***ab****|"),
        ("{:+d}", Value::Whole(5), "+5"),
        ("{: d}", Value::Whole(5), " 5"),
        ("{:05d}", Value::Whole(-42), "-0042"),
        ("{:,}", Value::Whole(1234567), "1,234,567"),
        ("{:_}", Value::Whole(1234567), "1_234_567"),
        ("{:,.2f}", Value::Number(1234567.891), "1,234,567.89"),
        ("{:.2e}", Value::Number(12345.678), "1.23e+04"),
        ("{:e}", Value::Number(0.0), "0.000000e+00"),
        ("{:.3g}", Value::Number(0.00012345), "0.000123"),
        ("{:g}", Value::Number(1000000.0), "1e+06"),
        ("{:g}", Value::Number(1e-05), "1e-05"),
        ("{:g}", Value::Number(100000.0), "100000"),
        ("{:.2%}", Value::Number(0.12345), "12.35%"),
        ("{:x}", Value::Whole(255), "ff"),
        ("{:X}", Value::Whole(255), "FF"),
        ("{:b}", Value::Whole(5), "101"),
        ("{:o}", Value::Whole(8), "10"),
        ("{:.2s}|", Value::Text("abc".into()), "ab|"),
        ("{:5s}|", Value::Text("abc".into()), "abc  |"),
        ("{:.3}", Value::Number(3.24159), "3.24"),
        ("{:.3}", Value::Number(1234567.0), "1.23e+06"),
        ("{:.3}", Value::Number(3.0), "3.0"),
        ("{:f}", Value::Whole(2), "2.000000"),
        ("{:10.3e}|", Value::Number(-0.000123456), "-1.235e-04|"),
        ("{:E}", Value::Number(1.5), "1.500000E+00"),
        ("{:G}", Value::Number(1e-10), "1E-10"),
        ("{:+.1f}", Value::Number(-0.0), "-0.0"),
        ("{:.0f}", Value::Number(2.5), "2"),
        ("{:.1f}", Value::Number(0.25), "0.2"),
        ("{:08.3f}", Value::Number(-3.24159), "-003.242"),
        ("{:x}", Value::Whole(-255), "-ff"),
        ("{:s}", Value::Text("x".into()), "x"),
        ("{:<6}|", Value::Whole(42), "42    |"),
        ("{:.0%}", Value::Number(0.5), "50%"),
        ("{}", Value::Number(f64::INFINITY), "inf"),
        ("{:f}", Value::Number(f64::NAN), "nan"),
        ("{:=+6d}|", Value::Whole(42), "+   42|"),
        ("{:0>5}|", Value::Whole(42), "00042|"),
        ("{{{}}}", Value::Whole(1), "{1}"),
    ];
    for (template, value, expected) in cases {
        let shown = format!("{template} of {value:?}");
        assert_eq!(one(template, value).unwrap(), expected, "{shown}");
    }
}

#[test]
fn values_are_chosen_by_place_or_by_name() {
    let places = vec![Value::Whole(1), Value::Text("b".into())];
    assert_eq!(formatted("{} {}", &Values { places: places.clone(), names: vec![] }).unwrap(), "1 b");
    assert_eq!(formatted("{1} {0} {0:02}", &Values { places, names: vec![] }).unwrap(), "b 1 01");
    let names = vec![("lr".to_string(), Value::Number(0.1))];
    assert_eq!(formatted("{lr:.2f}", &Values { places: vec![], names }).unwrap(), "0.10");
}

#[test]
fn a_format_that_is_wrong_is_shown_where_it_is() {
    let number = || Value::Number(1.5);
    for (template, value, problem) in [
        ("a {:.3q}", number(), "`{:.3q}` at character 3: there is no type `q`"),
        ("é{:.f}", number(), "`{:.f}` at character 2: no number follows the point"),
        ("{:d}", number(), "`d` writes whole numbers, got 1.5"),
        ("{:.2f}", Value::Text("x".into()), "`f` writes numbers, got \"x\""),
        ("{:>>>3}", number(), "`>>>3` is no format"),
        ("{:3.2ff}", number(), "`3.2ff` is no format"),
        ("{", number(), "`{}` at character 1: the brace is not closed"),
        ("{:5", number(), "the brace is not closed"),
        ("}{}", number(), "`}` at character 1 closes nothing"),
        ("{} {}", number(), "`{}` at character 4: there is no value number 1 of 1"),
        ("none", number(), "1 of 1 values have no place"),
        ("{x}", number(), "there is no value `x`"),
        ("{:1001}", number(), "1001 is too large"),
        ("{:.99999999999999999999999f}", number(), "is too large"),
    ] {
        let error = one(template, value).unwrap_err().to_string();
        assert!(error.contains(problem), "{template}: {error}");
    }
}
