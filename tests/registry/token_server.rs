//! A token service for `docker-registry`'s token authentication: signs JSON web tokens with
//! `openssl`, for `user` with the password `secret`.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::dir::Dir;

/// A running token service; it ends with the process.
pub struct TokenServer {
    dir: Dir,
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl TokenServer {
    pub fn start() -> Self {
        let dir = Dir::new("tokens");
        openssl(
            dir.path(),
            &[
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=tests",
                "-keyout",
                "key.pem",
                "-out",
                "cert.pem",
            ],
            b"",
        );
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, keys) = (Arc::clone(&asked), dir.path().to_owned());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let _ = answer(&mut stream.unwrap(), &keys, &seen);
            }
        });
        Self { dir, port, asked }
    }

    /// The configuration by which a registry sends its clients here.
    pub fn config(&self) -> String {
        format!(
            "auth:\n  token:\n    realm: {}/token\n    service: tests\n    issuer: tests\n    \
             rootcertbundle: {}/cert.pem\n",
            self.base(),
            self.dir.path().display()
        )
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Every request since the last call: the query, and `+` in front of those with a password.
    pub fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn answer(stream: &mut TcpStream, keys: &Path, asked: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let query = head.split(' ').nth(1).and_then(|path| path.split_once('?'));
    let query = query.map(|(_, query)| query.to_owned()).unwrap_or_default();
    let authorization = head.lines().find_map(|line| {
        line.strip_prefix("authorization: ").or(line.strip_prefix("Authorization: "))
    });
    let known = authorization == Some("Basic dXNlcjpzZWNyZXQ=");
    let sign = if authorization.is_some() { "+" } else { "" };
    asked.lock().unwrap().push(format!("{sign}{query}"));
    let (status, body) = if authorization.is_some() && !known {
        (
            "401 Unauthorized",
            r#"{"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]}"#.into(),
        )
    } else {
        let token = sign_token(keys, &query, known);
        ("200 OK", format!(r#"{{"token":"{token}","expires_in":300}}"#))
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Anyone may pull `public/…`; the known user may do everything but push to `locked/…`.
fn sign_token(keys: &Path, query: &str, known: bool) -> String {
    let scopes = query.split('&').filter_map(|pair| pair.strip_prefix("scope="));
    let access: Vec<String> = scopes
        .filter_map(|scope| {
            let scope = scope.replace("%3A", ":").replace("%2F", "/").replace("%2C", ",");
            let (resource, actions) = scope.rsplit_once(':')?;
            let (kind, name) = resource.split_once(':')?;
            let granted: Vec<String> = actions
                .split(',')
                .filter(|action| match *action {
                    "pull" => known || name.starts_with("public/"),
                    _ => known && !name.starts_with("locked/"),
                })
                .map(|action| format!("\"{action}\""))
                .collect();
            Some(format!(
                r#"{{"type":"{kind}","name":"{name}","actions":[{}]}}"#,
                granted.join(",")
            ))
        })
        .collect();
    let pem = fs::read_to_string(keys.join("cert.pem")).unwrap();
    let certificate: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let header = format!(r#"{{"typ":"JWT","alg":"RS256","x5c":["{certificate}"]}}"#);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = format!(
        r#"{{"iss":"tests","sub":"user","aud":"tests","exp":{},"nbf":{},"iat":{now},"jti":"{now}","access":[{}]}}"#,
        now + 300,
        now - 10,
        access.join(",")
    );
    let signed = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
    let signature = openssl(keys, &["dgst", "-sha256", "-sign", "key.pem"], signed.as_bytes());
    format!("{signed}.{}", base64url(&signature))
}

fn openssl(folder: &Path, args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("install the Debian package openssl");
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
