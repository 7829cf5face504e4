//! What a text is that somebody pasted, typed or dropped: an image to open, or something that stands
//! near one, with what to do then.
//!
//! Invariant: nothing is asked of anybody here, and no text leads to a request by itself: what names an
//! image is a reference that waits for “Load”.

use crate::app::load::link::DeepLink;
use crate::json::{self, Node, Value};
use crate::manifest::Digest;
use crate::msg;
use crate::registry::{Reference, ShortNames};
use crate::text::Message;

/// What a text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) enum Recognised {
    /// It names this image.
    Image(String),
    /// It is this manifest.
    Manifest(String),
    /// It is this recipe.
    Recipe(String),
    /// It is a link into this page.
    Link(DeepLink),
    /// It is something else, of which this can be said.
    Other(Other),
}

/// Something that is no image, and what to do with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) struct Other {
    /// What it is, and why it is not opened.
    pub what: Message,
    /// The image that it names.
    pub image: Option<String>,
    /// The command whose output can be opened.
    pub command: Option<String>,
}

/// What `text` is; `None` for anything that is not known, which is then read as what its field is for.
pub(in crate::app) fn recognise(text: &str) -> Option<Recognised> {
    let text = text.trim();
    // In JSON a fence is a part of what it says; a bracket may also begin a link before the fence.
    let is_json =
        text.starts_with('{') || text.starts_with('[') && json::parse(text.as_bytes()).is_ok();
    if !is_json && let Some(fenced) = fenced(text) {
        return recognise(fenced);
    }
    if text.starts_with(['{', '[']) {
        return json_text(text);
    }
    if text.lines().nth(1).is_some() {
        return lines(text);
    }
    if Digest::parse(text).is_ok()
        || (text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit()))
    {
        return other(msg!("recognised.digest"), None, None);
    }
    if let Some((_, rest)) = text.split_once("https://").or_else(|| text.split_once("http://"))
        && text.starts_with("http")
    {
        return address(rest);
    }
    one_line(text)
}

#[allow(clippy::unnecessary_wraps)] // It is what its callers answer.
fn other(what: Message, image: Option<String>, command: Option<String>) -> Option<Recognised> {
    Some(Recognised::Other(Other { what, image, command }))
}

fn image(text: &str) -> Option<Recognised> {
    is_image(text).then(|| Recognised::Image(text.to_owned()))
}

fn is_image(text: &str) -> bool {
    Reference::parse(text, ShortNames::OfDefaultRegistry).is_ok()
}

/// The text between the first fence of backticks and the next.
fn fenced(text: &str) -> Option<&str> {
    let inside = text.split_once("```")?.1;
    let (first, body) = inside.split_once('\n').unwrap_or(("", inside));
    // What stands behind the fence is the name of a language, or the text itself.
    let body = if first.trim().contains(['{', ' ']) { inside } else { body };
    let body = body.split_once("```").map_or(body, |(body, _)| body).trim();
    (!body.is_empty() && !body.contains("```")).then_some(body)
}

/// JSON that is no manifest, and manifests.
fn json_text(text: &str) -> Option<Recognised> {
    let root = json::parse(text.as_bytes()).ok()?;
    let first = root.elements().first().unwrap_or(&root);
    let has = |name: &str| first.get(name).is_some();
    let string =
        |name: &str| first.get(name).and_then(Node::as_str).filter(|text| !text.is_empty());
    let listed = |name: &str| {
        let list = first.get(name)?.elements();
        list.iter().filter_map(Node::as_str).find(|text| is_image(text)).map(str::to_owned)
    };
    if matches!(root.value, Value::Object(_)) {
        if has("layermarkRecipe") {
            return Some(Recognised::Recipe(text.to_owned()));
        }
        if has("schemaVersion") {
            return Some(Recognised::Manifest(text.to_owned()));
        }
    }
    if has("Name") && has("Digest") && has("Layers") {
        let named = string("Name").zip(string("Digest"));
        let named = named.map(|(name, digest)| format!("{name}@{digest}"));
        let command = named.as_ref().map(|image| raw(image));
        return other(msg!("recognised.skopeo-inspect"), named.filter(|it| is_image(it)), command);
    }
    // `docker manifest inspect -v`, of one platform or of several.
    if has("Ref") && has("Descriptor") {
        let named = string("Ref").filter(|text| is_image(text)).map(str::to_owned);
        let command = named.as_ref().map(|image| raw(image));
        return other(msg!("recognised.manifest-verbose"), named, command);
    }
    if has("RepoTags") && has("Config") && !has("Id") {
        return other(msg!("recognised.docker-save"), None, None);
    }
    if has("RepoTags") || has("RepoDigests") {
        let named = listed("RepoDigests").or_else(|| listed("RepoTags"));
        let command = named.as_ref().map(|image| raw(image));
        return other(msg!("recognised.docker-inspect"), named, command);
    }
    if has("rootfs") && has("architecture") {
        return other(msg!("recognised.config"), None, None);
    }
    has("imageLayoutVersion").then(|| other(msg!("recognised.layout"), None, None))?
}

/// The command that prints the manifest of `image` as it is.
fn raw(image: &str) -> String {
    format!("skopeo inspect --raw docker://{image}")
}

/// Several lines that are no JSON.
fn lines(text: &str) -> Option<Recognised> {
    let words = |line: &str| line.trim().to_ascii_uppercase();
    let starts = |keyword: &str| {
        text.lines().any(|line| {
            words(line).strip_prefix(keyword).is_some_and(|it| it.starts_with([' ', '\t']))
        })
    };
    if starts("FROM")
        && ["RUN", "COPY", "CMD", "ENTRYPOINT", "ADD", "WORKDIR", "ARG", "ENV", "LABEL"]
            .iter()
            .any(|it| starts(it))
    {
        return other(msg!("recognised.dockerfile"), None, None);
    }
    // `docker buildx imagetools inspect` begins with `Name:` and `MediaType:`.
    let field =
        |name: &str| text.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
    if field("MediaType:").is_some()
        && let Some(name) = field("Name:").filter(|name| is_image(name))
    {
        let command = Some(raw(name));
        return other(msg!("recognised.imagetools"), Some(name.to_owned()), command);
    }
    // A command that goes on in the next line, or one line with white space around it.
    let joined = text.replace("\\\n", " ").replace("\\\r\n", " ");
    let mut full = joined.lines().map(str::trim).filter(|line| !line.is_empty());
    match (full.next(), full.next()) {
        (Some(only), None) => recognise(only),
        _ => None,
    }
}

/// One line that is not an address: a reference, or a command or setting with one in it.
fn one_line(text: &str) -> Option<Recognised> {
    let text = text.strip_prefix("$ ").or_else(|| text.strip_prefix("# ")).unwrap_or(text);
    if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("from ")) {
        return other(msg!("recognised.dockerfile"), None, None);
    }
    if let Some(value) = text.trim_start_matches("- ").strip_prefix("image:") {
        return image(value.trim().trim_matches(['"', '\'']));
    }
    let stripped = |word: &str| word.strip_prefix("docker://").unwrap_or(word).to_owned();
    if !text.contains([' ', '\t']) {
        let named = stripped(text);
        let named = named.strip_prefix("oci://").unwrap_or(&named);
        return if named == text { None } else { image(named) };
    }
    const TOOLS: [&str; 12] = [
        "docker", "podman", "nerdctl", "skopeo", "crane", "regctl", "oras", "ctr", "crictl",
        "buildah", "cosign", "helm",
    ];
    let mut words = text.split_whitespace().filter(|word| *word != "sudo");
    if !words.next().is_some_and(|first| TOOLS.contains(&first)) {
        return None;
    }
    // The first word with a place or a tag in it; a command alone (`pull`) has neither. What follows an
    // option that takes a value is the image only where nothing else is: tools use the same letters
    // for options without one.
    let (mut after_option, mut value) = (false, None);
    for word in words {
        let named = stripped(word);
        let is_port = named.bytes().all(|it| it.is_ascii_digit() || it == b':' || it == b'.');
        let may_be = !word.starts_with('-') && named.contains(['/', ':', '@']) && !is_port;
        if may_be && is_image(&named) {
            if !after_option {
                return Some(Recognised::Image(named));
            }
            value = value.or(Some(named));
        }
        after_option = takes_value(word);
    }
    value.map(Recognised::Image)
}

/// Whether the next word may be the value of this option, and look like an image: a port, a folder, a
/// user, a platform.
fn takes_value(word: &str) -> bool {
    const LONG: [&str; 9] =
        ["platform", "publish", "volume", "env", "env-file", "user", "file", "output", "workdir"];
    match word.strip_prefix("--") {
        Some(name) => LONG.contains(&name),
        None => word.starts_with('-') && word.ends_with(['p', 'v', 'e', 'u', 'f', 'o', 'w']),
    }
}

/// An address on the web, without its scheme.
fn address(rest: &str) -> Option<Recognised> {
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    if let Some(link) = DeepLink::parse(fragment) {
        return Some(Recognised::Link(link));
    }
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = path.split_once('/').unwrap_or((path, ""));
    let path = path.trim_end_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    let tag = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("name=").or_else(|| pair.strip_prefix("tag=")));
    let tagged = |name: String| match tag.filter(|tag| !tag.is_empty()) {
        Some(tag) => format!("{name}:{tag}"),
        None => name,
    };
    match (host, parts.as_slice()) {
        // Pages of Docker Hub: official images, others, and one tag of one of them.
        ("hub.docker.com", ["_", name, ..]) => image(&tagged(format!("docker.io/library/{name}"))),
        ("hub.docker.com", ["r", owner, name, ..]) => {
            image(&tagged(format!("docker.io/{owner}/{name}")))
        }
        ("hub.docker.com", ["layers", owner, name, tag, ..]) => {
            image(&format!("docker.io/{owner}/{name}:{tag}"))
        }
        ("quay.io", ["repository", owner, name, "manifest", digest, ..]) => {
            image(&format!("quay.io/{owner}/{name}@{digest}"))
        }
        ("quay.io", ["repository", owner, name, ..]) => {
            image(&tagged(format!("quay.io/{owner}/{name}")))
        }
        ("gallery.ecr.aws", [owner, name, ..]) => {
            image(&tagged(format!("public.ecr.aws/{owner}/{name}")))
        }
        (_, ["" | "v2"]) => other(msg!("recognised.registry", host = host), None, None),
        // The addresses of the registry's API: `/v2/<name>/manifests/<reference>`, `/v2/<name>/tags/list`.
        (_, ["v2", name @ .., "manifests", reference]) => {
            let sign = if reference.contains(':') { '@' } else { ':' };
            image(&format!("{host}/{}{sign}{reference}", name.join("/")))
        }
        (_, ["v2", name @ .., "tags", "list"]) => image(&format!("{host}/{}", name.join("/"))),
        _ => image(&format!("{host}/{path}")),
    }
}

#[cfg(test)]
#[path = "recognise_tests.rs"]
mod tests;
