use super::*;

fn read(text: impl AsRef<[u8]>, name: &str) -> Result<Attribute> {
    Attribute::parse(text.as_ref(), FileOrigin::file(Path::new("list.txt")), name)
}

/// The classes of pictures in a folder `img`, and their names.
fn classes(text: &str, name: &str, files: &[&str]) -> (Vec<String>, Vec<u32>) {
    let attribute = read(text, name).unwrap();
    let (labels, _) = attribute.of(Path::new("img"), files).unwrap();
    (attribute.class_names, labels)
}

fn fails(text: impl AsRef<[u8]>, name: &str, expected: &str) {
    let error = read(text, name).err().unwrap().to_string();
    assert!(error.contains("list.txt") && error.contains(expected), "{error}");
}

const FOUR: [&str; 4] = ["0.png", "1.png", "2.png", "3.png"];

fn colours(text: &str, names: &[&str], labels: &[u32]) {
    let classes = classes(text, "colour", &FOUR);
    assert_eq!(
        (classes.0.iter().map(String::as_str).collect(), classes.1),
        (names.to_vec(), labels.to_vec()),
        "{text:?}"
    );
}

#[test]
fn the_layout_of_celeba_is_read() {
    let text = "2\nBald Male \n000001.jpg  1 -1\r\n000002.jpg -1  1\n";
    let (names, labels) = classes(text, "Male", &["000001.jpg", "000002.jpg"]);
    assert_eq!((&names[..], &labels[..]), (&["not Male".into(), "Male".into()][..], &[0, 1][..]));
    assert_eq!(classes(text, "Bald", &["000001.jpg"]).1, [1]);
    let error = read(text, "Male").unwrap().of(Path::new("img"), &["3.jpg"]).unwrap_err().to_string();
    assert!(error.contains("at byte 48: found the end of the file, expected a line for `3.jpg`"), "{error}");
}

/// What Python's `csv` module reads of the same texts.
#[test]
fn csv_files_are_read_as_others_do() {
    let three = ["blue", "green", "red"];
    let plain = "file,colour,size\n0.png,red,1\n1.png,blue,0\n2.png,red,1\n3.png,green,0\n";
    colours(plain, &three, &[2, 0, 2, 1]);
    colours(&plain.replace('\n', "\r\n"), &three, &[2, 0, 2, 1]);
    colours(&plain.replace(',', ";"), &three, &[2, 0, 2, 1]);
    colours(&plain.replace(',', "\t"), &three, &[2, 0, 2, 1]);
    colours(&plain.replace(',', ", "), &three, &[2, 0, 2, 1]);
    colours(&format!("\u{feff}{plain}"), &three, &[2, 0, 2, 1]);
    colours(&plain.replace("file,", ""), &three, &[2, 0, 2, 1]);
    colours(&plain.replace("file,", "\u{feff}"), &three, &[2, 0, 2, 1]);
    colours(&plain.replace("file,", ","), &three, &[2, 0, 2, 1]);
    colours(&plain.replace("\n", "\n\n"), &three, &[2, 0, 2, 1]);
    for folder in ["img/", "./img/", "/home/me/img/", "pictures\\"] {
        let in_folder = |text: String, file: &str| text.replace(file, &format!("{folder}{file}"));
        let paths = FOUR.into_iter().fold(plain.to_owned(), in_folder);
        colours(&paths, &three, &[2, 0, 2, 1]);
    }
    let empty = "file,notes,colour,size\n0.png,,red,1\n1.png,,blue,0\n2.png,,red,1\n3.png,,green,0\n";
    colours(empty, &three, &[2, 0, 2, 1]);
    let four = ["dark blue", "dark red", "light red", "sea blue"];
    let spaces =
        "file,colour,size\n0.png,dark red,1\n1.png,dark blue,0\n2.png,light red,1\n3.png,sea blue,0\n";
    colours(spaces, &four, &[1, 0, 2, 3]);
    let quoted = "\"file\",\"colour\"\n\"0.png\",\"a, b\"\n\"1.png\",\"say \
        \"\"x\"\"\"\n\"2.png\",\"a\nb\"\n\"3.png\",\"a, b\"\n";
    colours(quoted, &["a\nb", "a, b", "say \"x\""], &[1, 2, 0, 1]);
    let missing = "file,colour\n0.png,\n1.png,blue\n2.png,red\n3.png,\n";
    colours(missing, &["", "blue", "red"], &[0, 1, 2, 0]);
    assert_eq!(read(missing, "colour").unwrap().empty(), 2);
    // Every row ends with a separator, which is no column.
    let trailing = "file,colour\n0.png,red,\n1.png,blue,\n2.png,red,\n3.png,green,\n";
    colours(trailing, &three, &[2, 0, 2, 1]);
    let one = "colour\n0.png,red\n1.png,blue\n2.png,red\n3.png,green\n";
    colours(one, &three, &[2, 0, 2, 1]);
}

#[test]
fn yes_and_no_are_two_values_and_three_are_three_classes() {
    let of = |values: [&str; 3]| {
        let rows =
            values.iter().zip(FOUR).map(|(value, file)| format!("{file},{value}\n")).collect::<String>();
        classes(&format!("file,old\n{rows}"), "old", &FOUR[..3])
    };
    assert_eq!(of(["0", "1", "0"]), (vec!["not old".into(), "old".into()], vec![0, 1, 0]));
    assert_eq!(of(["-1", "1", "1"]), (vec!["not old".into(), "old".into()], vec![0, 1, 1]));
    assert_eq!(of(["-1", "1", "0"]), (vec!["-1".into(), "0".into(), "1".into()], vec![0, 2, 1]));
}

#[test]
fn names_with_their_folders_tell_pictures_apart() {
    let text = "file,kind\na/0.png,cat\nb/0.png,dog\n";
    assert_eq!(classes(text, "kind", &["a/0.png", "b/0.png"]).1, [0, 1]);
    let both = read("file,kind\n0.png,cat\n", "kind").unwrap();
    let error = both.of(Path::new("img"), &["a/0.png", "b/0.png"]).unwrap_err().to_string();
    assert!(
        error.contains("one line for `a/0.png` and `b/0.png`, expected names with their folders"),
        "{error}"
    );
    assert_eq!(classes("id,kind\n7,cat\n8,dog\n", "kind", &["a/8.png", "a/7.png"]).1, [1, 0]);
    // Which of the two is meant is not clear.
    let unclear = read(text, "kind").unwrap().of(Path::new("img"), &["0.png"]).unwrap_err().to_string();
    assert!(unclear.contains("a line for `0.png`"), "{unclear}");
}

#[test]
fn faults_name_file_offset_and_expectation() {
    fails("", "Male", "at byte 0: found the end of the file");
    fails("3\nMale\na 1\nb 1\n", "Male", "at byte 0: found the number 3, expected 2");
    fails("Male Bald\na 1 1\nb 1\n", "Male", "at byte 16: found 2 fields, expected 3");
    fails("file,a,b\nx,1,1\ny,1\n", "a", "at byte 15: found 2 fields, expected 3");
    fails("Male\na 1\na 1\n", "Male", "at byte 9: found `a` again");
    fails("Male Bald\na 1 1\n", "Mole", "no attribute `Mole`\n  help: it has Male, Bald");
    fails("file,a,a\nx,1,1\n", "a", "several columns `a`");
    fails("file,a\nx,\"1\ny,1\n", "a", "found quotes that are never closed and hold 2 lines");
    fails(
        b"file,a\nx,roug\xe9\n",
        "a",
        "at byte 13: found the byte e9, which is not UTF-8 but most likely Windows-1252",
    );
    fails(b"\xff\xfef\0i\0", "a", "found a text in UTF-16");
}

/// pandas writes the index of a row first, other programs a number of their own; the names are elsewhere.
#[test]
fn the_column_that_names_the_pictures_need_not_be_the_first() {
    let expected = (vec!["blue".into(), "green".into(), "red".into(), "x".into()], vec![3, 1, 0, 2]);
    let rows = "0,3.png,red\n1,2.png,blue\n2,1.png,green\n3,0.png,x\n";
    let headers = [",file,colour\n", "id,file,colour\n", "Unnamed: 0,file,colour\n", "file,colour\n"];
    for header in headers {
        assert_eq!(classes(&format!("{header}{rows}"), "colour", &FOUR), expected, "{header}");
    }
    let paths = rows.replace(",3.", ",C:\\img\\3.").replace(",0.", ",/x/img/0.");
    assert_eq!(classes(&format!(",path,colour\n{paths}"), "colour", &FOUR), expected);
    let last = "colour,file\nred,3.png\nblue,2.png\ngreen,1.png\nx,0.png\n";
    assert_eq!(classes(last, "colour", &FOUR), expected);
    let (labels, said) = read(last, "colour").unwrap().of(Path::new("img"), &FOUR).unwrap();
    assert_eq!(labels, expected.1);
    assert!(said.unwrap().contains("found by the column `file`, not by the first one"));
    // Names without their ends, beside numbers that are no names.
    let stems = "id,image,kind\n1,img_b,dog\n2,img_a,cat\n";
    assert_eq!(classes(stems, "kind", &["img_a.jpg", "img_b.jpg"]).1, [0, 1]);
}

#[test]
fn a_picture_is_not_taken_for_a_number_or_for_one_of_another_split() {
    let of = |text: &str, files: &[&str]| {
        read(text, "colour").unwrap().of(Path::new("img"), files).unwrap_err().to_string()
    };
    // One name is missing, or all have another end: the index of pandas is no name for all that.
    for rows in ["0,3.png,red\n1,2.png,blue\n2,1.png,green\n3,9.png,x\n", "0,3.jpg,a\n1,2.jpg,b\n2,1.jpg,c\n"]
    {
        let error = of(&format!(",file,colour\n{rows}"), &FOUR);
        assert!(error.contains("expected a line for `0.png` in the column `file`"), "{error}");
    }
    for rows in ["0,3,red\n1,2,blue\n2,1,green\n3,0,x\n", "0,3,red\n1,2,blue\n2,9,green\n3,0,x\n"] {
        let error = of(&format!(",id,colour\n{rows}"), &FOUR);
        assert!(error.contains("the first column and the column `id` could both name"), "{error}");
    }
    let error = of("file,colour\ntrain/0.png,red\n", &["test/0.png"]);
    assert!(error.contains("a line for `test/0.png`"), "{error}");
    fails(",file,colour\n0,a.png,red\n1,a.png,red\n", "colour", "`a.png` again");
}

#[test]
fn what_spreadsheets_add_is_no_row() {
    let expected = (vec!["blue".into(), "red".into()], vec![1, 0, 0, 1]);
    let rows = "file;colour\n0.png;red\n1.png;blue\n2.png;blue\n3.png;red\n";
    for text in [format!("sep=;\n{rows}"), format!("{rows};\n;\n")] {
        assert_eq!(classes(&text, "colour", &FOUR), expected, "{text}");
    }
}
