//! Lists that come in pages: tags and repositories.

use std::collections::BTreeSet;

use super::client::{Client, is_web_page, not_a_registry, unexpected};
use super::error::Error;
use super::refusal::Code;
use super::retry::Retry;
use super::token::Scope;
use super::transport::{Headers, Method};
use super::url::Url;
use crate::limits;

const PAGE: usize = 1000;

/// A list, with what is known about its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    /// The entries, in the registry's order.
    pub entries: Vec<T>,
    /// Whether this is all. `false` when reading stopped at a limit or the registry's pages led in
    /// a circle.
    pub complete: bool,
    /// How many entries were left out because they are not in the grammar.
    pub malformed: usize,
}

impl Client {
    /// Reads a list page by page (distribution-spec, "Listing Tags": `n`, `last`, `Link`).
    ///
    /// A `Link` is followed at the registry's own origin only, and no page twice. Where `Link` is
    /// hidden (another origin, not exposed) a full page is followed by asking for what comes after
    /// its last entry.
    pub(super) async fn list<T>(
        &self,
        first: Url,
        scopes: Vec<Scope>,
        names: impl Fn(&[u8]) -> Option<Vec<String>>,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Listing<T>, Error> {
        let mut listing = Listing { entries: Vec::new(), complete: false, malformed: 0 };
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut bytes = 0; // of all names in `seen`
        let mut asked: BTreeSet<Url> = BTreeSet::new();
        let mut next = first.clone().with_param("n", &PAGE.to_string());
        for _ in 0..limits::PAGES {
            if !asked.insert(next.clone()) {
                return Ok(listing);
            }
            let call = self.call(Method::Get, next.clone(), scopes.clone());
            let response = self.send(&call, Retry::Safe, limits::PAGE).await?;
            if response.status != 200 {
                let error = unexpected(&call, &response);
                let too_many = |error: &Error| {
                    error.refusal().is_some_and(|one| one.has(&Code::PaginationNumberInvalid))
                };
                if too_many(&error) && call.url != first {
                    next = first.clone();
                    continue;
                }
                // What came before a page that is not there is still a list.
                return if seen.is_empty() { Err(error) } else { Ok(listing) };
            }
            if is_web_page(&response.headers) {
                return Err(not_a_registry(&call, &response));
            }
            let page = names(&response.body).ok_or(Error::Unreadable)?;
            let count = page.len();
            let last = page.last().cloned();
            let mut news = false;
            for name in page {
                if seen.contains(&name) {
                    continue;
                }
                bytes += name.len();
                if seen.len() == limits::NAMES || bytes > limits::NAMES_BYTES {
                    return Ok(listing);
                }
                news = true;
                match parse(&name) {
                    Some(entry) => listing.entries.push(entry),
                    None => listing.malformed += 1,
                }
                seen.insert(name);
            }
            next = match (next_link(&response.headers), last) {
                (Some(_), _) if !news => return Ok(listing),
                (Some(link), _) => match self.follow(Some(&link), &call.url) {
                    Ok(url) => url,
                    Err(_) => return Ok(listing),
                },
                (None, Some(last)) if count == PAGE && news => {
                    first.clone().with_param("n", &PAGE.to_string()).with_param("last", &last)
                }
                _ => {
                    listing.complete = true;
                    return Ok(listing);
                }
            };
        }
        Ok(listing)
    }
}

/// The target of `rel="next"` in a `Link` header (RFC 8288), as written.
pub(super) fn next_link(headers: &Headers) -> Option<String> {
    let mut rest = headers.get("link")?;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, after) = after.split_once('>')?;
        // Parameters go up to the next target.
        let params = after.split('<').next().unwrap_or_default().to_ascii_lowercase();
        if params.replace([' ', '"'], "").split([';', ',']).any(|param| param == "rel=next") {
            return Some(target.trim().to_owned());
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links() {
        for (header, expected) in [
            ("</v2/a/tags/list?last=x&n=1>; rel=\"next\"", Some("/v2/a/tags/list?last=x&n=1")),
            ("<https://r.example/x>;rel=next", Some("https://r.example/x")),
            ("<a>; rel=\"prev\", <b>; title=\"x, y\"; REL=\"next\"", Some("b")),
            ("<a>; rel=\"prev\"", None),
            ("<a", None),
            ("nonsense", None),
        ] {
            let headers: Headers = [("Link", header)].into_iter().collect();
            assert_eq!(next_link(&headers).as_deref(), expected, "{header}");
        }
    }
}
