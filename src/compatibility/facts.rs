//! The table of facts: what each client and each registry does with foreign layers, with sources,
//! dates and the strength of the evidence. The verdicts, the page's matrix and
//! `docs/compatibility.md` are all made from it; nothing else states such a fact.
//!
//! It is a table of constants rather than a JSON file because the compiler then checks it and no
//! decoder travels to the browser.

use super::behaviour::{
    Acceptance, Answer, Client, Copy, Decides, Evidence, Keeps, OnFailure, Order, Pull, Registry,
    Strength, Then, Versions,
};
use super::{Reason, RegistryKind};
use crate::manifest::media_type::Family;

const DOCKER_GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const DOCKER_FOREIGN: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
const OCI_TAR: &str = "application/vnd.oci.image.layer.v1.tar";
const OCI_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const OCI_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
const ND_TAR: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar";
const ND_GZIP: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
const ND_ZSTD: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd";

/// go-containerregistry's `IsDistributable`.
const CRANE_TYPES: Decides = Decides::Types(&[DOCKER_FOREIGN, ND_TAR, ND_GZIP]);
/// oras-go's `IsForeignLayer`.
const ORAS_TYPES: Decides = Decides::Types(&[DOCKER_FOREIGN, ND_TAR, ND_GZIP, ND_ZSTD]);

const NEXT: OnFailure =
    OnFailure { missing: Then::Next, refused: Then::Next, unreachable: Then::Next };
const CONTAINERD: OnFailure =
    OnFailure { missing: Then::NextThenRegistry, refused: Then::Stop, unreachable: Then::Stop };

const MEASURED: Strength = Strength::Measured;
const READ: Strength = Strength::Read;
const DOCUMENTED: Strength = Strength::Documented;

const fn seen(strength: Strength, sources: &'static [&'static str]) -> Evidence {
    Evidence { strength, date: "2026-11", sources }
}

const fn pull(order: Order, on_failure: OnFailure, evidence: Evidence) -> Pull {
    Pull { leaves_out: Decides::Nothing, order, on_failure, vetoes: false, evidence }
}

const fn copy(leaves_out: Decides, keeps: Keeps, evidence: Evidence) -> Copy {
    Copy { leaves_out, keeps, option: "", evidence }
}

const fn copy_unless(
    option: &'static str,
    leaves_out: Decides,
    keeps: Keeps,
    evidence: Evidence,
) -> Copy {
    Copy { leaves_out, keeps, option, evidence }
}

/// BuildKit's exporter writes the layers of a base image as ordinary ones.
const BUILT: Option<Copy> = Some(copy_unless(
    "prefer-nondist-layers=true",
    Decides::Nothing,
    Keeps::Nothing,
    seen(READ, &[BUILDKIT_REFS, BUILDKIT_PUSH]),
));
const NOT_LOOKED_AT: Option<Copy> = Some(copy(Decides::Unknown, Keeps::All, seen(READ, &[])));

// Sources that stand in more than one row.
const MOBY_PULL_UNIX: &str =
    "https://github.com/moby/moby/blob/v27.5.1/distribution/pull_v2_unix.go";
const MOBY_PULL_WINDOWS: &str =
    "https://github.com/moby/moby/blob/v27.5.1/distribution/pull_v2_windows.go";
const MOBY_PUSH: &str = "https://github.com/moby/moby/blob/v27.5.1/distribution/push_v2.go";
const MOBY_28: &str = "https://github.com/moby/moby/pull/49065";
const FETCHER: &str =
    "https://github.com/containerd/containerd/blob/v2.3.4/core/remotes/docker/fetcher.go";
const CTR_PUSH: &str =
    "https://github.com/containerd/containerd/blob/v2.3.4/cmd/ctr/commands/images/push.go";
const CTR_EXPORT: &str =
    "https://github.com/containerd/containerd/blob/v2.3.4/core/images/archive/exporter.go";
const BUILDKIT_REFS: &str = "https://github.com/moby/buildkit/blob/v0.32.0/cache/refs.go";
const BUILDKIT_PUSH: &str = "https://github.com/moby/buildkit/blob/v0.32.0/util/push/push.go";
const IMAGE_CLIENT: &str =
    "https://github.com/containers/image/blob/v5.36.2/docker/docker_client.go";
const IMAGE_COPY: &str = "https://github.com/containers/image/blob/v5.36.2/copy/single.go";
const IMAGE_STORAGE: &str =
    "https://github.com/containers/image/blob/v5.36.2/storage/storage_src.go";
const IMAGE_LAYOUT: &str =
    "https://github.com/containers/image/blob/v5.36.2/oci/layout/oci_dest.go";
const GGCR_IMAGE: &str =
    "https://github.com/google/go-containerregistry/blob/v0.21.6/pkg/v1/remote/image.go";
const GGCR_PUSHER: &str =
    "https://github.com/google/go-containerregistry/blob/v0.21.6/pkg/v1/remote/pusher.go";
const GGCR_URLS: &str = "https://github.com/google/go-containerregistry/pull/2293";
const GGCR_LAYOUT: &str =
    "https://github.com/google/go-containerregistry/blob/v0.21.6/pkg/v1/layout/write.go";
const KANIKO_PUSH: &str =
    "https://github.com/GoogleContainerTools/kaniko/blob/v1.23.2/pkg/executor/push.go";
const REGCLIENT_IMAGE: &str = "https://github.com/regclient/regclient/blob/v0.11.5/image.go";
const REGCLIENT_BLOB: &str =
    "https://github.com/regclient/regclient/blob/v0.11.5/scheme/reg/blob.go";
const ORAS_COPY: &str = "https://github.com/oras-project/oras-go/blob/v2.6.2/copy.go";

/// Clients, in the order of the matrix.
pub(super) static CLIENTS: &[Client] = &[
    Client {
        id: "docker-27-linux",
        name: "Docker Engine",
        variant: "Linux",
        versions: Versions::Before("28"),
        headline: None,
        pull: pull(Order::Registry, NEXT, seen(READ, &[MOBY_PULL_UNIX])),
        push: Some(copy(Decides::Nothing, Keeps::Nothing, seen(READ, &[MOBY_PUSH]))),
        save: Some(copy(Decides::Nothing, Keeps::Nothing, seen(READ, &[MOBY_PULL_UNIX]))),
        base: Some(copy(Decides::Nothing, Keeps::Nothing, seen(READ, &[MOBY_PUSH]))),
    },
    Client {
        id: "docker-27-windows",
        name: "Docker Engine",
        variant: "Windows",
        versions: Versions::Before("28"),
        headline: None,
        pull: pull(Order::RegistryFirst, NEXT, seen(READ, &[MOBY_PULL_WINDOWS])),
        push: Some(copy_unless(
            "--allow-nondistributable-artifacts",
            Decides::TypesWithUrls(&[DOCKER_FOREIGN]),
            Keeps::Nothing,
            seen(READ, &[MOBY_PUSH, MOBY_PULL_WINDOWS]),
        )),
        save: NOT_LOOKED_AT,
        base: Some(copy(
            Decides::TypesWithUrls(&[DOCKER_FOREIGN]),
            Keeps::Nothing,
            seen(READ, &[MOBY_PUSH]),
        )),
    },
    Client {
        id: "docker-28-linux",
        name: "Docker Engine",
        variant: "Linux, graphdriver",
        versions: Versions::From("28"),
        headline: Some("Docker Engine 28+"),
        pull: pull(Order::Registry, NEXT, seen(READ, &[MOBY_PULL_UNIX, MOBY_28])),
        push: Some(copy(Decides::Nothing, Keeps::Nothing, seen(READ, &[MOBY_28]))),
        save: Some(copy(Decides::Nothing, Keeps::Nothing, seen(READ, &[MOBY_28]))),
        base: Some(copy(Decides::Nothing, Keeps::Nothing, seen(READ, &[MOBY_28]))),
    },
    Client {
        id: "docker-28-windows",
        name: "Docker Engine",
        variant: "Windows, graphdriver",
        versions: Versions::From("28"),
        headline: None,
        pull: pull(Order::RegistryFirst, NEXT, seen(READ, &[MOBY_PULL_WINDOWS, MOBY_28])),
        push: Some(copy(Decides::Nothing, Keeps::Nothing, seen(READ, &[MOBY_28]))),
        save: NOT_LOOKED_AT,
        base: Some(copy(Decides::Nothing, Keeps::Nothing, seen(READ, &[MOBY_28]))),
    },
    Client {
        id: "docker-containerd",
        name: "Docker Engine",
        variant: "containerd image store",
        versions: Versions::All,
        headline: Some("Docker Engine 28+"),
        pull: pull(Order::UrlsFirst, CONTAINERD, seen(READ, &[FETCHER])),
        push: Some(copy(
            Decides::Nothing,
            Keeps::All,
            seen(
                READ,
                &["https://github.com/moby/moby/blob/v28.5.2/daemon/containerd/image_push.go"],
            ),
        )),
        save: Some(copy(
            Decides::Prefixes,
            Keeps::All,
            seen(
                READ,
                &["https://github.com/moby/moby/blob/v28.5.2/daemon/containerd/image_exporter.go"],
            ),
        )),
        base: BUILT,
    },
    Client {
        id: "containerd-2",
        name: "containerd, ctr",
        variant: "",
        versions: Versions::From("2"),
        headline: None,
        pull: pull(Order::UrlsFirst, CONTAINERD, seen(MEASURED, &[FETCHER])),
        push: Some(copy(
            Decides::Nothing,
            Keeps::All,
            seen(
                READ,
                &[
                    "https://github.com/containerd/containerd/blob/v2.3.4/core/transfer/local/push.go",
                ],
            ),
        )),
        save: Some(copy(Decides::Nothing, Keeps::All, seen(READ, &[CTR_EXPORT]))),
        base: None,
    },
    Client {
        id: "ctr-local",
        name: "ctr",
        // The only way before version 2.
        variant: "--local",
        versions: Versions::All,
        headline: None,
        pull: pull(Order::UrlsFirst, CONTAINERD, seen(MEASURED, &[FETCHER])),
        push: Some(copy_unless(
            "--allow-non-distributable-blobs",
            Decides::Prefixes,
            Keeps::All,
            seen(MEASURED, &[CTR_PUSH]),
        )),
        save: Some(copy(Decides::Nothing, Keeps::All, seen(READ, &[CTR_EXPORT]))),
        base: None,
    },
    Client {
        id: "nerdctl",
        name: "nerdctl",
        variant: "",
        versions: Versions::All,
        headline: None,
        pull: pull(Order::UrlsFirst, CONTAINERD, seen(READ, &[FETCHER])),
        push: Some(copy_unless(
            "--allow-nondistributable-artifacts",
            Decides::Prefixes,
            Keeps::All,
            seen(
                READ,
                &["https://github.com/containerd/nerdctl/blob/v2.1.6/pkg/imgutil/push/push.go"],
            ),
        )),
        save: Some(copy(
            Decides::Nothing,
            Keeps::All,
            seen(
                READ,
                &["https://github.com/containerd/nerdctl/blob/v2.1.6/pkg/cmd/image/save.go"],
            ),
        )),
        base: BUILT,
    },
    Client {
        id: "buildkit",
        name: "BuildKit, buildx",
        variant: "",
        versions: Versions::All,
        headline: None,
        pull: pull(Order::UrlsFirst, CONTAINERD, seen(READ, &[FETCHER])),
        push: BUILT,
        save: BUILT,
        base: BUILT,
    },
    Client {
        id: "podman",
        name: "Podman, Buildah",
        variant: "containers/image",
        versions: Versions::From("5.30"),
        headline: Some("Podman"),
        pull: pull(Order::UrlsFirst, NEXT, seen(MEASURED, &[IMAGE_CLIENT])),
        push: Some(copy(Decides::Nothing, Keeps::Type, seen(MEASURED, &[IMAGE_STORAGE]))),
        save: Some(copy(Decides::Nothing, Keeps::Type, seen(READ, &[IMAGE_STORAGE]))),
        base: NOT_LOOKED_AT,
    },
    Client {
        id: "skopeo-old",
        name: "Skopeo",
        variant: "containers/image",
        versions: Versions::Before("5.30"),
        headline: None,
        pull: pull(
            Order::UrlsFirst,
            OnFailure { unreachable: Then::NextThenRegistry, ..NEXT },
            seen(
                MEASURED,
                &["https://github.com/containers/image/blob/v5.22.0/docker/docker_image_src.go"],
            ),
        ),
        push: Some(copy(Decides::Urls, Keeps::All, seen(MEASURED, &[IMAGE_COPY]))),
        save: Some(copy(Decides::Urls, Keeps::All, seen(MEASURED, &[IMAGE_LAYOUT]))),
        base: None,
    },
    Client {
        id: "skopeo",
        name: "Skopeo",
        variant: "containers/image",
        versions: Versions::From("5.30"),
        headline: Some("Skopeo"),
        pull: pull(Order::UrlsFirst, NEXT, seen(MEASURED, &[IMAGE_CLIENT])),
        push: Some(copy(Decides::Urls, Keeps::All, seen(MEASURED, &[IMAGE_COPY]))),
        save: Some(copy(Decides::Urls, Keeps::All, seen(MEASURED, &[IMAGE_LAYOUT]))),
        base: None,
    },
    Client {
        id: "crane",
        name: "crane, ko",
        variant: "",
        versions: Versions::From("0.21.6"),
        headline: Some("crane"),
        pull: Pull {
            vetoes: true,
            ..pull(Order::RegistryFirst, NEXT, seen(MEASURED, &[GGCR_IMAGE, GGCR_URLS]))
        },
        push: Some(copy_unless(
            "--allow-nondistributable-artifacts",
            CRANE_TYPES,
            Keeps::All,
            seen(MEASURED, &[GGCR_PUSHER]),
        )),
        save: Some(copy(Decides::Nothing, Keeps::All, seen(READ, &[GGCR_LAYOUT]))),
        base: Some(copy_unless(
            "--allow-nondistributable-artifacts",
            CRANE_TYPES,
            Keeps::All,
            seen(MEASURED, &[GGCR_PUSHER]),
        )),
    },
    Client {
        id: "kaniko",
        name: "kaniko",
        variant: "",
        versions: Versions::All,
        headline: None,
        pull: pull(Order::RegistryFirst, NEXT, seen(READ, &[GGCR_IMAGE])),
        push: None,
        save: NOT_LOOKED_AT,
        base: Some(copy(CRANE_TYPES, Keeps::All, seen(READ, &[KANIKO_PUSH]))),
    },
    Client {
        id: "regctl",
        name: "regctl, regsync",
        variant: "",
        versions: Versions::All,
        headline: None,
        pull: Pull {
            vetoes: true,
            ..pull(Order::RegistryFirst, NEXT, seen(READ, &[REGCLIENT_BLOB]))
        },
        push: Some(copy_unless(
            "--include-external",
            Decides::Urls,
            Keeps::All,
            seen(READ, &[REGCLIENT_IMAGE]),
        )),
        save: Some(copy(Decides::Nothing, Keeps::All, seen(READ, &[REGCLIENT_IMAGE]))),
        base: None,
    },
    Client {
        id: "oras",
        name: "oras",
        variant: "",
        versions: Versions::All,
        headline: None,
        pull: Pull {
            leaves_out: ORAS_TYPES,
            ..pull(Order::Registry, NEXT, seen(READ, &[ORAS_COPY]))
        },
        push: Some(copy(ORAS_TYPES, Keeps::All, seen(READ, &[ORAS_COPY]))),
        save: Some(copy(ORAS_TYPES, Keeps::All, seen(READ, &[ORAS_COPY]))),
        base: None,
    },
];

const DIST_2_DOCKER: &str = "https://github.com/distribution/distribution/blob/v2.8.3/registry/storage/schema2manifesthandler.go";
const DIST_2_OCI: &str = "https://github.com/distribution/distribution/blob/v2.8.3/registry/storage/ocimanifesthandler.go";
const DIST_3_DOCKER: &str = "https://github.com/distribution/distribution/blob/v3.1.1/registry/storage/schema2manifesthandler.go";
const DIST_3_OCI: &str = "https://github.com/distribution/distribution/blob/v3.1.1/registry/storage/ocimanifesthandler.go";

const DOCKER: Option<Family> = Some(Family::Docker);
const OCI: Option<Family> = Some(Family::Oci);
const ANY: &[&str] = &[];
const BLOB_UNKNOWN: Answer = Answer::NeedsBlob(400, "MANIFEST_BLOB_UNKNOWN");
const INVALID_WITHOUT_URLS: Answer = Answer::Refuses(Reason::NoUrls, 400, "MANIFEST_INVALID");
const INVALID_WITHOUT_BLOB: Answer = Answer::NeedsBlob(400, "MANIFEST_INVALID");

const fn rule(
    family: Option<Family>,
    types: &'static [&'static str],
    urls: Option<bool>,
    answer: Answer,
) -> Acceptance {
    Acceptance { family, types, urls, answer }
}

/// distribution 2.7 and 2.8, and what is built on it.
const DISTRIBUTION_2: &[Acceptance] = &[
    rule(DOCKER, &[DOCKER_FOREIGN], Some(false), Answer::Refuses(Reason::NoUrls, 500, "UNKNOWN")),
    rule(DOCKER, &[DOCKER_FOREIGN], Some(true), Answer::AsAllowed),
    rule(OCI, &[OCI_TAR, OCI_GZIP, ND_TAR, ND_GZIP], Some(true), Answer::AsAllowed),
    // Every other type: with URLs nothing is checked at all.
    rule(None, ANY, Some(true), Answer::Accepts),
    rule(None, ANY, Some(false), BLOB_UNKNOWN),
];

/// Registries, in the order of their kinds.
pub(super) static REGISTRIES: &[Registry] = &[
    Registry {
        kind: RegistryKind::Distribution2,
        rules: DISTRIBUTION_2,
        evidence: seen(MEASURED, &[DIST_2_DOCKER, DIST_2_OCI]),
    },
    Registry {
        kind: RegistryKind::Distribution3,
        rules: &[
            rule(
                DOCKER,
                &[DOCKER_FOREIGN],
                Some(false),
                Answer::Refuses(Reason::NoUrls, 500, "UNKNOWN"),
            ),
            rule(DOCKER, &[DOCKER_FOREIGN], Some(true), Answer::AsAllowed),
            rule(OCI, &[OCI_TAR, OCI_GZIP], Some(true), Answer::AsAllowedWithBlob),
            rule(OCI, &[ND_TAR, ND_GZIP], Some(true), Answer::AsAllowed),
            rule(None, ANY, None, BLOB_UNKNOWN),
        ],
        evidence: seen(MEASURED, &[DIST_3_DOCKER, DIST_3_OCI]),
    },
    Registry {
        kind: RegistryKind::Zot,
        rules: &[
            rule(OCI, &[ND_TAR, ND_GZIP, ND_ZSTD], None, Answer::Accepts),
            rule(OCI, ANY, None, INVALID_WITHOUT_BLOB),
            // Docker manifests only with `compat: ["docker2s2"]`, and then with every blob.
            rule(DOCKER, ANY, None, Answer::RefusesUnlessSet(415, "MANIFEST_INVALID")),
        ],
        evidence: seen(
            READ,
            &["https://github.com/project-zot/zot/blob/v2.1.20/pkg/storage/common/common.go"],
        ),
    },
    Registry {
        kind: RegistryKind::Harbor,
        rules: DISTRIBUTION_2,
        evidence: seen(
            READ,
            &[
                "https://github.com/goharbor/harbor/blob/v2.15.2/make/photon/prepare/templates/registry/config.yml.jinja",
                DIST_2_DOCKER,
            ],
        ),
    },
    Registry {
        kind: RegistryKind::Quay,
        rules: &[
            rule(DOCKER, &[DOCKER_FOREIGN], Some(true), Answer::Accepts),
            rule(OCI, &[ND_TAR, ND_GZIP], Some(true), Answer::Accepts),
            rule(DOCKER, &[DOCKER_FOREIGN], Some(false), INVALID_WITHOUT_URLS),
            rule(OCI, &[ND_TAR, ND_GZIP], Some(false), INVALID_WITHOUT_URLS),
            rule(DOCKER, &[DOCKER_GZIP], None, BLOB_UNKNOWN),
            rule(OCI, &[OCI_TAR, OCI_GZIP, OCI_ZSTD], None, BLOB_UNKNOWN),
            rule(None, ANY, None, Answer::Refuses(Reason::MediaType, 400, "MANIFEST_INVALID")),
        ],
        evidence: seen(
            READ,
            &[
                "https://github.com/quay/quay/blob/master/image/docker/schema2/manifest.py",
                "https://github.com/quay/quay/blob/master/image/oci/manifest.py",
            ],
        ),
    },
    Registry {
        kind: RegistryKind::DockerHub,
        // In 2021 it refused Docker's foreign type and took OCI's; what it does now was not tested.
        rules: &[rule(None, ANY, None, Answer::Unknown)],
        evidence: Evidence {
            strength: DOCUMENTED,
            date: "2021-08",
            sources: &["https://github.com/docker/hub-feedback/issues/2132"],
        },
    },
    Registry {
        kind: RegistryKind::GitLab,
        rules: DISTRIBUTION_2,
        evidence: seen(
            DOCUMENTED,
            &[
                "https://gitlab.com/gitlab-org/omnibus-gitlab/-/merge_requests/2938",
                "https://gitlab.com/gitlab-org/charts/gitlab/-/issues/1421",
            ],
        ),
    },
    Registry {
        kind: RegistryKind::Gitea,
        rules: &[rule(None, ANY, None, BLOB_UNKNOWN)],
        evidence: seen(READ, &["https://github.com/go-gitea/gitea/issues/24974"]),
    },
];

/// Whether any tool takes this media type for a foreign one.
pub(super) fn is_foreign(media_type: &str) -> bool {
    Decides::PREFIXES.iter().any(|prefix| media_type.starts_with(prefix))
}
