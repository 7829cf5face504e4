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

/// What keeps a registry's answers data, and what an upload needs: the lines of `deploy/nginx.conf`, which
/// a test compares.
const NGINX_HTTP: &str = r#"map $upstream_http_www_authenticate $layermark_challenge {
  default                          $upstream_http_www_authenticate;
  "~*^Basic(?<layermark_rest>.*)$" "x-Basic$layermark_rest";
}
map "$http_sec_fetch_dest $http_sec_fetch_site" $layermark_not_data {
  default             1;
  " "                 0;
  "empty same-origin" 0;
}
"#;
const NGINX_LOCATION: &str = r#"  if ($layermark_not_data) { return 403; }
  add_header Content-Security-Policy "sandbox; default-src 'none'" always;
  add_header X-Content-Type-Options "nosniff" always;
  add_header Cross-Origin-Resource-Policy "same-origin" always;
  add_header WWW-Authenticate $layermark_challenge always;
  client_max_body_size 0;
  proxy_http_version 1.1;
  proxy_request_buffering off;
  proxy_buffering off;
  proxy_read_timeout 900s;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header Cookie "";
  proxy_hide_header WWW-Authenticate;
  proxy_hide_header Access-Control-Allow-Origin;
  proxy_hide_header Set-Cookie;
  proxy_hide_header Service-Worker-Allowed;
  proxy_hide_header Clear-Site-Data;
  proxy_hide_header Refresh;
  proxy_hide_header Strict-Transport-Security;
  proxy_hide_header Alt-Svc;
  proxy_hide_header NEL;
  proxy_hide_header Report-To;
  proxy_hide_header Content-Security-Policy;
  proxy_hide_header X-Content-Type-Options;
  proxy_hide_header Cross-Origin-Resource-Policy;
"#;

/// The same of `deploy/Caddyfile`.
const CADDY_REQUEST: &str = "\
  @not_data {
    header Sec-Fetch-Dest *
    not {
      header Sec-Fetch-Dest empty
      header Sec-Fetch-Site same-origin
    }
  }
  respond @not_data 403
";
const CADDY_PROXY: &str = "    \
    flush_interval -1
    header_up -Cookie
    header_down WWW-Authenticate ^[Bb]asic x-Basic
    header_down -Access-Control-Allow-Origin
    header_down -Set-Cookie
    header_down -Service-Worker-Allowed
    header_down -Clear-Site-Data
    header_down -Refresh
    header_down -Strict-Transport-Security
    header_down -Alt-Svc
    header_down -NEL
    header_down -Report-To
    header_down Content-Security-Policy \"sandbox; default-src 'none'\"
    header_down X-Content-Type-Options nosniff
    header_down Cross-Origin-Resource-Policy same-origin
";

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
        "# in http {{ }}\n{NGINX_HTTP}# in server {{ }}\nlocation {prefix}/v2/ {{\n\
         {NGINX_LOCATION}  proxy_set_header Host {host};\n{tls}  proxy_pass {origin};\n}}\n"
    )
}

fn portal_caddy(origin: &Origin, prefix: &str) -> String {
    let own_name = match origin.scheme() {
        Scheme::Http => String::new(),
        Scheme::Https => format!(
            "    header_up Host {}\n    header_down Location ^{}/ /\n",
            origin.authority(),
            origin.to_string().replace('.', "\\.")
        ),
    };
    format!(
        "handle {prefix}/v2/* {{\n{CADDY_REQUEST}  reverse_proxy {origin} {{\n\
         {CADDY_PROXY}{own_name}  }}\n}}\n"
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
