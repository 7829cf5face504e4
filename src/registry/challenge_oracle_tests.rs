//! Inside the grammar, challenges are read as the crate `http-auth` reads them.

use proptest::prelude::*;

use super::*;

fn header() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "[a-zA-Z0-9._-]{1,8}",
        "[ -~]{0,12}".prop_map(|text| {
            format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
        }),
    ];
    let param = ("[a-zA-Z][a-zA-Z0-9_-]{0,6}", prop_oneof!["=", " = "], value)
        .prop_map(|(name, equals, value)| format!("{name}{equals}{value}"));
    let challenge = ("[A-Za-z][A-Za-z0-9-]{0,8}", prop::collection::vec(param, 1..4), ", ?")
        .prop_map(|(scheme, params, comma)| format!("{scheme} {}", params.join(&comma)));
    prop::collection::vec(challenge, 1..4).prop_map(|challenges| challenges.join(", "))
}

proptest! {
    #[test]
    fn agrees_with_http_auth_inside_the_grammar(header in header()) {
        let ours = Challenge::parse_all(&header).unwrap();
        let theirs = http_auth::parse_challenges(&header).unwrap();
        prop_assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            prop_assert_eq!(&ours.scheme, &theirs.scheme.to_ascii_lowercase());
            let expected: Vec<(String, String)> = theirs
                .params
                .iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_unescaped()))
                .collect();
            prop_assert_eq!(&ours.params, &expected);
        }
    }

    #[test]
    fn any_text_is_survived(header in "\\PC{0,60}") {
        let _ = Demand::parse(&header);
    }
}
