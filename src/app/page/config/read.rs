use super::{
    BackupTag, Colour, ColourName, Colours, Config, ConfigFault, ConfigProblem, Expected,
    NamedTemplate,
};
use crate::app::Tab;
use crate::json::{Node, Place, Value, parse};
use crate::manifest::{Templates, check_url};
use crate::registry::{Authority, CookieMode, Repository, UrlHost};
use crate::text::Language;

/// The most bytes a `config.json` may have.
const MAX_BYTES: usize = crate::limits::SETTINGS;

/// All settings, in the order of the documentation.
const SETTINGS: [&str; 15] = [
    "title",
    "logo",
    "colours",
    "helpLink",
    "language",
    "tabs",
    "defaultRegistry",
    "defaultRepository",
    "allowedRegistries",
    "pathPrefix",
    "cookies",
    "urlTemplates",
    "allowedUrlHosts",
    "backupTag",
    "offline",
];

pub(super) fn config(text: &[u8]) -> (Config, Vec<ConfigProblem>) {
    if text.trim_ascii_start().starts_with(b"<") {
        return unread(ConfigFault::WebPage);
    }
    if text.len() > MAX_BYTES {
        return unread(ConfigFault::TooBig);
    }
    let root = match parse(text) {
        Ok(root) => root,
        Err(error) => return unread(ConfigFault::Syntax(error)),
    };
    let mut config =
        Config { unread: !matches!(root.value, Value::Object(_)), ..Config::default() };
    let mut reader = Reader { text, problems: Vec::new() };
    reader.settings(&root, &mut config);
    reader.problems.sort_by_key(|problem| problem.place.map(|place| place.offset));
    (config, reader.problems)
}

/// No settings, for the reason `fault`, with all that they might forbid forbidden.
pub(super) fn unread(fault: ConfigFault) -> (Config, Vec<ConfigProblem>) {
    let problem = ConfigProblem { setting: String::new(), place: None, fault };
    (Config { unread: true, ..Config::default() }, vec![problem])
}

struct Reader<'a> {
    text: &'a [u8],
    problems: Vec<ConfigProblem>,
}

type Read<T> = Result<T, ConfigFault>;

impl Reader<'_> {
    fn settings(&mut self, root: &Node, config: &mut Config) {
        self.object(root, "", &SETTINGS);
        self.one(root, "title", text, |title| config.title = Some(title));
        self.one(root, "logo", own_path, |path| config.logo = Some(path));
        self.colours(root, config);
        self.one(root, "helpLink", link, |link| config.help_link = Some(link));
        self.one(root, "language", language, |language| config.language = Some(language));
        self.one(root, "defaultRegistry", registry, |it| config.default_registry = Some(it));
        self.one(root, "defaultRepository", repository, |it| config.default_repository = Some(it));
        self.one(root, "pathPrefix", prefix, |prefix| config.path_prefix = Some(prefix));
        self.one(root, "cookies", cookies, |cookies| config.cookies = cookies);
        self.one(root, "backupTag", backup_tag, |pattern| config.backup_tag = Some(pattern));
        self.one(root, "offline", boolean, |offline| config.offline = offline);
        config.allowed_registries = self.list(root, "allowedRegistries", registry);
        config.allowed_url_hosts = self.list(root, "allowedUrlHosts", url_host);
        self.templates(root, config);
        if let Some(tabs) = self.list(root, "tabs", tab) {
            if !tabs.is_empty() {
                config.tabs = tabs;
            } else if let Some(node) = root.get("tabs").filter(|node| node.elements().is_empty()) {
                self.fault("tabs", node, ConfigFault::EmptyList);
            }
        }
    }

    /// Notes what is wrong with `node` as an object with the members `known`.
    fn object(&mut self, node: &Node, setting: &str, known: &[&'static str]) {
        if !matches!(node.value, Value::Object(_)) {
            let fault = wrong(node, Expected::Object);
            self.fault(setting, node, fault);
        }
        for member in node.members() {
            if !known.contains(&member.name.as_str()) {
                self.problems.push(ConfigProblem {
                    setting: join(setting, &member.name),
                    place: Some(Place::of(self.text, member.name_span.start)),
                    fault: ConfigFault::Unknown(known.to_vec()),
                });
            }
        }
    }

    fn one<T>(
        &mut self,
        root: &Node,
        setting: &str,
        read: impl FnOnce(&Node) -> Read<T>,
        keep: impl FnOnce(T),
    ) {
        let Some(node) = root.get(setting) else { return };
        match read(node) {
            Ok(value) => keep(value),
            Err(fault) => self.fault(setting, node, fault),
        }
    }

    /// The entries of a list that can be read; `None` only when the setting is not there.
    fn list<T: PartialEq>(
        &mut self,
        root: &Node,
        setting: &str,
        read: impl Fn(&Node) -> Read<T>,
    ) -> Option<Vec<T>> {
        let node = root.get(setting)?;
        let mut items = Vec::new();
        if !matches!(node.value, Value::Array(_)) {
            self.fault(setting, node, wrong(node, Expected::Strings));
        }
        for (at, element) in node.elements().iter().enumerate() {
            match read(element) {
                Ok(item) if items.contains(&item) => {
                    self.fault(&format!("{setting}[{at}]"), element, ConfigFault::Twice);
                }
                Ok(item) => items.push(item),
                Err(fault) => self.fault(&format!("{setting}[{at}]"), element, fault),
            }
        }
        Some(items)
    }

    fn templates(&mut self, root: &Node, config: &mut Config) {
        let Some(node) = root.get("urlTemplates") else { return };
        if !matches!(node.value, Value::Array(_)) {
            self.fault("urlTemplates", node, wrong(node, Expected::Templates));
        }
        for (at, element) in node.elements().iter().enumerate() {
            let setting = format!("urlTemplates[{at}]");
            let is_object = matches!(element.value, Value::Object(_));
            if is_object {
                self.object(element, &setting, &["name", "url"]);
            }
            let url = if is_object { element.get("url").unwrap_or(element) } else { element };
            let name = element.get("name").map(text).transpose();
            match template(url).and_then(|url| Ok((name?, url))) {
                Ok((name, text)) => {
                    let name = name.unwrap_or_else(|| text.clone());
                    config.templates.push(NamedTemplate { name, text });
                }
                Err(fault) => self.fault(&setting, element, fault),
            }
        }
    }

    /// Colours count together or not at all: half a scheme may be worse than none.
    fn colours(&mut self, root: &Node, config: &mut Config) {
        let Some(node) = root.get("colours") else { return };
        let problems_before = self.problems.len();
        self.object(node, "colours", &ColourName::ALL.map(ColourName::member));
        let mut colours = Colours::default();
        for name in ColourName::ALL {
            let setting = join("colours", name.member());
            let Some(node) = node.get(name.member()) else { continue };
            let read = match node.value {
                Value::String(_) => colour(node).map(|colour| [colour.clone(), colour]),
                Value::Object(_) => {
                    self.object(node, &setting, &["light", "dark"]);
                    match (node.get("light"), node.get("dark")) {
                        (Some(light), Some(dark)) => {
                            colour(light).and_then(|light| Ok([light, colour(dark)?]))
                        }
                        _ => Err(wrong(node, Expected::Colours)),
                    }
                }
                _ => Err(wrong(node, Expected::Colours)),
            };
            match read {
                Ok(read) => colours.set(name, read),
                Err(fault) => self.fault(&setting, node, fault),
            }
        }
        if self.problems.len() == problems_before {
            config.colours = colours;
        }
    }

    fn fault(&mut self, setting: &str, node: &Node, fault: ConfigFault) {
        let place = Some(Place::of(self.text, node.span.start));
        self.problems.push(ConfigProblem { setting: setting.to_owned(), place, fault });
    }
}

fn join(setting: &str, member: &str) -> String {
    if setting.is_empty() { member.to_owned() } else { format!("{setting}.{member}") }
}

fn wrong(node: &Node, expected: Expected) -> ConfigFault {
    ConfigFault::Type { expected, found: node.type_name() }
}

fn string(node: &Node) -> Read<&str> {
    node.as_str().ok_or_else(|| wrong(node, Expected::String))
}

fn boolean(node: &Node) -> Read<bool> {
    match node.value {
        Value::Bool(value) => Ok(value),
        _ => Err(wrong(node, Expected::Boolean)),
    }
}

/// A line for people.
fn text(node: &Node) -> Read<String> {
    let text = string(node)?.trim();
    let is_line =
        !text.is_empty() && text.chars().count() <= 80 && crate::text::visible(text) == text;
    if is_line { Ok(text.to_owned()) } else { Err(ConfigFault::Text) }
}

/// A path that cannot leave the page's own origin, however a browser resolves it: no scheme, no
/// host (`//host`, and `\\host` which browsers read the same way), no query.
fn own_path(node: &Node) -> Read<String> {
    let path = string(node)?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"/._-~%@+,".contains(&b);
    let is_path = !path.is_empty() && !path.starts_with("//") && path.bytes().all(allowed);
    if is_path { Ok(path.to_owned()) } else { Err(ConfigFault::Path) }
}

/// A link for people: a path at the page's own origin or an http(s) URL.
fn link(node: &Node) -> Read<String> {
    let text = string(node)?;
    let (url, fragment) = text.split_once('#').unwrap_or((text, ""));
    if url.contains(':') {
        check_url(url).map_err(ConfigFault::Url)?;
    } else {
        let own = Node { span: node.span.clone(), value: Value::String(url.to_owned()) };
        own_path(&own)?;
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-~%=&".contains(&b);
    if fragment.bytes().all(plain) { Ok(text.to_owned()) } else { Err(ConfigFault::Path) }
}

fn colour(node: &Node) -> Read<Colour> {
    Colour::parse(string(node)?).ok_or(ConfigFault::Colour)
}

fn language(node: &Node) -> Read<Language> {
    let text = string(node)?;
    Language::ALL
        .into_iter()
        .find(|language| language.tag() == text)
        .ok_or_else(|| ConfigFault::Word(Language::ALL.map(Language::tag).to_vec()))
}

fn tab(node: &Node) -> Read<Tab> {
    let text = string(node)?;
    Tab::ALL
        .into_iter()
        .find(|tab| tab.word() == text)
        .ok_or_else(|| ConfigFault::Word(Tab::ALL.map(Tab::word).to_vec()))
}

fn cookies(node: &Node) -> Read<CookieMode> {
    match string(node)? {
        "omit" => Ok(CookieMode::Omit),
        "same-origin" => Ok(CookieMode::SameOrigin),
        _ => Err(ConfigFault::Word(vec!["omit", "same-origin"])),
    }
}

fn registry(node: &Node) -> Read<Authority> {
    Authority::parse(string(node)?).map_err(ConfigFault::Reference)
}

fn repository(node: &Node) -> Read<Repository> {
    Repository::parse(string(node)?).map_err(ConfigFault::Reference)
}

fn url_host(node: &Node) -> Read<UrlHost> {
    UrlHost::parse(string(node)?).map_err(ConfigFault::Reference)
}

fn backup_tag(node: &Node) -> Read<BackupTag> {
    BackupTag::parse(string(node)?).map_err(ConfigFault::BackupTag)
}

/// The path in front of `/v2/`: starts with a slash; one at the end does not count.
fn prefix(node: &Node) -> Read<String> {
    let path = own_path(node)?;
    let trimmed = path.trim_end_matches('/');
    let is_prefix = path.starts_with('/')
        && !path.contains('%')
        && !trimmed.ends_with("/v2")
        && !trimmed.split('/').skip(1).any(|part| matches!(part, "" | "." | ".."));
    if is_prefix { Ok(trimmed.to_owned()) } else { Err(ConfigFault::Path) }
}

fn template(node: &Node) -> Read<String> {
    let Some(text) = node.as_str() else { return Err(wrong(node, Expected::Templates)) };
    Templates::parse(text).map_err(ConfigFault::Template)?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::PlainNumbers;

    #[test]
    fn everything() {
        let text = r##"{
            "title": "Example images",
            "logo": "logo.svg",
            "colours": {"accent": {"light": "#0a5", "dark": "#7fd6a0"}, "accentText": {"light": "#fff", "dark": "#000"}},
            "helpLink": "https://portal.example/help#images",
            "language": "de",
            "tabs": ["registry", "file"],
            "defaultRegistry": "registry.example.com:5000",
            "defaultRepository": "team/app",
            "allowedRegistries": ["docker.io"],
            "pathPrefix": "/registry/",
            "cookies": "same-origin",
            "urlTemplates": ["https://cdn.example.com/{digest}", {"name": "EU", "url": "https://eu.example/{hex}"}],
            "allowedUrlHosts": ["*.example.com"],
            "backupTag": "{tag}-before-{date}",
            "offline": false
        }"##;
        let text = text.replace("#0a5", "#006b3c");
        let (config, problems) = config(text.as_bytes());
        assert_eq!(problems, []);
        assert_eq!(config.title.as_deref(), Some("Example images"));
        assert_eq!(config.language, Some(Language::German));
        assert_eq!(config.tabs, [Tab::Registry, Tab::File]);
        assert_eq!(config.path_prefix.as_deref(), Some("/registry"));
        assert_eq!(config.cookies, CookieMode::SameOrigin);
        assert_eq!(config.first_template(), "https://cdn.example.com/{digest}");
        assert_eq!(config.templates[1].name, "EU");
        assert_eq!(config.first_reference(), "team/app");
        assert!(!config.offline);
        let properties = config.colours.properties();
        assert!(properties.contains(&("--accent", "light-dark(#006b3c, #7fd6a0)".to_owned())));
    }

    /// Each broken file: the setting and the line that are named, and the sentence.
    #[test]
    fn problems() {
        let check = |text: &str, setting: &str, expected: &str| {
            let (_, problems) = config(text.as_bytes());
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert_eq!(problems[0].setting, setting, "{text}");
            let sentence = crate::text::english().render(&problems[0].message(), &PlainNumbers);
            assert!(sentence.contains(expected), "{text}: {sentence}");
        };
        check("{", "", "config.json cannot be read");
        check("[]", "", "an object");
        check("{\n\"titel\": 1}", "titel", "line 2, “titel”: This is not a setting");
        check(r#"{"title": 1}"#, "title", "a string, not number");
        check(r#"{"title": "  "}"#, "title", "80 characters");
        check(r#"{"title": "a\u202eb"}"#, "title", "80 characters");
        check(r#"{"logo": "https://cdn.example.com/logo.svg"}"#, "logo", "path");
        check(r#"{"logo": "//cdn.example.com/logo.svg"}"#, "logo", "path");
        check(r#"{"logo": "\\\\cdn.example.com\\logo.svg"}"#, "logo", "path");
        check(r#"{"logo": "javascript:alert(1)"}"#, "logo", "path");
        check(r##"{"colours": {"acent": "#fff"}}"##, "colours.acent", "accentText");
        check(r#"{"colours": {"accent": "red"}}"#, "colours.accent", "#rrggbb");
        check(r##"{"colours": {"accent": {"light": "#006b3c"}}}"##, "colours.accent", "light");
        check(r#"{"helpLink": "javascript:alert(1)"}"#, "helpLink", "http");
        check(r#"{"helpLink": "https://u:p@x.example/"}"#, "helpLink", "password");
        check(r#"{"language": "fr"}"#, "language", "en, de");
        check(r#"{"tabs": []}"#, "tabs", "at least one");
        check(r#"{"tabs": ["paste", "paste"]}"#, "tabs[1]", "twice");
        check(r#"{"tabs": ["paste", "push"]}"#, "tabs[1]", "registry, paste, file, sample");
        check(r#"{"defaultRegistry": "https://r.example"}"#, "defaultRegistry", "line 1");
        check(r#"{"defaultRepository": "Team/App"}"#, "defaultRepository", "team/app");
        check(r#"{"pathPrefix": "registry"}"#, "pathPrefix", "path");
        check(r#"{"pathPrefix": "/a/../b"}"#, "pathPrefix", "path");
        check(r#"{"pathPrefix": "/a/v2/"}"#, "pathPrefix", "path");
        check(r#"{"cookies": true}"#, "cookies", "a string, not boolean");
        check(r#"{"cookies": "include"}"#, "cookies", "omit, same-origin");
        check(r#"{"urlTemplates": ["https://x.example/{foo}"]}"#, "urlTemplates[0]", "{foo}");
        check(r#"{"urlTemplates": [{"name": "EU"}]}"#, "urlTemplates[0]", "name");
        check(r#"{"backupTag": "old"}"#, "backupTag", "{tag}");
        check(r#"{"offline": "no"}"#, "offline", "true or false");
        check(&format!("{{\"title\": \"{}\"}}", "x".repeat(MAX_BYTES)), "", "64 KiB");
    }

    #[test]
    fn the_documentation_has_an_example_and_every_setting() {
        let text = include_str!("../../../../docs/config.md");
        let (_, rest) = text.split_once("```json\n").unwrap();
        let (example, rest) = rest.split_once("```").unwrap();
        let (_, problems) = config(example.as_bytes());
        assert_eq!(problems, []);
        let root = parse(example.as_bytes()).unwrap();
        for setting in SETTINGS {
            assert!(root.get(setting).is_some(), "the example has no {setting}");
            assert!(rest.contains(&format!("`{setting}`")), "{setting} is not explained");
        }
        for name in ColourName::ALL {
            assert!(rest.contains(&format!("`{}`", name.member())), "{name:?} is not explained");
        }
    }

    #[test]
    fn a_broken_policy_stays_a_policy() {
        let check = |text: &str, expected: &[&str]| {
            let (config, problems) = config(text.as_bytes());
            assert!(!problems.is_empty(), "{text}");
            let hosts = config
                .allowed_url_hosts
                .map(|hosts| hosts.iter().map(ToString::to_string).collect::<Vec<_>>());
            assert_eq!(
                hosts.as_deref(),
                Some(expected.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice())
            );
        };
        check(r#"{"allowedUrlHosts": "cdn.example.com"}"#, &[]);
        check(r#"{"allowedUrlHosts": ["a.example", 7, "b example"]}"#, &["a.example"]);
        check(r#"{"allowedUrlHosts": ["a.example"], "titel": 1}"#, &["a.example"]);
    }
}
