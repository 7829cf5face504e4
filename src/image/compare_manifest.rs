//! What differs between two documents, their layers, their configs and the entries that name them.

use std::collections::{BTreeMap, VecDeque};

use super::difference::{AnnotationPlace, Aspect, Difference, LayerDifference};
use super::{Config, config_facts};
use crate::json;
use crate::manifest::{Descriptor, Digest, Document, LayerMark};

/// The members of a document that are compared by what they say.
const COMPARED: [&str; 7] =
    ["mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations"];

/// The annotation of an entry that follows another digest of the image.
const OF_IMAGE: &str = "vnd.docker.reference.digest";

/// What two documents say beside their layers or entries and their config. `id` is the digest under
/// which the one here was loaded.
pub(super) fn of_documents(here: &Document, there: &Document, id: &Digest) -> Vec<Difference> {
    let owned = |text: &str| Some(text.to_owned());
    let subject = |document: &Document| document.subject().map(|it| it.digest.to_string());
    let stated = |document: &Document| document.artifact_type().and_then(owned);
    let kind = |document: &Document| owned(document.kind().media_type());
    let mut found = Vec::new();
    differs(&mut found, Aspect::MediaType, kind(here), kind(there));
    differs(&mut found, Aspect::ArtifactType, stated(here), stated(there));
    differs(&mut found, Aspect::Subject, subject(here), subject(there));
    for (name, (one, other)) in both(members(here), members(there)) {
        differs(&mut found, Aspect::Member(name.to_owned()), one, other);
    }
    let place = AnnotationPlace { document: id.clone(), entry: None };
    let name = Aspect::Annotation;
    annotations(&mut found, here.annotations(), there.annotations(), &place, name);
    found
}

/// What two entries of indexes say of the documents that they name, beside digest and size.
pub(super) fn of_entries(
    here: &Descriptor,
    there: &Descriptor,
    place: &AnnotationPlace,
) -> Vec<Difference> {
    let platform = |of: &Descriptor| {
        let platform = of.platform.as_ref()?;
        let features = platform.os_features.join(", ");
        Some(format!("{platform} {features}").trim().to_owned())
    };
    let kind = |of: &Descriptor| Some(of.media_type.clone()).filter(|it| !it.is_empty());
    let mut found = Vec::new();
    let mut differs = |name, one, other| {
        differs(&mut found, Aspect::EntryMember(name), one, other);
    };
    differs("mediaType", kind(here), kind(there));
    differs("artifactType", here.artifact_type.clone(), there.artifact_type.clone());
    differs("platform", platform(here), platform(there));
    differs("urls", urls(here), urls(there));
    // The content differs with the digest, which is told.
    let embedded = |of: &Descriptor| of.data.as_ref().map(|data| format!("{} B", data.len()));
    if here.data.is_some() != there.data.is_some() {
        differs("data", embedded(here), embedded(there));
    }
    let name = Aspect::EntryAnnotation;
    annotations(&mut found, &here.annotations, &there.annotations, place, name);
    for each in &mut found {
        if each.aspect == Aspect::EntryAnnotation(OF_IMAGE.to_owned()) {
            each.place = None;
        }
    }
    found
}

/// What differs in the layers and the config of two manifests, and how many layers are the same.
pub(super) fn of_contents(
    (here, own): (&Document, Option<&Config>),
    (there, other): (&Document, Option<&Config>),
) -> (Vec<Difference>, usize) {
    let (mut found, same) = of_layers((here, own), (there, other));
    let digest = |document: &Document| document.config().map(|config| config.digest.to_string());
    differs(&mut found, Aspect::Config, digest(here), digest(there));
    let (Some(one), Some(two)) = (here.config(), there.config()) else { return (found, same) };
    if one.digest == two.digest {
        let kind = |of: &Descriptor| Some(of.media_type.clone());
        differs(&mut found, Aspect::ConfigType, kind(one), kind(two));
        return (found, same);
    }
    match (facts(own), facts(other)) {
        (Some(one), Some(two)) => {
            for (name, (one, two)) in both(one, two) {
                differs(&mut found, Aspect::ConfigFact(name), one, two);
            }
        }
        (one, two) => {
            let unread = Aspect::ConfigUnread(one.is_none(), two.is_none());
            found.push(Difference::new(unread, None, None));
        }
    }
    (found, same)
}

/// Layers belong together that have the same digest, and then those with the same content: the first
/// of several equal ones to the first.
fn of_layers(
    (here, own): (&Document, Option<&Config>),
    (there, other): (&Document, Option<&Config>),
) -> (Vec<Difference>, usize) {
    let (ours, theirs) = (here.layers(), there.layers());
    let mut partner: Vec<Option<usize>> = vec![None; ours.len()];
    let mut taken = vec![false; theirs.len()];
    let by_digest = |layer: &Descriptor| layer.digest.to_string();
    let (one, two): (Vec<_>, Vec<_>) =
        (ours.iter().map(by_digest).collect(), theirs.iter().map(by_digest).collect());
    let some = |keys: &[String]| keys.iter().map(|key| Some(key.clone())).collect::<Vec<_>>();
    pair_up(&mut partner, &mut taken, &some(&one), &some(&two));
    let moved = !partner.iter().flatten().is_sorted();
    pair_up(&mut partner, &mut taken, &contents(ours, own), &contents(theirs, other));
    let (mut found, mut same) = (Vec::new(), 0);
    for (at, (layer, partner)) in ours.iter().zip(&partner).enumerate() {
        let Some(to) = *partner else {
            let what = Aspect::Layer(LayerDifference::OnlyHere(at));
            found.push(Difference::new(what, said(layer, None), None));
            continue;
        };
        let twin = &theirs[to];
        let (one, two) = (said(layer, Some(twin)), said(twin, Some(layer)));
        let what = if layer.digest != twin.digest {
            LayerDifference::Repacked(at, to)
        } else if one == two {
            same += 1;
            continue;
        } else {
            match (is_marked(layer), is_marked(twin)) {
                (true, false) => LayerDifference::MarkedHere(at, to),
                (false, true) => LayerDifference::MarkedThere(at, to),
                _ => LayerDifference::Described(at, to),
            }
        };
        found.push(Difference::new(Aspect::Layer(what), one, two));
    }
    for (at, layer) in theirs.iter().enumerate().filter(|(at, _)| !taken[*at]) {
        let what = Aspect::Layer(LayerDifference::OnlyThere(at));
        found.push(Difference::new(what, None, said(layer, None)));
    }
    if moved {
        found.push(Difference::new(Aspect::LayerOrder, None, None));
    }
    (found, same)
}

/// Gives what has no partner yet the first free one with the same key; what has no key stays alone.
fn pair_up(
    partner: &mut [Option<usize>],
    taken: &mut [bool],
    ours: &[Option<String>],
    theirs: &[Option<String>],
) {
    let mut free: BTreeMap<&str, VecDeque<usize>> = BTreeMap::new();
    for (at, key) in theirs.iter().enumerate().filter(|(at, _)| !taken[*at]) {
        if let Some(key) = key {
            free.entry(key).or_default().push_back(at);
        }
    }
    for (at, key) in ours.iter().enumerate() {
        let Some(key) = key.as_deref().filter(|_| partner[at].is_none()) else { continue };
        if let Some(to) = free.get_mut(key).and_then(VecDeque::pop_front) {
            partner[at] = Some(to);
            taken[to] = true;
        }
    }
}

/// The digests of what is in the layers, where the config tells as many as there are layers.
fn contents(layers: &[Descriptor], config: Option<&Config>) -> Vec<Option<String>> {
    let known = config.map(Config::diff_ids).filter(|ids| ids.len() == layers.len());
    match known {
        Some(ids) => ids.iter().map(|id| Some(id.clone()).filter(|id| !id.is_empty())).collect(),
        None => vec![None; layers.len()],
    }
}

fn is_marked(layer: &Descriptor) -> bool {
    LayerMark::of(layer).is_foreign() || layer.has_urls()
}

/// What a layer's descriptor says that the one of its partner does not; of one without a partner, its
/// digest and media type.
fn said(layer: &Descriptor, twin: Option<&Descriptor>) -> Option<String> {
    let mut says = Vec::new();
    let differs = |is_same: fn(&Descriptor, &Descriptor) -> bool| {
        twin.is_none_or(|twin| !is_same(layer, twin))
    };
    if differs(|one, two| one.digest == two.digest) {
        says.push(layer.digest.to_string());
    }
    if differs(|one, two| one.media_type == two.media_type) {
        says.push(layer.media_type.clone());
    }
    if differs(|one, two| urls(one) == urls(two)) {
        says.extend(urls(layer));
    }
    let Some(twin) = twin else { return Some(says.join(" ")) };
    if layer.digest == twin.digest && layer.size != twin.size {
        says.push(format!("{} B", layer.size));
    }
    if layer.annotations != twin.annotations {
        let all = layer.annotations.iter();
        says.extend(all.map(|(name, value)| format!("{name}={value}")));
    }
    (!says.is_empty()).then(|| says.join(" "))
}

fn urls(of: &Descriptor) -> Option<String> {
    of.urls.as_ref().map(|urls| urls.join(" "))
}

/// What a config says, by names that stay the same when a variable or a port comes in between; `None`
/// where it is not there, or programs would read it differently.
fn facts(config: Option<&Config>) -> Option<BTreeMap<String, String>> {
    let text = config?.text.as_deref()?;
    json::parse(text.as_bytes()).ok()?;
    let mut facts: BTreeMap<String, String> = BTreeMap::new();
    let mut steps = 0;
    for fact in config_facts(text) {
        let (name, value) = if fact.name.starts_with("history[") {
            steps += 1;
            continue;
        } else if fact.name.starts_with("config.Env[") {
            let (name, value) = fact.value.split_once('=').unwrap_or((&fact.value, ""));
            (format!("config.Env.{name}"), value.to_owned())
        } else {
            (fact.name, fact.value)
        };
        let all = facts.entry(name).or_default();
        if !all.is_empty() {
            all.push_str(", ");
        }
        all.push_str(&value);
    }
    facts.insert("history".to_owned(), steps.to_string());
    Some(facts)
}

/// The members of a document that are not compared by what they say, each as it is written.
fn members(document: &Document) -> BTreeMap<&str, String> {
    let others = document.root().members().iter();
    others
        .filter(|member| !COMPARED.contains(&member.name.as_str()))
        .map(|member| {
            let text = document.bytes().get(member.node.span.clone()).unwrap_or_default();
            (member.name.as_str(), String::from_utf8_lossy(text).into_owned())
        })
        .collect()
}

fn annotations(
    found: &mut Vec<Difference>,
    here: &[(String, String)],
    there: &[(String, String)],
    place: &AnnotationPlace,
    aspect: fn(String) -> Aspect,
) {
    let map = |all: &[(String, String)]| all.iter().cloned().collect::<BTreeMap<_, _>>();
    for (name, (one, other)) in both(map(here), map(there)) {
        if one != other {
            let place = Some(place.clone());
            found.push(Difference { aspect: aspect(name), here: one, there: other, place });
        }
    }
}

/// What two maps say, by name.
fn both<K: Ord>(
    here: BTreeMap<K, String>,
    there: BTreeMap<K, String>,
) -> BTreeMap<K, (Option<String>, Option<String>)> {
    let mut all: BTreeMap<K, (Option<String>, Option<String>)> =
        here.into_iter().map(|(name, value)| (name, (Some(value), None))).collect();
    for (name, value) in there {
        all.entry(name).or_default().1 = Some(value);
    }
    all
}

fn differs(
    found: &mut Vec<Difference>,
    aspect: Aspect,
    here: Option<String>,
    there: Option<String>,
) {
    if here != there {
        found.push(Difference::new(aspect, here, there));
    }
}
