use super::*;
use crate::image::PlatformPattern;
use crate::manifest::{DigestError, TemplateError};

#[test]
fn the_documented_example_is_read_and_written() {
    let guide = include_str!("../../docs/recipe.md");
    let example = guide.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let recipe = Recipe::parse(example.as_bytes()).unwrap();
    assert_eq!(recipe.to_json(), example);
}

#[test]
fn everything_survives_a_round_trip() {
    let recipe = Recipe {
        documents: Vec::new(),
        description: Some("a \"quoted\" one".into()),
        base: Some("registry.example.com/base:1".into()),
        family: Some(Family::Oci),
        attestations: Some(EntryChoice::Drop),
        rules: vec![
            Rule { form: Some(Form::Plain), urls: Some(Vec::new()), ..Rule::default() },
            Rule {
                name: Some("all".into()),
                layers: Selection {
                    platforms: Some(vec![PlatformPattern::parse("*/arm64").unwrap()]),
                    history: Some("ADD".into()),
                    min_size: Some(1),
                    max_size: Some(1 << 53),
                    positions: Some(vec![
                        Positions { first: 0, last: 0 },
                        Positions { first: 2, last: -1 },
                    ]),
                    digests: Some(BTreeSet::from([Digest::sha256(b"")])),
                    from_base: Some(false),
                },
                form: None,
                urls: Some(vec!["https://cdn.example/{digest}".into()]),
            },
        ],
    };
    assert_eq!(Recipe::parse(recipe.to_json().as_bytes()), Ok(recipe));
}

#[test]
fn refusals() {
    use RecipeProblem as Problem;
    let check = |text: &str, line: usize, expected: Problem| {
        let error = Recipe::parse(text.as_bytes()).unwrap_err();
        assert_eq!((error.place.line, &error.problem), (line, &expected), "{text}");
    };
    let rule = |inner: &str| format!("{{\"layermarkRecipe\": 1, \"rules\": [\n{inner}\n]}}");
    let layers = |inner: &str| rule(&format!("{{\"form\": \"plain\", \"layers\": {{\n{inner}}}}}"));
    check("[]", 1, Problem::NotARecipe);
    check("{\"rules\": []}", 1, Problem::NotARecipe);
    check("{\"layermarkRecipe\": 3}", 1, Problem::Version("3".into()));
    check("{\"layermarkRecipe\": 1}", 1, Problem::Missing("rules"));
    check("{\"layermarkRecipe\": 1,\n\"rulez\": []}", 2, Problem::Unknown("rulez".into()));
    check(&rule("{\"layers\": {}}"), 2, Problem::NoEffect);
    check(&rule("{\"form\": \"plain\"}"), 2, Problem::Missing("layers"));
    check(&rule("7"), 2, Problem::Wanted { name: "rules", wanted: Wanted::Objects });
    let wanted = Wanted::OneOf("plain, foreign");
    check(&rule("{\"layers\": {}, \"form\": \"x\"}"), 2, Problem::Wanted { name: "form", wanted });
    check(&layers("\"platform\": []"), 3, Problem::Unknown("platform".into()));
    check(&layers("\"platforms\": [\"\"]"), 3, Problem::Platform(String::new()));
    let wanted = Wanted::Positions;
    check(&layers("\"positions\": [\"0\"]"), 3, Problem::Wanted { name: "positions", wanted });
    check(&layers("\"positions\": [[1]]"), 3, Problem::Wanted { name: "positions", wanted });
    let wanted = Wanted::Bytes;
    check(&layers("\"minSize\": -1"), 3, Problem::Wanted { name: "minSize", wanted });
    check(&layers("\"historyPattern\": \"^RUN\""), 3, Problem::HistoryPattern);
    check(&layers("\"digests\": [\"x\"]"), 3, Problem::Digest(DigestError::NoAlgorithm));
    check(
        &rule("{\"layers\": {}, \"urls\": [\"https://a/{x\"]}"),
        2,
        Problem::Template(TemplateError::Brace { line: 1 }),
    );
}
