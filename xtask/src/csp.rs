//! The Content Security Policy of the page.

/// How a policy reaches the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// As a response header: everything counts.
    Header,
    /// As a `<meta>` in the page, the second line where a portal sets no header. Browsers ignore
    /// `frame-ancestors` there and complain about it (HTML, "content security policy state").
    Meta,
}

/// Each directive with its sources.
///
/// - `'wasm-unsafe-eval'` lets WebAssembly compile; `eval` stays refused.
/// - `connect-src`: registries are https, or plain http on the same machine. The server of a page
///   that only talks to known registries should send a narrower list.
/// - `app-worker` is the one Trusted Types policy: URLs of workers (`static/boot.js`).
const DIRECTIVES: [(&str, &str); 14] = [
    ("default-src", "'none'"),
    ("script-src", "'self' 'wasm-unsafe-eval'"),
    ("style-src", "'self'"),
    ("img-src", "'self' data:"),
    ("font-src", "'self'"),
    ("connect-src", "'self' https: http://localhost:* http://127.0.0.1:*"),
    ("worker-src", "'self'"),
    ("manifest-src", "'self'"),
    ("base-uri", "'none'"),
    ("form-action", "'none'"),
    ("object-src", "'none'"),
    ("frame-ancestors", "'self'"),
    ("require-trusted-types-for", "'script'"),
    ("trusted-types", "app-worker"),
];

/// The policy as one line.
pub fn policy(delivery: Delivery) -> String {
    let mut line = String::new();
    for (directive, sources) in DIRECTIVES {
        if delivery == Delivery::Meta && directive == "frame-ancestors" {
            continue;
        }
        if !line.is_empty() {
            line.push_str("; ");
        }
        line.push_str(directive);
        line.push(' ');
        line.push_str(sources);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_deliveries() {
        let header = policy(Delivery::Header);
        assert_eq!(
            header,
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self' data:; font-src 'self'; \
             connect-src 'self' https: http://localhost:* http://127.0.0.1:*; \
             worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
             object-src 'none'; frame-ancestors 'self'; \
             require-trusted-types-for 'script'; trusted-types app-worker"
        );
        assert_eq!(policy(Delivery::Meta), header.replace("frame-ancestors 'self'; ", ""));
    }

    #[test]
    fn fits_an_attribute_in_double_quotes() {
        assert!(!policy(Delivery::Meta).contains(['"', '<', '>', '&', '\n']));
    }
}
