//! A token service for `docker-registry`: signs JSON web tokens with `openssl`, for anybody who
//! asks from a browser, and for [`USER`] with [`PASSWORD`].
//!
//! Anybody may pull `public/…`; the user may do everything but push to `locked/…`.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::dir::Dir;
use super::image::TestImage;
use super::program::program;
use super::registry::{BASIC, Registry, Settings};

/// A running token service; it ends with the test program.
#[derive(Debug)]
pub struct TokenServer {
    /// Its origin.
    pub url: String,
    keys: Arc<Dir>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The query.
    pub query: String,
    /// Whether a password came along.
    pub with_password: bool,
}

impl TokenServer {
    /// Starts it with a fresh key.
    pub fn start() -> Self {
        let keys = Arc::new(Dir::new("tokens"));
        let args = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tests -keyout key.pem -out cert.pem";
        openssl(keys.path(), &args.split(' ').collect::<Vec<_>>(), b"");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::default();
        let server = Self { url, keys: Arc::clone(&keys), asked: Arc::clone(&asked) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, keys.path(), &asked).ok();
            }
        });
        server
    }

    /// Starts it with a registry that takes its tokens, and has an image in `public/app:1.4`.
    pub fn with_registry() -> (Self, Registry, TestImage) {
        let tokens = Self::start();
        let registry = Registry::with(&Settings {
            token: Some(tokens.settings()),
            allow_urls: vec!["^https://".into()],
            ..Settings::default()
        });
        let image = TestImage::oci(&["base", "app"]);
        let bearer = tokens.bearer("repository:public/app:pull,push");
        image.push(&registry.url, "public/app", "1.4", &[("authorization", &bearer)]);
        (tokens, registry, image)
    }

    /// The section `auth.token` by which a registry sends its clients here.
    pub fn settings(&self) -> Value {
        json!({
            "realm": format!("{}/token", self.url),
            "service": "tests",
            "issuer": "tests",
            "rootcertbundle": self.keys.path().join("cert.pem"),
        })
    }

    /// An `Authorization` for what `scope` says, such as `repository:team/app:pull,push`.
    pub fn bearer(&self, scope: &str) -> String {
        let answer = token(self.keys.path(), &format!("scope={scope}"), true);
        let answer: Value = serde_json::from_str(&answer).unwrap();
        format!("Bearer {}", answer["token"].as_str().unwrap())
    }

    /// Every request for a token so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, keys: &Path, asked: &Mutex<Vec<Asked>>) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let query = head.split(' ').nth(1).and_then(|path| path.split_once('?'));
    let query = query.map(|(_, query)| query.to_owned()).unwrap_or_default();
    let authorization = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        .map(|(_, value)| value.to_owned());
    let (status, body) = if head.starts_with("OPTIONS ") {
        ("204 No Content", String::new())
    } else {
        let with_password = authorization.is_some();
        asked.lock().unwrap().push(Asked { query: query.clone(), with_password });
        match authorization.as_deref() {
            Some(BASIC) => ("200 OK", token(keys, &query, true)),
            None => ("200 OK", token(keys, &query, false)),
            Some(_) => (
                "401 Unauthorized",
                r#"{"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]}"#.into(),
            ),
        }
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: Authorization\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn token(keys: &Path, query: &str, known: bool) -> String {
    let scopes = query.split('&').filter_map(|pair| pair.strip_prefix("scope="));
    let access: Vec<Value> = scopes
        .filter_map(|scope| {
            let scope = scope.replace("%3A", ":").replace("%2F", "/").replace("%2C", ",");
            let (resource, actions) = scope.rsplit_once(':')?;
            let (kind, name) = resource.split_once(':')?;
            let granted: Vec<&str> = actions
                .split(',')
                .filter(|action| match *action {
                    "pull" => known || name.starts_with("public/"),
                    _ => known && !name.starts_with("locked/"),
                })
                .collect();
            Some(json!({ "type": kind, "name": name, "actions": granted }))
        })
        .collect();
    let pem = std::fs::read_to_string(keys.join("cert.pem")).unwrap();
    let certificate: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let header = json!({ "typ": "JWT", "alg": "RS256", "x5c": [certificate] });
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({
        "iss": "tests", "sub": "somebody", "aud": "tests", "jti": now.to_string(),
        "iat": now, "nbf": now - 10, "exp": now + 300, "access": access,
    });
    let encoded = |value: &Value| base64url(value.to_string().as_bytes());
    let signed = format!("{}.{}", encoded(&header), encoded(&claims));
    let signature = openssl(keys, &["dgst", "-sha256", "-sign", "key.pem"], signed.as_bytes());
    json!({ "token": format!("{signed}.{}", base64url(&signature)), "expires_in": 300 }).to_string()
}

fn openssl(folder: &Path, args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = program("openssl")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl is there (Debian package openssl)");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {args:?}");
    output.stdout
}

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let byte = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..=group.len() {
            out.push(char::from(ALPHABET[(bits >> (18 - 6 * index)) as usize & 63]));
        }
    }
    out
}
