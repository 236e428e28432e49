//! A real browser, driven through WebDriver: Debian's `chromium` and `chromium-driver`.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::{repository, skipped};

/// No page takes this long.
const LONGEST: Duration = Duration::from_secs(30);

/// A browser window with one page, which is closed after the test.
pub struct Browser {
    driver: Child,
    /// The address of the session.
    session: String,
    agent: ureq::Agent,
    /// What the browser keeps.
    _profile: TempDir,
}

impl Browser {
    /// A window of 1280 by 900 pixels; none, and a word about it, where there is no browser.
    pub fn open() -> Option<Self> {
        let mut driver = match Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
        {
            Ok(driver) => driver,
            Err(_) => {
                skipped("there is no browser: install chromium and chromium-driver");
                return None;
            }
        };
        let port = port(&mut driver);
        let agent = ureq::Agent::config_builder().timeout_global(Some(LONGEST)).proxy(None).build().into();
        let profile = TempDir::new().expect("a folder for temporary files");
        let mut browser =
            Self { driver, session: format!("http://127.0.0.1:{port}/session"), agent, _profile: profile };
        let folder = format!("--user-data-dir={}", browser._profile.path().display());
        let args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", &folder];
        let options = json!({
            "goog:chromeOptions": { "args": args },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let session = browser.ask("", json!({ "capabilities": { "alwaysMatch": options } }));
        let id = session["sessionId"].as_str().expect("the number of a session").to_owned();
        browser.session = format!("{}/{id}", browser.session);
        browser.size(1280, 900);
        Some(browser)
    }

    /// Sets the size of the page in view, in CSS pixels.
    pub fn size(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size);
    }

    /// Chooses between light and dark pages.
    pub fn scheme(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", features);
    }

    /// Opens an address, and waits until the page is there.
    pub fn visit(&self, url: &str) {
        self.ask("/url", json!({ "url": url }));
    }

    /// [`Browser::visit`] of a file.
    pub fn visit_file(&self, path: &Path) {
        self.visit(&format!("file://{}", path.canonicalize().expect("a file").display()));
    }

    /// What a script returns: `return document.title`.
    pub fn run(&self, script: &str) -> Json {
        self.ask("/execute/sync", json!({ "script": script, "args": [] }))
    }

    /// What the promise comes to that a script returns.
    pub fn run_async(&self, script: &str) -> Json {
        let script = format!(
            "const done = arguments[0]; (async () => {{ {script} }})().then(done, (e) => done(`${{e}}`));"
        );
        self.ask("/execute/async", json!({ "script": script, "args": [] }))
    }

    /// The text of the first element, as the page has it.
    pub fn text(&self, selector: &str) -> String {
        let text = self.run(&format!("return document.querySelector({selector:?})?.textContent ?? null"));
        text.as_str().unwrap_or_else(|| panic!("there is no {selector}")).to_owned()
    }

    /// Waits until a script returns true.
    pub fn until(&self, script: &str) {
        let since = Instant::now();
        while self.run(script) != json!(true) {
            assert!(since.elapsed() < LONGEST, "it does not come true: {script}\n{:?}", self.console());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Moves the pointer to shares of the width and height of an element, pressed from the second place on
    /// where there are several.
    pub fn pointer(&self, selector: &str, places: &[(f64, f64)]) {
        let script = format!(
            "const element = document.querySelector({selector:?}); \
             element.scrollIntoView({{ block: 'center' }}); \
             const box = element.getBoundingClientRect(); return [box.left, box.top, box.width, box.height];"
        );
        let area: Vec<f64> = serde_json::from_value(self.run(&script)).expect("the place of an element");
        let to = |&(x, y): &(f64, f64)| {
            let (x, y) = ((area[0] + x * area[2]).round(), (area[1] + y * area[3]).round());
            json!({ "type": "pointerMove", "duration": 20, "x": x, "y": y })
        };
        let mut actions: Vec<Json> = places.iter().map(to).collect();
        if places.len() > 1 {
            actions.insert(1, json!({ "type": "pointerDown", "button": 0 }));
            actions.push(json!({ "type": "pointerUp", "button": 0 }));
        }
        self.act(actions);
    }

    /// Presses the button at the place of the pointer twice.
    pub fn double_click(&self) {
        let down = json!({ "type": "pointerDown", "button": 0 });
        let up = json!({ "type": "pointerUp", "button": 0 });
        self.act(vec![down.clone(), up.clone(), down, up]);
    }

    /// What the page's scripts wrote to the console, errors among it, since this was last asked.
    pub fn console(&self) -> Vec<String> {
        let log = self.ask("/se/log", json!({ "type": "browser" }));
        log.as_array().into_iter().flatten().map(|entry| entry["message"].to_string()).collect()
    }

    /// The picture of the whole page as PNG in base64.
    pub fn screenshot(&self) -> String {
        let shot = self.devtools("Page.captureScreenshot", json!({ "captureBeyondViewport": true }));
        shot["data"].as_str().expect("a picture").to_owned()
    }

    /// What axe finds wrong with the page, in words; nothing, and a word about it, where there is no axe.
    pub fn violations(&self) -> Vec<String> {
        let Some(axe) = axe() else {
            skipped("axe is not there: scripts/browser-tests.sh brings it");
            return Vec::new();
        };
        self.run(&format!("{axe}; return true"));
        let found = self.run_async("return (await axe.run()).violations");
        let violations = found.as_array().unwrap_or_else(|| panic!("axe does not run: {found}"));
        let said = |violation: &Json| {
            let nodes = violation["nodes"].as_array().into_iter().flatten();
            let nodes: Vec<_> =
                nodes.map(|node| format!("{} {}", node["html"], node["failureSummary"])).collect();
            format!("{}: {}", violation["id"], nodes.join("; "))
        };
        violations.iter().map(said).collect()
    }

    fn act(&self, actions: Vec<Json>) {
        let pointer = json!({ "type": "pointer", "id": "mouse", "actions": actions });
        self.ask("/actions", json!({ "actions": [pointer] }));
    }

    fn devtools(&self, command: &str, values: Json) -> Json {
        self.ask("/goog/cdp/execute", json!({ "cmd": command, "params": values }))
    }

    fn ask(&self, command: &str, values: Json) -> Json {
        let url = format!("{}{command}", self.session);
        let request = self.agent.post(&url).config().http_status_as_error(false).build();
        let answer = request
            .send(values.to_string())
            .and_then(|mut answer| answer.body_mut().with_config().limit(1 << 30).read_to_string());
        let text = answer.unwrap_or_else(|error| panic!("the browser does not answer {command}: {error}"));
        let answer: Json = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{command}: {e}: {text}"));
        let value = answer["value"].clone();
        assert!(value["error"].is_null(), "{command}: {}", value["message"]);
        value
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It closes the browser; there is nothing to be done where it does not.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The port that a driver says it listens on.
fn port(driver: &mut Child) -> u16 {
    let mut lines = BufReader::new(driver.stdout.take().expect("the output of the driver")).lines();
    let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let (_, rest) = line.split_once("started successfully on port ")?;
        rest.trim_end_matches('.').parse().ok()
    });
    // What it still says is read, so that it is never kept waiting.
    thread::spawn(move || lines.for_each(drop));
    port.expect("the driver starts")
}

/// The script of axe, which looks for what keeps people from using a page.
fn axe() -> Option<String> {
    std::fs::read_to_string(repository().join(".axe/axe.min.js")).ok()
}
