//! A headless Chromium, steered over the WebDriver protocol.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::emulator::free_ports;
use crate::tools::{ask, until};

/// A browser window that closes with its owner.
pub struct Browser {
    driver: Child,
    at: SocketAddr,
    session: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Opens one of the size of a phone or a desk, in light or dark.
    pub fn open(width: u32, height: u32, dark: bool) -> Browser {
        let [port] = free_ports();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let at = SocketAddr::from(([127, 0, 0, 1], port));
        let mut browser = Browser {
            driver,
            at,
            session: String::new(),
            _profile: tempfile::tempdir().unwrap(),
        };
        until("the driver answers", || {
            std::net::TcpStream::connect(at).is_ok()
        });
        let mut arguments = vec![
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-background-networking".to_owned(),
            "--no-first-run".to_owned(),
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}", browser._profile.path().display()),
        ];
        if dark {
            arguments.push("--blink-settings=preferredColorScheme=0".to_owned());
        }
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"pageLoad": 30_000, "script": 30_000}
        }}});
        let (status, body) = ask(at, "POST", "/session", &wanted.to_string());
        assert_eq!(status, 200, "{body}");
        let answer: Value = serde_json::from_str(&body).unwrap();
        browser.session = answer["value"]["sessionId"].as_str().unwrap().to_owned();
        browser
    }

    fn call(&self, path: &str, body: &Value) -> Value {
        let path = format!("/session/{}/{path}", self.session);
        let (status, answer) = ask(self.at, "POST", &path, &body.to_string());
        assert_eq!(status, 200, "{path}: {answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        answer["value"].clone()
    }

    /// Goes to an address.
    pub fn go(&self, address: &str) {
        self.call("url", &json!({"url": address}));
    }

    /// Runs a function body in the page and gives what it returns.
    pub fn run(&self, script: &str) -> Value {
        self.call("execute/sync", &json!({"script": script, "args": []}))
    }

    /// The text of an element as a person sees it.
    pub fn text(&self, selector: &str) -> String {
        let script = format!(
            "return document.querySelector({})?.innerText ?? ''",
            json!(selector)
        );
        self.run(&script).as_str().unwrap().to_owned()
    }

    /// Clicks on an element with the mouse.
    pub fn click(&self, selector: &str) {
        let found = self.call(
            "element",
            &json!({"using": "css selector", "value": selector}),
        );
        let id = found
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned();
        self.call(&format!("element/{id}/click"), &json!({}));
    }

    /// What the page complained about: errors of the script and refused loads.
    pub fn complaints(&self) -> Vec<String> {
        let found = self.call("se/log", &json!({"type": "browser"}));
        found
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["message"].as_str().unwrap().to_owned())
            .filter(|message| !message.contains("favicon.ico"))
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // closing the session ends the browser; the driver is ours to end
            let path = format!("/session/{}", self.session);
            let _ = std::panic::catch_unwind(|| ask(self.at, "DELETE", &path, ""));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
