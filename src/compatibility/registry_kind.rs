/// Which registry software answers, as far as it was recognised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegistryKind {
    /// Not recognised, or one whose rules for foreign layers are not known.
    #[default]
    Unknown,
    /// distribution (`docker-registry`, `registry:2`), version 2.7 or 2.8.
    Distribution2,
    /// distribution (`registry:3`), version 3.
    Distribution3,
    /// distribution of an unknown version.
    Distribution,
    /// zot.
    Zot,
    /// Harbor.
    Harbor,
    /// Quay.
    Quay,
    /// Docker Hub.
    DockerHub,
    /// GitLab's container registry.
    GitLab,
    /// Gitea and Forgejo.
    Gitea,
}

impl RegistryKind {
    /// All kinds, the unknown one last.
    pub const ALL: [Self; 10] = [
        Self::Distribution2,
        Self::Distribution3,
        Self::Distribution,
        Self::Zot,
        Self::Harbor,
        Self::Quay,
        Self::DockerHub,
        Self::GitLab,
        Self::Gitea,
        Self::Unknown,
    ];

    /// The kind that a host's name tells, for the public services.
    pub fn of_host(host: &str) -> Self {
        match host {
            "docker.io" | "index.docker.io" | "registry-1.docker.io" => Self::DockerHub,
            "quay.io" => Self::Quay,
            "registry.gitlab.com" => Self::GitLab,
            _ => Self::Unknown,
        }
    }

    /// The product's name; empty for the unknown one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Distribution2 => "docker-registry 2.8",
            Self::Distribution3 => "docker-registry 3",
            Self::Distribution => "docker-registry",
            Self::Zot => "zot",
            Self::Harbor => "Harbor",
            Self::Quay => "Quay",
            Self::DockerHub => "Docker Hub",
            Self::GitLab => "GitLab",
            Self::Gitea => "Gitea",
        }
    }

    /// Whether it is distribution or built on it, so that URLs in manifests are a matter of its
    /// `validation.manifests.urls` setting.
    pub fn has_url_policy(self) -> bool {
        matches!(
            self,
            Self::Distribution2 | Self::Distribution3 | Self::Distribution | Self::GitLab
        )
    }
}
