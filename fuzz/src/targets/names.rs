//! References, URLs, challenges, templates and links.

use std::net::Ipv6Addr;

use layermark::app::{DeepLink, PortalRequest};
use layermark::manifest::media_type::OCI_MANIFEST;
use layermark::manifest::{Algorithm, Document, Facts, Templates};
use layermark::registry::{Authority, Challenge, Demand, Endpoint, Reference, ShortNames, Url};

use crate::source::Source;

/// A reference that is taken reads the same when it is written.
pub fn reference(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    for names in [ShortNames::OfDefaultRegistry, ShortNames::OfDockerHub] {
        let Ok(reference) = Reference::parse(text, names) else { continue };
        let written = reference.to_string();
        let again = Reference::parse(&written, names);
        assert_eq!(again.ok().as_ref(), Some(&reference), "{written} reads otherwise");
    }
    let _ = Authority::parse(text);
    let _ = Endpoint::parse(text);
}

/// A URL that is taken has the origin that a browser sees in it.
pub fn url(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    if let Ok(url) = Url::parse(text) {
        same_origin(&url, text);
    }
    let Ok(base) = Url::parse("https://registry.example/v2/team/app/blobs/uploads/1?x=1") else {
        return;
    };
    if let Ok(joined) = base.join(text) {
        same_origin(&joined, &joined.to_string());
        let theirs = url::Url::parse(&base.to_string()).and_then(|base| base.join(text));
        let Ok(theirs) = theirs else { return };
        assert_eq!(theirs.host_str().map(host), Some(host(&joined.origin().host().to_string())));
    }
}

fn same_origin(url: &Url, text: &str) {
    // Where a browser sees no URL, nothing is sent.
    let Ok(theirs) = url::Url::parse(text) else { return };
    let own = url.origin();
    assert_eq!(theirs.scheme(), own.scheme().name(), "{text:?}");
    assert_eq!(theirs.host_str().map(host), Some(host(&own.host().to_string())), "{text:?}");
    assert_eq!(theirs.port_or_known_default(), Some(own.port()), "{text:?}");
}

/// A host in one spelling: addresses of IPv6 have many.
fn host(text: &str) -> String {
    let address = text.trim_start_matches('[').trim_end_matches(']').parse::<Ipv6Addr>();
    address.map_or_else(|_| text.to_owned(), |address| address.to_string())
}

/// Challenges of `WWW-Authenticate`: reading ends, and names what was sent.
pub fn challenge(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    if let Ok(challenges) = Challenge::parse_all(text) {
        for challenge in challenges {
            let _ = challenge.param("realm");
        }
    }
    let _ = Demand::parse(text);
}

/// URLs made of a template are URLs, whatever stands in the facts. The input is a template, then a
/// repository, a registry and a tag, each ended by a zero byte.
pub fn template(input: &[u8]) {
    let mut source = Source::new(input);
    let Ok(templates) = Templates::parse(&source.text()) else { return };
    let mut fact = || Some(source.text()).filter(|text| !text.is_empty());
    let facts = Facts { repository: fact(), registry: fact(), tag: fact() };
    let layer = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{{"mediaType":"x/y","digest":"{d}","size":2}},"layers":[{{"mediaType":"x/y","digest":"{d}","size":3}}]}}"#,
        d = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    let Ok(document) = Document::parse(layer.into_bytes(), None, Algorithm::Sha256) else { return };
    if let Ok(urls) = templates.urls(&facts, 0, &document.layers()[0]) {
        for text in urls {
            assert!(layermark::manifest::check_url(&text).is_ok(), "{text:?} is no URL");
        }
    }
}

/// Links into the page and messages of a portal.
pub fn links(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let _ = DeepLink::parse(text);
    let _ = PortalRequest::parse(text);
}
