include!(concat!(env!("OUT_DIR"), "/registry_kinds.rs"));

impl RegistryKind {
    /// The kind that a host's name tells, for the public services.
    pub fn of_host(host: &str) -> Self {
        let is = |known: &str| match known.strip_prefix('.') {
            Some(_) => host.ends_with(known),
            None => host == known,
        };
        Self::HOSTS.iter().find(|(known, _)| is(known)).map(|(_, kind)| *kind).unwrap_or_default()
    }

    /// The kind with this id in the data; unknown where there is none.
    pub fn of_id(id: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.id() == id).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_public_services() {
        for (host, kind) in [
            ("docker.io", RegistryKind::DockerHub),
            ("quay.io", RegistryKind::Quay),
            ("ghcr.io", RegistryKind::Ghcr),
            ("team.azurecr.io", RegistryKind::Acr),
            ("123.dkr.ecr.eu-west-1.amazonaws.com", RegistryKind::Ecr),
            ("europe-docker.pkg.dev", RegistryKind::ArtifactRegistry),
            ("azurecr.io.example.com", RegistryKind::Unknown),
            ("registry.example.com", RegistryKind::Unknown),
        ] {
            assert_eq!(RegistryKind::of_host(host), kind, "{host}");
        }
    }
}
