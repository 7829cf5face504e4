//! Which layers are meant: by platform, history, size, position, digest or base image.

use std::collections::BTreeSet;

use super::manifests::image_manifests;
use super::{BaseMatch, Image, ImageEdits};
use crate::manifest::{Descriptor, Digest, LayerMark, Platform};

/// One layer at one place in an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LayerPlace {
    /// The manifest, by the digest under which it was loaded.
    pub manifest: Digest,
    /// The zero-based position in it.
    pub layer: usize,
}

/// Conditions that a layer must all meet; one that is `None` does not count, and without any
/// every layer is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The manifest is for one of these platforms.
    pub platforms: Option<Vec<PlatformPattern>>,
    /// The command that made the layer contains this text.
    pub history: Option<String>,
    /// The smallest size in bytes.
    pub min_size: Option<u64>,
    /// The largest size in bytes.
    pub max_size: Option<u64>,
    /// The layer stands in one of these ranges of positions.
    pub positions: Option<Vec<Positions>>,
    /// The layer's digest is one of these.
    pub digests: Option<BTreeSet<Digest>>,
    /// The layer belongs to the base image (`true`), or does not.
    pub from_base: Option<bool>,
}

/// Neighbouring positions, counted from zero; negative ones count from the end, -1 being the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Positions {
    /// The first position.
    pub first: i64,
    /// The last position, which belongs to the range.
    pub last: i64,
}

/// `os[/architecture[/variant]]`; a part that is missing or `*` fits everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformPattern(Vec<String>);

/// What is known of a layer that may be selected.
#[derive(Clone, Copy, Debug)]
struct Candidate<'a> {
    platform: Option<&'a Platform>,
    index: usize,
    count: usize,
    layer: &'a Descriptor,
    made_by: Option<&'a str>,
    from_base: bool,
}

impl Selection {
    /// The layers of `image` that meet all conditions, in reading order.
    ///
    /// Attestation manifests are left out: what they hold are no image layers. `base` says which
    /// layers belong to the base image; without it none does.
    pub fn select(&self, image: &Image, edits: &ImageEdits, base: &[BaseMatch]) -> Vec<LayerPlace> {
        let mut found = Vec::new();
        for (id, platform) in image_manifests(image, edits) {
            let Some(document) = image.base(edits, &id) else { continue };
            let count = document.layers().len();
            let config = image.config_of(&id);
            let origins = config.map(|config| config.origins(count));
            let of_base =
                base.iter().find(|found| found.manifest == id).map_or(0, |found| found.layers);
            for (index, layer) in document.layers().iter().enumerate() {
                let made_by = origins.as_ref().and_then(|origins| origins.get(index)?.made_by);
                let platform = platform.as_ref();
                let from_base = index < of_base;
                let candidate = Candidate { platform, index, count, layer, made_by, from_base };
                if self.takes(candidate) {
                    found.push(LayerPlace { manifest: id.clone(), layer: index });
                }
            }
        }
        found
    }

    fn takes(&self, found: Candidate<'_>) -> bool {
        let fits = |platforms: &Vec<PlatformPattern>| {
            found.platform.is_some_and(|platform| platforms.iter().any(|each| each.fits(platform)))
        };
        let stands = |ranges: &Vec<Positions>| {
            ranges.iter().any(|range| range.holds(found.index, found.count))
        };
        let made_by = found.made_by.unwrap_or_default();
        self.platforms.as_ref().is_none_or(fits)
            && self.history.as_ref().is_none_or(|text| made_by.contains(text.as_str()))
            && self.min_size.is_none_or(|min| found.layer.size >= min)
            && self.max_size.is_none_or(|max| found.layer.size <= max)
            && self.positions.as_ref().is_none_or(stands)
            && self.digests.as_ref().is_none_or(|digests| digests.contains(&found.layer.digest))
            && self.from_base.is_none_or(|wanted| wanted == found.from_base)
    }
}

impl Positions {
    /// Whether the zero-based `index` of `count` layers is one of these.
    pub fn holds(self, index: usize, count: usize) -> bool {
        let from_start = |position: i64| {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            if position < 0 { position.saturating_add(count) } else { position }
        };
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        from_start(self.first) <= index && index <= from_start(self.last)
    }
}

impl PlatformPattern {
    /// Reads `os[/architecture[/variant]]`; `None` when a part is empty or there are more.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<String> = text.split('/').map(str::to_owned).collect();
        (parts.len() <= 3 && parts.iter().all(|part| !part.is_empty())).then_some(Self(parts))
    }

    /// The pattern that fits `platform`; one without a variant fits those with any. `None` where the
    /// platform lacks a part.
    pub fn of(platform: &Platform) -> Option<Self> {
        let variant = Some(&platform.variant).filter(|variant| !variant.is_empty());
        let parts = [Some(&platform.os), Some(&platform.architecture), variant];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        Self::parse(&parts.join("/"))
    }

    /// Whether `platform` is one of those meant.
    pub fn fits(&self, platform: &Platform) -> bool {
        let parts = [&platform.os, &platform.architecture, &platform.variant];
        self.0.iter().zip(parts).all(|(wanted, part)| wanted == "*" || wanted == part)
    }
}

impl std::fmt::Display for PlatformPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

impl ImageEdits {
    /// Sets what the layers at `places` should say; a layer that cannot say it keeps what it says
    /// ([`Edits::mark_layer`](crate::manifest::Edits::mark_layer)).
    pub fn mark_layers(&mut self, image: &Image, places: &[LayerPlace], mark: &LayerMark) {
        for place in places {
            let Some(document) = image.base(self, &place.manifest).cloned() else { continue };
            self.change(&place.manifest, |node| {
                node.edits.mark_layer(&document, place.layer, mark.clone());
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fixtures::two_platforms;

    #[test]
    fn positions_count_from_both_ends() {
        let check = |first, last, expected: &[usize]| {
            let range = Positions { first, last };
            let held: Vec<usize> = (0..4).filter(|&index| range.holds(index, 4)).collect();
            assert_eq!(held, expected, "{first} {last}");
        };
        check(0, 0, &[0]);
        check(1, 2, &[1, 2]);
        check(-1, -1, &[3]);
        check(0, -2, &[0, 1, 2]);
        check(2, 1, &[]);
        check(-9, 9, &[0, 1, 2, 3]);
        check(i64::MIN, i64::MIN, &[]);
    }

    #[test]
    fn platform_patterns() {
        let platform = |os: &str, architecture: &str, variant: &str| Platform {
            os: os.into(),
            architecture: architecture.into(),
            variant: variant.into(),
            ..Platform::default()
        };
        for (pattern, os, architecture, variant, expected) in [
            ("linux", "linux", "arm64", "v8", true),
            ("linux/arm64", "linux", "arm64", "v8", true),
            ("linux/arm64/v8", "linux", "arm64", "v8", true),
            ("linux/arm64/v7", "linux", "arm64", "v8", false),
            ("*/amd64", "windows", "amd64", "", true),
            ("windows", "linux", "amd64", "", false),
        ] {
            let fits = PlatformPattern::parse(pattern).unwrap();
            assert_eq!(fits.fits(&platform(os, architecture, variant)), expected, "{pattern}");
            assert_eq!(fits.to_string(), pattern);
        }
        for pattern in ["", "linux/", "a/b/c/d"] {
            assert_eq!(PlatformPattern::parse(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn selections() {
        let sample = two_platforms();
        let edits = ImageEdits::default();
        let base = [BaseMatch::for_test(&sample.arm64, 1)];
        let check = |selection: Selection, expected: &[(usize, usize)]| {
            let found = selection.select(&sample.image, &edits, &base);
            let found: Vec<(usize, usize)> = found
                .into_iter()
                .map(|place| (usize::from(place.manifest == sample.arm64), place.layer))
                .collect();
            assert_eq!(found, expected, "{selection:?}");
        };
        let all = Selection::default;
        check(all(), &[(0, 0), (0, 1), (1, 0), (1, 1)]);
        let platforms = |text: &str| Some(vec![PlatformPattern::parse(text).unwrap()]);
        check(Selection { platforms: platforms("*/arm64"), ..all() }, &[(1, 0), (1, 1)]);
        check(Selection { platforms: platforms("windows"), ..all() }, &[]);
        check(Selection { history: Some("ADD rootfs".into()), ..all() }, &[(0, 0), (1, 0)]);
        check(Selection { min_size: Some(100), ..all() }, &[(0, 0), (1, 0)]);
        check(Selection { max_size: Some(99), ..all() }, &[(0, 1), (1, 1)]);
        let last = Some(vec![Positions { first: -1, last: -1 }]);
        check(Selection { positions: last.clone(), ..all() }, &[(0, 1), (1, 1)]);
        let shared = Some(BTreeSet::from([sample.shared_layer.clone()]));
        check(Selection { digests: shared, ..all() }, &[(0, 0), (1, 0)]);
        check(Selection { from_base: Some(true), ..all() }, &[(1, 0)]);
        check(Selection { from_base: Some(false), positions: last, ..all() }, &[(0, 1), (1, 1)]);
    }
}
