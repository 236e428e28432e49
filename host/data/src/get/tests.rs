use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use files::sha256_of_file;
use flate2::{Compression, write::GzEncoder};

use super::*;

/// What a server does with a request, one after the other; then it behaves.
#[derive(Clone, Copy)]
enum Fault {
    /// Closes after so many bytes of the body.
    Cut(usize),
    /// Sends the whole file whatever part was asked for.
    NoRange,
    /// The same, and closes after so many bytes.
    NoRangeCut(usize),
    /// Answers with this status and no body.
    Status(u16),
    /// Sends other bytes.
    Wrong,
    /// Closes at once.
    Silent,
}

/// A server of files on this machine.
struct Server {
    address: String,
    /// The path of every request, and the first byte that it asked for.
    asked: Arc<Mutex<Vec<(String, usize)>>>,
}

impl Server {
    fn start(files: &[(&str, &[u8])], faults: &[Fault]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let files: HashMap<String, Vec<u8>> =
            files.iter().map(|(name, bytes)| (format!("/{name}"), bytes.to_vec())).collect();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, faults) = (asked.clone(), faults.to_vec());
        let mut faults = faults.into_iter();
        // It ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let fault = faults.next();
                // Whoever hangs up in the middle wants no more.
                let _ = answer(stream.unwrap(), &files, fault, &log);
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<(String, usize)> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(
    mut stream: TcpStream,
    files: &HashMap<String, Vec<u8>>,
    fault: Option<Fault>,
    log: &Mutex<Vec<(String, usize)>>,
) -> std::io::Result<()> {
    let mut lines =
        BufReader::new(stream.try_clone()?).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
    let range = lines.find_map(|line| line.to_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
    let start = range.and_then(|range| range.trim_end_matches('-').parse().ok()).unwrap_or(0);
    log.lock().unwrap().push((path.clone(), start));
    let mut status = |line: &str| write!(stream, "HTTP/1.1 {line}\r\nConnection: close\r\n");
    let Some(content) = files.get(&path) else {
        status("404 Not Found")?;
        return write!(stream, "Content-Length: 0\r\n\r\n");
    };
    let start = if matches!(fault, Some(Fault::NoRange | Fault::NoRangeCut(_))) { 0 } else { start };
    match fault {
        Some(Fault::Silent) => return stream.shutdown(Shutdown::Both),
        Some(Fault::Status(code)) => {
            status(&format!("{code} Trouble"))?;
            return write!(stream, "Content-Length: 0\r\n\r\n");
        }
        _ if start >= content.len() => {
            status("416 Range Not Satisfiable")?;
            return write!(stream, "Content-Length: 0\r\n\r\n");
        }
        _ if start > 0 => {
            status("206 Partial Content")?;
            write!(stream, "Content-Range: bytes {start}-{}/{}\r\n", content.len() - 1, content.len())?;
        }
        _ => status("200 OK")?,
    }
    let mut body = content[start..].to_vec();
    write!(stream, "Content-Length: {}\r\n\r\n", body.len())?;
    match fault {
        Some(Fault::Cut(count) | Fault::NoRangeCut(count)) => body.truncate(count),
        Some(Fault::Wrong) => body.iter_mut().for_each(|byte| *byte ^= 1),
        _ => {}
    }
    stream.write_all(&body)
}

/// The highest numbers that a watch heard.
#[derive(Default)]
struct Arrivals(Mutex<HashMap<String, (u64, u64)>>);

impl Watch for Arrivals {
    fn came(&self, name: &str, bytes: u64, of: u64) {
        self.0.lock().unwrap().insert(name.to_owned(), (bytes, of));
    }
}

fn bytes(n: usize) -> Vec<u8> {
    (0..n as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// An offer of those files; names and checksums live as long as the process.
fn offer_of(files: &[(&'static str, &[u8])], unpack: Unpack) -> Offer {
    let items: Vec<RemoteFile> = files
        .iter()
        .map(|(name, content)| RemoteFile {
            name,
            bytes: content.len() as u64,
            sha256: files::sha256(content).leak(),
            unpack,
        })
        .collect();
    Offer { name: "set", home: "set", address: "http://nowhere.invalid/", files: items.leak(), terms: "" }
}

/// Gets two files of 200,000 and 10 bytes through those faults into `data`.
fn run(data: &Path, faults: &[Fault]) -> (Result<PathBuf>, Server) {
    let (large, small) = (bytes(200_000), bytes(10));
    let files: [(&str, &[u8]); 2] = [("large", &large), ("small", &small)];
    let server = Server::start(&files, faults);
    let outcome = get(&offer_of(&files, Unpack::Keep), data, Some(&server.address), &Arrivals::default());
    (outcome, server)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The set is installed, whole, and nothing else is left.
fn is_whole(data: &Path) {
    assert_eq!(names(data), ["set"]);
    assert_eq!(fs::read(data.join("set/large")).unwrap(), bytes(200_000));
    assert_eq!(fs::read(data.join("set/small")).unwrap(), bytes(10));
}

#[test]
fn a_set_comes_whole() {
    let data = tempfile::tempdir().unwrap();
    let (outcome, server) = run(data.path(), &[]);
    assert_eq!(outcome.unwrap(), data.path().join("set"));
    is_whole(data.path());
    assert_eq!(server.asked(), [("/large".into(), 0), ("/small".into(), 0)]);
    // What is there and right is not fetched again.
    let (outcome, server) = run(data.path(), &[]);
    outcome.unwrap();
    is_whole(data.path());
    assert_eq!(server.asked(), []);
}

#[test]
fn a_cut_connection_goes_on_where_it_broke_off() {
    let data = tempfile::tempdir().unwrap();
    let faults = [Fault::Cut(70_000), Fault::Silent, Fault::Status(503), Fault::Cut(1)];
    let (outcome, server) = run(data.path(), &faults);
    outcome.unwrap();
    is_whole(data.path());
    let starts: Vec<usize> = server.asked().iter().map(|(_, start)| *start).collect();
    assert_eq!(starts, [0, 70_000, 70_000, 70_000, 70_001, 0]);
}

#[test]
fn a_server_without_ranges_begins_anew() {
    let data = tempfile::tempdir().unwrap();
    let (outcome, server) =
        run(data.path(), &[Fault::Cut(70_000), Fault::NoRangeCut(50_000), Fault::NoRange]);
    outcome.unwrap();
    is_whole(data.path());
    assert_eq!(server.asked()[1].1, 70_000);
}

#[test]
fn a_server_that_never_gets_further_is_given_up_and_what_came_is_kept() {
    let data = tempfile::tempdir().unwrap();
    let (outcome, _) =
        run(data.path(), &[Fault::Cut(70_000), Fault::Silent, Fault::Silent, Fault::Silent, Fault::Silent]);
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("/large broke off after 70000 of 200000 bytes"), "{error}");
    assert!(error.contains("give the command again"), "{error}");
    assert_eq!(names(data.path()), [".set.part"], "nothing has its name yet");
    let (outcome, server) = run(data.path(), &[]);
    outcome.unwrap();
    is_whole(data.path());
    assert_eq!(server.asked()[0], ("/large".into(), 70_000));
    // The same with a server that cuts every whole file at the same byte.
    let data = tempfile::tempdir().unwrap();
    let (outcome, server) = run(data.path(), &[Fault::NoRangeCut(70_000); 9]);
    assert!(outcome.unwrap_err().to_string().contains("broke off after 70000"));
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn a_wrong_checksum_leaves_nothing_behind() {
    let data = tempfile::tempdir().unwrap();
    let (outcome, _) = run(data.path(), &[Fault::Wrong]);
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("large.part: at byte 200000: found a content with the SHA-256 "), "{error}");
    assert_eq!(names(data.path()), [".set.part"]);
    assert_eq!(names(&data.path().join(".set.part")), Vec::<String>::new());
    // One of the second file leaves the first one for the next time.
    let (outcome, _) = run(data.path(), &[Fault::Cut(5), Fault::Cut(199_995), Fault::Wrong]);
    assert!(outcome.unwrap_err().to_string().contains("small.part"));
    let (outcome, server) = run(data.path(), &[]);
    outcome.unwrap();
    is_whole(data.path());
    assert_eq!(server.asked(), [("/small".into(), 0)]);
}

#[test]
fn a_missing_file_and_one_of_another_size_are_reported_at_once() {
    let data = tempfile::tempdir().unwrap();
    let (outcome, server) = run(data.path(), &[Fault::Status(404)]);
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("/large: it answers 404 Not Found") && error.contains("--from URL"), "{error}");
    assert_eq!(server.asked().len(), 1);

    let server = Server::start(&[("large", &bytes(10))], &[]);
    let offer = offer_of(&[("large", &bytes(20))], Unpack::Keep);
    let error =
        get(&offer, data.path(), Some(&server.address), &Arrivals::default()).unwrap_err().to_string();
    assert!(error.contains("it has 10 bytes, not 20"), "{error}");
    // A beginning that is longer than the file: it begins anew, and finds that the file is another one.
    fs::write(data.path().join(".set.part/large.part"), bytes(15)).unwrap();
    let error =
        get(&offer, data.path(), Some(&server.address), &Arrivals::default()).unwrap_err().to_string();
    assert!(error.contains("it has 10 bytes, not 20"), "{error}");

    let error =
        get(&offer, data.path(), Some("http://127.0.0.1:1/"), &Arrivals::default()).unwrap_err().to_string();
    assert!(error.contains("http://127.0.0.1:1/large broke off after 0 of 20 bytes"), "{error}");
    assert!(!data.path().join("set").exists());
}

/// A folder and a file `top/a.bin` in a tar archive, in gzip.
fn tar_gz(content: &[u8]) -> Vec<u8> {
    let header = |name: &str, size: usize, kind: u8| {
        let mut header = vec![0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        header[148..156].fill(b' ');
        header[156] = kind;
        let sum: u64 = header.iter().map(|&byte| u64::from(byte)).sum();
        header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        header
    };
    let padding = vec![0; content.len().next_multiple_of(512) - content.len()];
    let archive = [
        header("top/", 0, b'5'),
        header("top/a.bin", content.len(), b'0'),
        content.to_vec(),
        padding,
        vec![0; 1024],
    ];
    gzip(&archive.concat())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn archives_are_unpacked_without_their_folders() {
    let content = bytes(1000);
    let zip = crate::zip::tests::archive(&[("top/", b""), ("top/a.bin", &content)], true);
    for (name, archive, unpack) in
        [("a.tar.gz", tar_gz(&content), Unpack::TarGz), ("a.zip", zip, Unpack::Zip)]
    {
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(&[(name, &archive)], &[]);
        let offer = offer_of(&[(name, &archive)], unpack);
        // Files that are there stay, unless one of the same name comes.
        fs::create_dir(data.path().join("set")).unwrap();
        fs::write(data.path().join("set/own"), "mine").unwrap();
        fs::write(data.path().join("set/a.bin"), "old").unwrap();
        get(&offer, data.path(), Some(&server.address), &Arrivals::default()).unwrap();
        assert_eq!(names(data.path()), ["set"]);
        assert_eq!(names(&data.path().join("set")), ["a.bin", "own"]);
        assert_eq!(fs::read(data.path().join("set/a.bin")).unwrap(), content);
    }
}

#[test]
fn a_damaged_archive_is_reported_and_nothing_is_placed() {
    let whole = tar_gz(&bytes(1000));
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&whole[..]), &mut plain).unwrap();
    let mut sum = plain.clone();
    sum[600] = b'x';
    let cases = [
        (gzip(&plain[..1500]), "a.tar.gz: at byte 1024: found damaged data"),
        (gzip(&sum), "a damaged header"),
        (whole[..whole.len() / 2].to_vec(), "a.tar.gz"),
    ];
    for (archive, expected) in cases {
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(&[("a.tar.gz", &archive)], &[]);
        let offer = offer_of(&[("a.tar.gz", &archive)], Unpack::TarGz);
        let error =
            get(&offer, data.path(), Some(&server.address), &Arrivals::default()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!data.path().join("set").exists());
    }
}

#[test]
fn the_offers_are_of_known_sets_and_have_checksums() {
    for offer in &OFFERS {
        let known = crate::list(&[])
            .iter()
            .any(|set| offers(set.name) && super::offer(set.name).is_some_and(|o| o.name == offer.name));
        assert!(known, "{}", offer.name);
        assert!(offer.address.ends_with('/') && offer.address.starts_with("http"));
        for item in offer.files {
            assert!(
                item.sha256.len() == 64 && item.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{}",
                item.name
            );
        }
    }
    assert!(offers("emnist-letters") && !offers("celeba") && !offers("glyphs"));
}

/// The real files, where there are any, have the checksums of the offers: those of them that are the
/// makers' own bytes.
#[test]
fn real_files_have_the_checksums_of_the_offers() {
    let folders = crate::folders(None);
    let (mut right, mut other) = (0, 0);
    for (offer, item) in OFFERS.iter().flat_map(|offer| offer.files.iter().map(move |item| (offer, item))) {
        let file =
            folders.iter().map(|folder| folder.join(offer.home).join(item.name)).find(|file| file.is_file());
        let Some(file) = file else { continue };
        if sha256_of_file(&file).unwrap() == item.sha256 {
            assert_eq!(file.metadata().unwrap().len(), item.bytes);
            right += 1;
        } else {
            other += 1;
        }
    }
    if right == 0 {
        println!("skipped: none of the offered files is in {folders:?} ({other} others are)");
    }
}
