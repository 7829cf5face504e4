use super::Verdict;
use crate::msg;
use crate::registry::endpoint::Endpoint;
use crate::registry::url::{Origin, Scheme};
use crate::text::Message;

/// A configuration that helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// Where it goes.
    pub kind: RemedyKind,
    /// The text to add, filled in for this page and registry.
    pub text: String,
}

/// Where a configuration goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemedyKind {
    /// nginx of the portal: the registry at the page's own address.
    PortalNginx,
    /// Caddy of the portal: the registry at the page's own address.
    PortalCaddy,
    /// nginx in front of the registry: the browser's questions answered there.
    RegistryNginx,
    /// Caddy in front of the registry: the browser's questions answered there.
    RegistryCaddy,
    /// `config.yml` of `docker-registry`: headers.
    DockerRegistry,
    /// `config.yml` of `docker-registry`: blobs not redirected.
    DockerRegistryStorage,
    /// The CORS rule of the storage bucket.
    Bucket,
    /// The portal's content security policy.
    PortalPolicy,
    /// The element that frames the page.
    Frame,
}

const METHODS: &str = "GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE";
const REQUEST_HEADERS: &str = "Authorization, Accept, Content-Type, Content-Range";
const EXPOSED: &str = "Docker-Content-Digest, WWW-Authenticate, Location, Link, Range, \
                       OCI-Chunk-Min-Length, OCI-Subject, Retry-After, Warning";

/// The configurations that help against `verdict`; the best first.
pub fn remedies(verdict: &Verdict, page: &Origin, registry: &Endpoint) -> Vec<Remedy> {
    use RemedyKind as Kind;
    let kinds: &[Kind] = match verdict {
        Verdict::MixedContent | Verdict::BlockedPort(_) => &[Kind::PortalNginx, Kind::PortalCaddy],
        Verdict::PolicyOfThePage => &[Kind::PortalPolicy],
        Verdict::LocalNetwork => &[Kind::PortalNginx, Kind::PortalCaddy, Kind::Frame],
        Verdict::CorsRefused | Verdict::WriteNotAllowed | Verdict::ExposeMissing => &[
            Kind::PortalNginx,
            Kind::PortalCaddy,
            Kind::DockerRegistry,
            Kind::RegistryNginx,
            Kind::RegistryCaddy,
        ],
        // The registry's own headers do not help: it refuses before it looks at the method.
        Verdict::PreflightRefused => {
            &[Kind::PortalNginx, Kind::PortalCaddy, Kind::RegistryNginx, Kind::RegistryCaddy]
        }
        Verdict::StorageCors => &[Kind::DockerRegistryStorage, Kind::Bucket],
        Verdict::Offline | Verdict::Unreachable | Verdict::NotARegistry | Verdict::BrokeOff => &[],
    };
    kinds.iter().map(|&kind| Remedy { kind, text: text(kind, page, registry) }).collect()
}

fn text(kind: RemedyKind, page: &Origin, registry: &Endpoint) -> String {
    let origin = registry.origin();
    let prefix = registry.prefix();
    match kind {
        RemedyKind::PortalNginx => portal_nginx(origin, prefix),
        RemedyKind::PortalCaddy => portal_caddy(origin, prefix),
        RemedyKind::RegistryNginx => registry_nginx(page),
        RemedyKind::RegistryCaddy => registry_caddy(page),
        RemedyKind::DockerRegistry => format!(
            "http:\n  headers:\n    Access-Control-Allow-Origin: ['{page}']\n    \
             Access-Control-Allow-Methods: ['{METHODS}']\n    \
             Access-Control-Allow-Headers: ['{REQUEST_HEADERS}']\n    \
             Access-Control-Expose-Headers: ['{EXPOSED}']\n    \
             Access-Control-Max-Age: ['7200']\n"
        ),
        RemedyKind::DockerRegistryStorage => {
            "storage:\n  redirect:\n    disable: true\n".to_owned()
        }
        // After the redirect the browser sends `Origin: null`, so the page cannot be named.
        RemedyKind::Bucket => "[\n  {\n    \"AllowedOrigins\": [\"*\"],\n    \
             \"AllowedMethods\": [\"GET\", \"HEAD\"],\n    \"AllowedHeaders\": [\"*\"]\n  }\n]\n"
            .to_owned(),
        RemedyKind::PortalPolicy => format!("connect-src 'self' {origin}"),
        RemedyKind::Frame => "allow=\"local-network; loopback-network; local-network-access; \
             clipboard-write\"\n"
            .to_owned(),
    }
}

/// The registry at the portal, under the same path as at its own address. A registry over TLS is
/// addressed by its own name, one without by the portal's, so that its `Location`s lead back here.
fn portal_nginx(origin: &Origin, prefix: &str) -> String {
    let (host, tls) = match origin.scheme() {
        Scheme::Http => ("$http_host".to_owned(), String::new()),
        Scheme::Https => (
            origin.authority(),
            format!("  proxy_ssl_server_name on;\n  proxy_redirect {origin}/ /;\n"),
        ),
    };
    format!(
        "# in http {{ }}\n\
         map $upstream_http_www_authenticate $layermark_challenge {{\n  \
         default $upstream_http_www_authenticate;\n  \
         \"~*^Basic(?<rest>.*)$\" \"x-Basic$rest\";\n}}\n\
         # in server {{ }}\n\
         location {prefix}/v2/ {{\n  \
         proxy_pass {origin};\n  \
         proxy_set_header Host {host};\n  \
         proxy_set_header X-Forwarded-Proto $scheme;\n  \
         proxy_set_header Cookie \"\";\n\
         {tls}  \
         proxy_http_version 1.1;\n  \
         proxy_request_buffering off;\n  \
         proxy_buffering off;\n  \
         proxy_read_timeout 900s;\n  \
         client_max_body_size 0;\n  \
         proxy_hide_header WWW-Authenticate;\n  \
         add_header WWW-Authenticate $layermark_challenge always;\n  \
         proxy_hide_header Access-Control-Allow-Origin;\n}}\n"
    )
}

fn portal_caddy(origin: &Origin, prefix: &str) -> String {
    let own_name = match origin.scheme() {
        Scheme::Http => String::new(),
        Scheme::Https => format!(
            "  header_up Host {}\n  header_down Location ^{}/ /\n",
            origin.authority(),
            origin.to_string().replace('.', "\\.")
        ),
    };
    format!(
        "reverse_proxy {prefix}/v2/* {origin} {{\n  flush_interval -1\n  header_up -Cookie\n\
         {own_name}  header_down WWW-Authenticate ^Basic x-Basic\n  \
         header_down -Access-Control-Allow-Origin\n}}\n"
    )
}

/// Answers the browser's question before the registry can refuse it, and puts the headers on every
/// answer, errors included.
fn registry_nginx(page: &Origin) -> String {
    let headers = format!(
        "add_header Access-Control-Allow-Origin \"{page}\" always;\n  \
         add_header Access-Control-Allow-Methods \"{METHODS}\" always;\n  \
         add_header Access-Control-Allow-Headers \"{REQUEST_HEADERS}\" always;\n  \
         add_header Access-Control-Expose-Headers \"{EXPOSED}\" always;\n  \
         add_header Access-Control-Max-Age 7200 always;\n"
    );
    let hide = ["Origin", "Methods", "Headers"]
        .map(|name| format!("  proxy_hide_header Access-Control-Allow-{name};\n"))
        .concat();
    let repeated = headers.replace("\n  ", "\n    ");
    format!(
        "# in location /v2/ {{ }}, in front of the registry\n  {headers}  \
         proxy_hide_header Access-Control-Expose-Headers;\n{hide}  \
         if ($request_method = OPTIONS) {{\n    {repeated}    return 204;\n  }}\n"
    )
}

fn registry_caddy(page: &Origin) -> String {
    format!(
        "# before reverse_proxy, in front of the registry\n\
         header {{\n  \
         Access-Control-Allow-Origin \"{page}\"\n  \
         Access-Control-Allow-Methods \"{METHODS}\"\n  \
         Access-Control-Allow-Headers \"{REQUEST_HEADERS}\"\n  \
         Access-Control-Expose-Headers \"{EXPOSED}\"\n  \
         Access-Control-Max-Age 7200\n  \
         defer\n}}\n\
         @preflight method OPTIONS\n\
         respond @preflight 204\n"
    )
}

impl RemedyKind {
    /// Where the text goes and what it does, for a person.
    pub fn message(self) -> Message {
        match self {
            Self::PortalNginx => msg!("remedy.portal-nginx"),
            Self::PortalCaddy => msg!("remedy.portal-caddy"),
            Self::RegistryNginx => msg!("remedy.registry-nginx"),
            Self::RegistryCaddy => msg!("remedy.registry-caddy"),
            Self::DockerRegistry => msg!("remedy.docker-registry"),
            Self::DockerRegistryStorage => msg!("remedy.docker-registry-storage"),
            Self::Bucket => msg!("remedy.bucket"),
            Self::PortalPolicy => msg!("remedy.portal-policy"),
            Self::Frame => msg!("remedy.frame"),
        }
    }
}
