//! Media types of layers and manifests: families, compressions, and which layer type is the
//! non-distributable twin of which.

use crate::msg;
use crate::text::Message;

/// The two families of media types, which a manifest does not mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Docker image manifest version 2, schema 2.
    Docker,
    /// OCI image specification.
    Oci,
}

/// Whether a layer may be redistributed, as its media type says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// An ordinary layer.
    Plain,
    /// A foreign layer: Docker's `foreign` and OCI's `nondistributable` types.
    NonDistributable,
}

/// How a layer's tar is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Packing {
    /// `tar`
    Tar,
    /// `tar+gzip`
    Gzip,
    /// `tar+zstd`
    Zstd,
}

/// A layer media type that is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerType {
    /// Docker or OCI.
    pub family: Family,
    /// Plain or non-distributable.
    pub form: Form,
    /// How the tar is packed.
    pub packing: Packing,
    /// Whether the layer is encrypted (`+encrypted`, ocicrypt; not in image-spec).
    pub encrypted: bool,
}

/// How well a layer type's non-distributable twin is founded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Defined by a specification that readers must support.
    Specified,
    /// OCI `tar+zstd`: in image-spec since 1.1, but in no list that readers must or should support.
    Optional,
    /// Docker `foreign.diff.tar`: in the code of containerd, BuildKit and c/image only.
    CodeOnly,
    /// `+encrypted`: constants of ocicrypt, not of image-spec.
    OutsideSpecification,
}

/// Why a layer type has no non-distributable twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTwin {
    /// Docker `tar.zstd`: no tool knows a foreign form; the OCI type has one.
    DockerZstd,
    /// Not the tar of a file system: attestations, Helm charts, wasm modules, EROFS and the like.
    NotAnImageLayer,
    /// The descriptor has no `mediaType` that could be changed.
    NoMediaType,
}

/// `application/vnd.docker.distribution.manifest.v2+json`
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// `application/vnd.docker.distribution.manifest.list.v2+json`
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// `application/vnd.oci.image.manifest.v1+json`
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// `application/vnd.oci.image.index.v1+json`
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// `application/vnd.docker.container.image.v1+json`
pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
/// `application/vnd.oci.image.config.v1+json`
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// Schema 1, signed or not: recognised only to be refused.
pub const SCHEMA_1: [&str; 2] = [
    "application/vnd.docker.distribution.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
];

const fn layer(family: Family, form: Form, packing: Packing, encrypted: bool) -> LayerType {
    LayerType { family, form, packing, encrypted }
}

/// Every layer type known here, with its spelling.
///
/// Sources: image-spec `layer.md` and `media-types.md`; Docker manifest v2 schema 2; the Docker
/// uncompressed foreign type from containerd `mediatypes.go`; `+encrypted` from ocicrypt `spec.go`.
const LAYER_TYPES: [(LayerType, &str); 17] = {
    use Family::{Docker, Oci};
    use Form::{NonDistributable, Plain};
    use Packing::{Gzip, Tar, Zstd};
    [
        (layer(Docker, Plain, Gzip, false), "application/vnd.docker.image.rootfs.diff.tar.gzip"),
        (
            layer(Docker, NonDistributable, Gzip, false),
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        ),
        (layer(Docker, Plain, Tar, false), "application/vnd.docker.image.rootfs.diff.tar"),
        (
            layer(Docker, NonDistributable, Tar, false),
            "application/vnd.docker.image.rootfs.foreign.diff.tar",
        ),
        (layer(Docker, Plain, Zstd, false), "application/vnd.docker.image.rootfs.diff.tar.zstd"),
        (layer(Oci, Plain, Tar, false), "application/vnd.oci.image.layer.v1.tar"),
        (
            layer(Oci, NonDistributable, Tar, false),
            "application/vnd.oci.image.layer.nondistributable.v1.tar",
        ),
        (layer(Oci, Plain, Gzip, false), "application/vnd.oci.image.layer.v1.tar+gzip"),
        (
            layer(Oci, NonDistributable, Gzip, false),
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        ),
        (layer(Oci, Plain, Zstd, false), "application/vnd.oci.image.layer.v1.tar+zstd"),
        (
            layer(Oci, NonDistributable, Zstd, false),
            "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
        ),
        (layer(Oci, Plain, Tar, true), "application/vnd.oci.image.layer.v1.tar+encrypted"),
        (
            layer(Oci, NonDistributable, Tar, true),
            "application/vnd.oci.image.layer.nondistributable.v1.tar+encrypted",
        ),
        (layer(Oci, Plain, Gzip, true), "application/vnd.oci.image.layer.v1.tar+gzip+encrypted"),
        (
            layer(Oci, NonDistributable, Gzip, true),
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip+encrypted",
        ),
        (layer(Oci, Plain, Zstd, true), "application/vnd.oci.image.layer.v1.tar+zstd+encrypted"),
        (
            layer(Oci, NonDistributable, Zstd, true),
            "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd+encrypted",
        ),
    ]
};

impl LayerType {
    /// Reads a media type; `None` for what is not a known image layer.
    pub fn parse(media_type: &str) -> Option<Self> {
        LAYER_TYPES.iter().find(|(_, spelling)| *spelling == media_type).map(|(known, _)| *known)
    }

    /// All known layer types.
    pub fn all() -> impl Iterator<Item = Self> {
        LAYER_TYPES.iter().map(|(known, _)| *known)
    }

    /// The media type's spelling; `None` for a combination that has none, such as foreign Docker zstd.
    pub fn spelling(self) -> Option<&'static str> {
        LAYER_TYPES.iter().find(|(known, _)| *known == self).map(|(_, spelling)| *spelling)
    }

    /// Whether it is the non-distributable form.
    pub fn is_foreign(self) -> bool {
        self.form == Form::NonDistributable
    }

    /// The same layer in another form, when there is such a type.
    pub fn with_form(self, form: Form) -> Option<Self> {
        let other = Self { form, ..self };
        other.spelling().map(|_| other)
    }

    /// The same layer in the other family's type, when there is one.
    pub fn with_family(self, family: Family) -> Option<Self> {
        let other = Self { family, ..self };
        other.spelling().map(|_| other)
    }

    /// How well the non-distributable form of this type is founded, or why there is none.
    pub fn standing(self) -> Result<Standing, NoTwin> {
        match (self.family, self.packing, self.encrypted) {
            (Family::Docker, Packing::Zstd, _) => Err(NoTwin::DockerZstd),
            (_, _, true) => Ok(Standing::OutsideSpecification),
            (Family::Docker, Packing::Tar, _) => Ok(Standing::CodeOnly),
            (Family::Oci, Packing::Zstd, _) => Ok(Standing::Optional),
            _ => Ok(Standing::Specified),
        }
    }

    /// The packing in short, such as `tar+gzip`.
    pub fn packing_name(self) -> &'static str {
        match (self.packing, self.encrypted) {
            (Packing::Tar, false) => "tar",
            (Packing::Gzip, false) => "tar+gzip",
            (Packing::Zstd, false) => "tar+zstd",
            (Packing::Tar, true) => "tar+encrypted",
            (Packing::Gzip, true) => "tar+gzip+encrypted",
            (Packing::Zstd, true) => "tar+zstd+encrypted",
        }
    }
}

/// The spelling of `media_type` in the other form, or why it has none.
pub fn twin(media_type: &str, form: Form) -> Result<&'static str, NoTwin> {
    let known = LayerType::parse(media_type).ok_or(NoTwin::NotAnImageLayer)?;
    known.with_form(form).and_then(LayerType::spelling).ok_or(NoTwin::DockerZstd)
}

/// The counterpart of a manifest's or config's media type in `family`: itself when it is already
/// there, `None` when there is no counterpart.
pub fn in_family(media_type: &str, family: Family) -> Option<&'static str> {
    const PAIRS: [(&str, &str); 3] =
        [(DOCKER_MANIFEST, OCI_MANIFEST), (DOCKER_LIST, OCI_INDEX), (DOCKER_CONFIG, OCI_CONFIG)];
    let pair = PAIRS.iter().find(|(docker, oci)| *docker == media_type || *oci == media_type);
    match (pair, family) {
        (Some((docker, _)), Family::Docker) => Some(docker),
        (Some((_, oci)), Family::Oci) => Some(oci),
        (None, _) => LayerType::parse(media_type)?.with_family(family)?.spelling(),
    }
}

impl NoTwin {
    /// Why the layer cannot be toggled, and what to do, as a sentence.
    pub fn message(self) -> Message {
        match self {
            Self::DockerZstd => msg!("media-type.docker-zstd"),
            Self::NotAnImageLayer => msg!("media-type.not-an-image-layer"),
            Self::NoMediaType => msg!("media-type.none"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins() {
        let docker = "application/vnd.docker.image.rootfs.";
        let oci = "application/vnd.oci.image.layer.";
        let check = |plain: String, foreign: Result<String, NoTwin>| {
            assert_eq!(twin(&plain, Form::NonDistributable).map(str::to_owned), foreign, "{plain}");
            assert_eq!(
                twin(&plain, Form::Plain).map(str::to_owned).ok(),
                LayerType::parse(&plain).map(|_| plain.clone())
            );
            if let Ok(foreign) = foreign {
                assert_eq!(twin(&foreign, Form::Plain), Ok(plain.as_str()));
            }
        };
        check(format!("{docker}diff.tar.gzip"), Ok(format!("{docker}foreign.diff.tar.gzip")));
        check(format!("{docker}diff.tar"), Ok(format!("{docker}foreign.diff.tar")));
        check(format!("{docker}diff.tar.zstd"), Err(NoTwin::DockerZstd));
        for end in [
            "tar",
            "tar+gzip",
            "tar+zstd",
            "tar+encrypted",
            "tar+gzip+encrypted",
            "tar+zstd+encrypted",
        ] {
            check(format!("{oci}v1.{end}"), Ok(format!("{oci}nondistributable.v1.{end}")));
        }
        for other in [
            "application/vnd.in-toto+json",
            "application/vnd.erofs.layer.v1",
            "application/vnd.oci.empty.v1+json",
            "",
        ] {
            check(other.into(), Err(NoTwin::NotAnImageLayer));
        }
    }

    #[test]
    fn families() {
        for (from, family, to) in [
            (DOCKER_MANIFEST, Family::Oci, Some(OCI_MANIFEST)),
            (OCI_MANIFEST, Family::Oci, Some(OCI_MANIFEST)),
            (OCI_INDEX, Family::Docker, Some(DOCKER_LIST)),
            (OCI_CONFIG, Family::Docker, Some(DOCKER_CONFIG)),
            (
                "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                Family::Docker,
                Some("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
            ),
            ("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", Family::Docker, None),
            ("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", Family::Docker, None),
            ("application/vnd.in-toto+json", Family::Docker, None),
        ] {
            assert_eq!(in_family(from, family), to, "{from}");
        }
    }
}
