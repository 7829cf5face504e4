//! How a web server must answer for delivered layers, as files of the common servers.
//!
//! What they all say: the bytes as they are (no `Content-Encoding`, which would change what is
//! hashed on the way), one content type, ranges, an answer that never changes, and leave for the
//! portal's page to read it (CORS), so that *Verify* works.

use super::plan::Delivery;

/// A text file that configures a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFile {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

/// The files for a delivery, with leave for the page at `origin` (`https://portal.example`).
pub fn server_files(delivery: &Delivery, origin: &str) -> Vec<ServerFile> {
    let folder = common_folder(delivery);
    let text = |name, text: String| ServerFile { name, text };
    vec![
        text("nginx.conf", nginx(&folder, origin)),
        text("nginx-put.conf", nginx_put(&folder, origin)),
        text("Caddyfile", caddy(&folder, origin)),
        text("_headers", static_host(&folder, origin)),
        text("s3-cors.json", s3(origin)),
        text("gcs-cors.json", gcs(origin)),
        text("azure-cors.json", azure(origin)),
    ]
}

/// The longest folder that all files are in, as `/blobs/`; `/` when they share none.
fn common_folder(delivery: &Delivery) -> String {
    let mut folders = delivery.files.iter().map(|file| {
        let parts: Vec<&str> = file.path.split('/').collect();
        parts[..parts.len() - 1].to_vec()
    });
    let mut common = folders.next().unwrap_or_default();
    for folder in folders {
        let same = common.iter().zip(&folder).take_while(|(a, b)| a == b).count();
        common.truncate(same);
    }
    // Only names that every configuration takes as they are.
    let plain = |part: &&str| part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let common: Vec<&str> = common.into_iter().take_while(plain).collect();
    if common.is_empty() { "/".to_owned() } else { format!("/{}/", common.join("/")) }
}

fn nginx(folder: &str, origin: &str) -> String {
    format!(
        r#"# Inside the server {{ }} of the layers' host. The files lie below /srv/layers.
location {folder} {{
  root /srv/layers;
  types {{ }}
  default_type application/octet-stream;
  gzip off;
  add_header Cache-Control "public, max-age=31536000, immutable" always;
  add_header Access-Control-Allow-Origin "{origin}" always;
  add_header Access-Control-Expose-Headers "Content-Length, Content-Range, Date" always;
  add_header X-Content-Type-Options "nosniff" always;
  add_header Vary "Origin" always;
}}
"#
    )
}

/// What lets the page itself send layers, in the place of the location of `nginx.conf`.
fn nginx_put(folder: &str, origin: &str) -> String {
    let location = nginx(folder, origin);
    let rules = location.split_once(" {\n").map_or("", |(_, rules)| rules);
    format!(
        r#"# In the place of nginx.conf, while the page at {origin} sends layers. Anybody who reaches it
# may write here: add "auth_basic" or "allow 192.0.2.0/24; deny all;", and take it away afterwards.
location {folder} {{
  if ($request_method = OPTIONS) {{
    add_header Access-Control-Allow-Origin "{origin}";
    add_header Access-Control-Allow-Methods "GET, HEAD, PUT";
    add_header Access-Control-Allow-Headers "Authorization, Content-Type";
    return 204;
  }}
  dav_methods PUT;
  create_full_put_path on;
  client_max_body_size 0;
{rules}"#
    )
}

fn caddy(folder: &str, origin: &str) -> String {
    format!(
        r#"# Inside the site of the layers' host. The files lie below /srv/layers. No "encode" here.
handle {folder}* {{
  root * /srv/layers
  header {{
    Content-Type application/octet-stream
    Cache-Control "public, max-age=31536000, immutable"
    Access-Control-Allow-Origin "{origin}"
    Access-Control-Expose-Headers "Content-Length, Content-Range, Date"
    X-Content-Type-Options nosniff
    Vary Origin
    defer
  }}
  file_server
}}
"#
    )
}

fn static_host(folder: &str, origin: &str) -> String {
    format!(
        "{folder}*
  Content-Type: application/octet-stream
  Cache-Control: public, max-age=31536000, immutable, no-transform
  Access-Control-Allow-Origin: {origin}
  Access-Control-Expose-Headers: Content-Length, Content-Range, Date
  X-Content-Type-Options: nosniff
"
    )
}

fn s3(origin: &str) -> String {
    format!(
        r#"{{
  "CORSRules": [
    {{
      "AllowedOrigins": ["{origin}"],
      "AllowedMethods": ["GET", "HEAD", "PUT"],
      "AllowedHeaders": ["*"],
      "ExposeHeaders": ["Content-Length", "Content-Range", "ETag"],
      "MaxAgeSeconds": 3600
    }}
  ]
}}
"#
    )
}

fn gcs(origin: &str) -> String {
    format!(
        r#"[
  {{
    "origin": ["{origin}"],
    "method": ["GET", "HEAD", "PUT"],
    "responseHeader": ["Content-Type", "Content-Length", "Content-Range"],
    "maxAgeSeconds": 3600
  }}
]
"#
    )
}

fn azure(origin: &str) -> String {
    format!(
        r#"{{
  "cors": [
    {{
      "allowedOrigins": ["{origin}"],
      "allowedMethods": ["GET", "HEAD", "PUT"],
      "allowedHeaders": ["*"],
      "exposedHeaders": ["Content-Length", "Content-Range"],
      "maxAgeInSeconds": 3600
    }}
  ]
}}
"#
    )
}

#[cfg(test)]
mod tests {
    use super::super::plan::MarkedLayer;
    use super::*;
    use crate::manifest::Digest;

    fn delivery(urls: &[&str]) -> Delivery {
        let layer = |url: &&str| MarkedLayer {
            digest: Digest::sha256(url.as_bytes()),
            size: 1,
            urls: vec![(*url).to_owned()],
            as_loaded: false,
        };
        Delivery::new(&urls.iter().map(layer).collect::<Vec<_>>())
    }

    #[test]
    fn the_folder_that_all_files_share_is_configured() {
        for (urls, expected) in [
            (&["https://c.example/a/b/1", "https://c.example/a/b/2"][..], "/a/b/"),
            (&["https://c.example/a/b/1", "https://c.example/a/c/2"], "/a/"),
            (&["https://c.example/1", "https://c.example/a/2"], "/"),
            (&["https://c.example/a%7B%7D/1"], "/"),
            (&["https://c.example/a/b%3B/1"], "/a/"),
        ] {
            assert_eq!(common_folder(&delivery(urls)), expected, "{urls:?}");
        }
    }

    #[test]
    fn what_is_json_is_json() {
        for file in server_files(&delivery(&["https://c.example/a/1"]), "https://portal.example") {
            assert!(file.text.contains("https://portal.example"), "{}", file.name);
            if file.name.ends_with("cors.json") {
                assert!(serde_json::from_str::<serde_json::Value>(&file.text).is_ok());
            }
        }
    }
}
