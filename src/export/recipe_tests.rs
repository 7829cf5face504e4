use super::*;
use crate::image::fixtures::{TwoPlatforms, two_platforms};
use crate::image::match_base;
use crate::manifest::media_type::Family;

const NO_TEMPLATE: (&str, &Facts) = ("", &Facts { registry: None, repository: None, tag: None });

#[test]
fn the_template_that_made_the_urls_is_saved() {
    let sample = two_platforms();
    let facts = Facts { repository: Some("team/app".into()), ..Facts::default() };
    let layer = sample.image.document(&sample.amd64).unwrap().layers()[0].digest.clone();
    let check = |template: &str, url: String, expected: &str| {
        let place = LayerPlace { manifest: sample.amd64.clone(), layer: 0 };
        let mut edits = ImageEdits::default();
        edits.mark_layers(&sample.image, &[place], &LayerMark::foreign(vec![url]));
        let by = ChooseBy::Position;
        let saved = Recipe::of_edits(&sample.image, &edits, by, (template, &facts));
        assert_eq!(saved.recipe.rules[0].urls, Some(vec![expected.to_owned()]), "{template}");
        let other = Facts { repository: Some("team/other".into()), ..Facts::default() };
        let again = saved.recipe.apply(&sample.image, &ImageEdits::default(), &other, &[]);
        let made = mark(&sample, &again.edits, &sample.amd64, 0).urls.unwrap();
        assert_eq!(made[0].contains("team/other"), expected.contains("{repository}"));
    };
    let template = "https://cdn.example/{repository}/{digest}";
    check(template, format!("https://cdn.example/team/app/{layer}"), template);
    let typed = "https://cdn.example/mine/{digest}";
    check(template, format!("https://cdn.example/mine/{layer}"), typed);
    check("", format!("https://cdn.example/mine/{layer}"), typed);
}

fn parse(rules: &str) -> Recipe {
    Recipe::parse(format!("{{\"layermarkRecipe\": 1, {rules}}}").as_bytes()).unwrap()
}

fn apply(sample: &TwoPlatforms, recipe: &Recipe) -> AppliedRecipe {
    let facts = Facts { repository: Some("team/app".into()), ..Facts::default() };
    recipe.apply(&sample.image, &ImageEdits::default(), &facts, &[])
}

fn mark(sample: &TwoPlatforms, edits: &ImageEdits, id: &Digest, layer: usize) -> LayerMark {
    edits.of(id).layer_mark(sample.image.document(id).unwrap(), layer).unwrap()
}

#[test]
fn rules_are_applied_in_order() {
    let sample = two_platforms();
    let recipe = parse(
        r#""rules": [
            {"layers": {"history": "ADD rootfs"}, "form": "foreign", "urls": ["https://cdn.example/{repository}/{hex}"]},
            {"layers": {"platforms": ["linux/arm64"], "positions": [0]}, "form": "plain"},
            {"name": "Windows", "layers": {"platforms": ["windows"]}, "form": "foreign"}]"#,
    );
    let applied = apply(&sample, &recipe);
    let url = format!("https://cdn.example/team/app/{}", sample.shared_layer.hex());
    let foreign = LayerMark::foreign(vec![url.clone()]);
    assert_eq!(mark(&sample, &applied.edits, &sample.amd64, 0), foreign);
    let first = applied.urls(&sample.image, 0).next();
    let place = LayerPlace { manifest: sample.amd64.clone(), layer: 0 };
    assert_eq!(first, Some((&place, vec![url.clone()])));
    let plain = LayerMark { form: Form::Plain, urls: Some(vec![url]) };
    assert_eq!(mark(&sample, &applied.edits, &sample.arm64, 0), plain);
    assert_eq!(mark(&sample, &applied.edits, &sample.amd64, 1), LayerMark::plain());
    let says: Vec<String> = applied
        .rules
        .iter()
        .zip(&recipe.rules)
        .enumerate()
        .map(|(at, (outcome, rule))| outcome.message(at + 1, rule).to_string())
        .collect();
    assert_eq!(
        says,
        [
            "Rule “#1” means 2 layers and changes 2.",
            "Rule “#2” means 1 layer and changes 1.",
            "Rule “Windows” means no layer of this image. Check whether the recipe is for this image."
        ]
    );
    // Twice is once.
    let facts = Facts { repository: Some("team/app".into()), ..Facts::default() };
    let again = recipe.apply(&sample.image, &applied.edits, &facts, &[]);
    assert_eq!(again.edits, applied.edits);
}

#[test]
fn what_cannot_be_done_is_said() {
    let sample = two_platforms();
    let recipe = parse(r#""rules": [{"layers": {}, "urls": ["https://cdn.example/{tag}/{hex}"]}]"#);
    let applied = apply(&sample, &recipe);
    assert!(applied.edits.is_empty());
    assert_eq!(applied.rules[0].refused.len(), 4);
    let says = applied.rules[0].message(1, &recipe.rules[0]).to_string();
    assert!(says.starts_with("Rule “#1” means 4 layers, of which 4"), "{says}");
}

#[test]
fn families_attestations_and_bases() {
    let sample = two_platforms();
    let recipe = parse(
        r#""family": "docker", "attestations": "drop", "rules": [{"layers": {"fromBase": true}, "form": "foreign", "urls": []}]"#,
    );
    let base = match_base(&sample.image, &ImageEdits::default(), &sample.image);
    let facts = Facts::default();
    let applied = recipe.apply(&sample.image, &ImageEdits::default(), &facts, &base);
    assert_eq!(applied.blockers, []);
    assert_eq!(applied.edits.of(&sample.amd64).family(), Some(Family::Docker));
    assert_eq!(applied.edits.of(sample.image.root()).entry_choice(2), EntryChoice::Drop);
    assert_eq!(applied.rules[0].changed, 4);
    let saved = Recipe::of_edits(&sample.image, &applied.edits, ChooseBy::Position, NO_TEMPLATE);
    let positions = Some(vec![Positions { first: 0, last: 1 }]);
    let layers = Selection { positions, ..Selection::default() };
    let expected = Rule { layers, ..recipe.rules[0].clone() };
    assert_eq!(saved.recipe, Recipe { rules: vec![expected], ..recipe });
    assert_eq!(saved.left_out, []);
}

#[test]
fn what_was_done_can_be_done_again() {
    let sample = two_platforms();
    let mut edits = ImageEdits::default();
    let place = |manifest: &Digest, layer| LayerPlace { manifest: manifest.clone(), layer };
    for (place, at) in [(place(&sample.amd64, 0), "a"), (place(&sample.arm64, 1), "b")] {
        let layer = &sample.image.document(&place.manifest).unwrap().layers()[place.layer];
        let url = format!("https://cdn.example/{at}/{}", layer.digest);
        edits.mark_layers(&sample.image, &[place], &LayerMark::foreign(vec![url]));
    }
    edits.mark_layers(
        &sample.image,
        &[place(&sample.amd64, 1)],
        &LayerMark { form: Form::Plain, urls: Some(vec!["https://cdn.example/plain".into()]) },
    );
    for (by, rules) in [(ChooseBy::Position, 3), (ChooseBy::History, 3), (ChooseBy::Digest, 3)] {
        let saved = Recipe::of_edits(&sample.image, &edits, by, NO_TEMPLATE);
        assert_eq!(saved.recipe.rules.len(), rules, "{by:?}");
        assert_eq!(saved.left_out, []);
        let text = saved.recipe.to_json();
        let read = Recipe::parse(text.as_bytes()).unwrap();
        assert_eq!(read, saved.recipe);
        let applied = apply(&sample, &read);
        if by == ChooseBy::Position {
            assert_eq!(applied.edits, edits);
        }
        assert!(applied.rules.iter().all(|rule| !rule.matched.is_empty()));
    }
    edits.change(sample.image.root(), |node| {
        let root = sample.image.document(sample.image.root()).unwrap();
        node.edits.annotate(root, "a", Some("b".into()));
    });
    let saved = Recipe::of_edits(&sample.image, &edits, ChooseBy::Position, NO_TEMPLATE);
    assert_eq!(saved.left_out, []);
    assert_eq!(saved.recipe.documents.len(), 1);
    let applied = apply(&sample, &saved.recipe);
    assert_eq!(applied.edits, edits);
}
