//! Who is answered, and what is never given.

use std::ffi::CString;
use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use serde_json::json;
use tests::{Bench, FakeRun, Served};

use super::bench;

const RUN: &str = "/run/runs/sae-dddddddd";

#[test]
fn only_who_calls_the_server_by_its_own_name_is_answered() {
    let bench = bench();
    let served = Served::start(bench.path(), &[]);
    let port = served.port;
    for host in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"] {
        assert_eq!(served.ask("GET", "/", &[("Host", &format!("{host}:{port}"))]).status, 200, "{host}");
    }
    let foreign = [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("localhost.evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        format!("127.0.0.2:{port}"),
        format!("me@localhost:{port}"),
        "localhost".into(),
        "localhost:1".into(),
        String::new(),
    ];
    for host in &foreign {
        let reply = served.ask("GET", "/", &[("Host", host)]);
        assert!([421, 400].contains(&reply.status), "{host}: {}", reply.status);
        assert!(!reply.text().contains("sae"), "{host}");
    }
    assert!([421, 400].contains(&served.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n").status));
    assert!([421, 400].contains(&served.send("GET / HTTP/1.0\r\n\r\n").status));
    let own = format!("127.0.0.1:{port}");
    let two = format!("GET / HTTP/1.1\r\nHost: {own}\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert!([421, 400].contains(&served.send(&two).status));
    let whole = format!("GET http://evil.example/ HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n");
    assert!([421, 400].contains(&served.send(&whole).status));
}

#[test]
fn nothing_is_changed_by_any_call() {
    let bench = bench();
    let served = Served::start(bench.path(), &[]);
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"] {
        let reply = served.ask(method, "/", &[("Content-Length", "0")]);
        assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD"), "{method}");
    }
    let (head, get) = (served.ask("HEAD", "/", &[]), served.get("/"));
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-type"), get.header("content-type"));
}

#[test]
fn answers_say_what_a_browser_may_do_with_them() {
    let bench = bench();
    let served = Served::start(bench.path(), &[]);
    for path in
        ["/", "/compare?all=1", &format!("{RUN}/"), &format!("{RUN}/run.json"), "/nowhere", "/?format=json"]
    {
        let reply = served.get(path);
        let policy = reply.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        let scripts = policy.split(';').find(|part| part.contains("script-src")).unwrap_or_default();
        assert!(
            !scripts.contains("unsafe") && !scripts.contains("http") && !scripts.contains('*'),
            "{policy}"
        );
        for (header, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(reply.header(header), value, "{path}: {header}");
        }
        assert_eq!(reply.header("access-control-allow-origin"), "");
    }
}

#[test]
fn nothing_outside_of_runs_and_sweeps_is_given() {
    let outer = Bench::empty();
    outer.write("secret.txt", "the secret");
    let bench = bench();
    let run = bench.path().join("runs/sae-dddddddd");
    bench.write("runs/notes.txt", "the secret");
    bench.write("own.txt", "the secret");
    bench.write("runs/sae-dddddddd/.hidden", "the secret");
    bench.write("runs/sae-dddddddd/models/a b%.txt", "a model");
    symlink(outer.path().join("secret.txt"), run.join("out.txt")).unwrap();
    symlink(outer.path(), run.join("outer")).unwrap();
    symlink(bench.path().join("own.txt"), run.join("own.txt")).unwrap();
    symlink(outer.path().join("secret.txt"), run.join("log.txt")).unwrap();
    let served = Served::start(bench.path(), &[]);
    assert_eq!(served.text(&format!("{RUN}/models/a%20b%25.txt")), "a model");
    let name = outer.path().file_name().unwrap().to_str().unwrap();
    for path in [
        "/run/own.txt".to_owned(),
        "/run/runs/notes.txt".into(),
        format!("{RUN}/.hidden"),
        format!("{RUN}/out.txt"),
        format!("{RUN}/own.txt"),
        format!("{RUN}/log.txt"),
        format!("{RUN}/outer/secret.txt"),
        format!("{RUN}/../notes.txt"),
        format!("{RUN}/../../own.txt"),
        format!("{RUN}/../../../{name}/secret.txt"),
        format!("{RUN}/%2e%2e/%2e%2e/%2e%2e/{name}/secret.txt"),
        format!("{RUN}/..%2f..%2f..%2f{name}%2fsecret.txt"),
        format!("/run/{}/secret.txt", outer.path().display()),
        format!("/run/%2f{}/secret.txt", outer.path().display()),
        "/run/runs/sae-dddddddd%00".into(),
        "/etc/passwd".into(),
        "//etc/passwd".into(),
        format!("/sweep/../{name}/"),
    ] {
        let reply = served.get(&path);
        assert!([400, 404].contains(&reply.status), "{path}: {}", reply.status);
        assert!(!reply.text().contains("the secret"), "{path}");
    }
}

/// What leads out of the folder is not read for a page either, and what has no end is not waited for.
#[test]
fn pages_are_made_of_what_lies_below_the_folder() {
    let outer = Bench::empty();
    let line = |name: &str| {
        json!({ "name": name, "value": 1.5, "step": 0, "path": "", "time": 0 }).to_string() + "\n"
    };
    outer.write("secret.txt", "the secret");
    outer.write("secret.json", r#"{"note": "the secret", "name": "the secret"}"#);
    outer.write("secret.jsonl", line("the secret").repeat(3));
    let bench = bench();
    let run = bench.path().join("runs/sae-dddddddd");
    fs::remove_file(run.join("metrics.jsonl")).unwrap();
    for (link, to) in
        [("log.txt", "secret.txt"), ("notes.json", "secret.json"), ("metrics.jsonl", "secret.jsonl")]
    {
        symlink(outer.path().join(to), run.join(link)).unwrap();
    }
    symlink(outer.path(), run.join("tables")).unwrap();
    let piped = bench.path().join("runs/piped-eeeeeeee");
    FakeRun { status: "RUNNING", ..FakeRun::default() }.write(&piped);
    fs::remove_file(piped.join("metrics.jsonl")).unwrap();
    for pipe in ["metrics.jsonl", "lock", "log.txt", "notes.json"] {
        let name = CString::new(piped.join(pipe).into_os_string().into_encoded_bytes()).unwrap();
        // SAFETY: the name ends with a zero.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    }
    let served = Served::start(bench.path(), &[]);
    for path in ["/", &format!("{RUN}/"), "/run/runs/piped-eeeeeeee/", "/compare?all=1"] {
        let page = served.text(path);
        assert!(!page.contains("the secret"), "{path}: {page}");
    }
    assert!(served.text("/").contains("piped-eeeeeeee"));
}

/// A run's own page of somebody else would be a page of this server, and could read all others.
#[test]
fn what_a_run_left_runs_nothing() {
    let bench = bench();
    for (name, content) in [
        ("report.html", "<script>alert(1)</script>"),
        ("figures/a.svg", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("models/a.bin", "<script>alert(1)</script>"),
        ("models/a.xhtml", "<script>alert(1)</script>"),
    ] {
        bench.write(&format!("runs/sae-dddddddd/{name}"), content);
    }
    let served = Served::start(bench.path(), &[]);
    for (name, kind, disposition) in [
        ("report.html", "text/plain; charset=utf-8", ""),
        ("metrics.jsonl", "text/plain; charset=utf-8", ""),
        ("figures/a.svg", "image/svg+xml", ""),
        ("models/a.bin", "application/octet-stream", "attachment"),
        ("models/a.xhtml", "application/octet-stream", "attachment"),
    ] {
        let reply = served.get(&format!("{RUN}/{name}"));
        assert_eq!((reply.status, reply.header("content-type")), (200, kind), "{name}");
        assert_eq!(reply.header("content-disposition"), disposition, "{name}");
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("sandbox") && !policy.contains("script-src"), "{name}: {policy}");
    }
}

#[test]
fn another_address_needs_a_token() {
    let bench = bench();
    bench.host(["serve", "--host", "0.0.0.0"]).run().code(2).says(&["other machines", "--token"]);
    bench.host(["serve", "--host", "nowhere.invalid"]).run().code(2).says(&["nowhere.invalid"]);
    bench.host(["serve", "nowhere"]).run().code(1).says(&["nowhere"]);
    let served = Served::start(bench.path(), &["--host", "0.0.0.0", "--token"]);
    let (_, token) = served.url.split_once("?token=").expect("a token in the address");
    assert_eq!(token.len(), 32, "{token}");
    assert_eq!(served.get("/").status, 403);
    assert_eq!(served.get("/?token=").status, 403);
    assert_eq!(served.get(&format!("/?token={}", "0".repeat(32))).status, 403);
    assert_eq!(served.get(&format!("{RUN}/run.json")).status, 403);
    let first = served.get(&format!("/?where=lr%3D1&token={token}"));
    assert_eq!((first.status, first.header("location")), (303, "/?where=lr%3D1"));
    let cookie = first.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(served.ask("GET", "/", &[("Cookie", &format!("a=b; {cookie}"))]).status, 200);
    assert_eq!(served.ask("GET", "/", &[("Cookie", &cookie.replace(token, "0"))]).status, 403);
    assert_eq!(served.get(&format!("/?format=json&token={token}")).status, 200);
    // A name that was made to lead here is refused with the right token, too.
    let host = format!("evil.example:{}", served.port);
    assert_eq!(served.ask("GET", &format!("/?token={token}"), &[("Host", &host)]).status, 421);
    let away = served.get(&format!("//evil.example/?token={token}"));
    assert!(!away.header("location").starts_with("//"), "{}", away.header("location"));
}

#[test]
fn ctrl_c_ends_it_at_once() {
    let bench = bench();
    let served = Served::start(bench.path(), &[]);
    served.text("/");
    let server = served.into_server();
    let since = Instant::now();
    server.signal(libc::SIGINT);
    server.wait();
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
}

/// The index is only a cache: where it cannot be written, the list is the same.
#[test]
fn a_folder_that_cannot_be_written_to_is_served() {
    let bench = bench();
    let rows = || Served::start(bench.path(), &[]).text("/").matches("name=\"run\"").count();
    let listed = rows();
    let index = bench.path().join("runs/.index.json");
    fs::remove_file(&index).expect("the index that the list left");
    // For root, too, a file cannot be written where a folder is.
    fs::create_dir(&index).unwrap();
    fs::write(index.join("a"), "").unwrap();
    assert_eq!((rows(), listed), (7, 7));
}
