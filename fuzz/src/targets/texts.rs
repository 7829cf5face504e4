//! Files with settings or work: `config.json`, recipes, saved sessions.

use layermark::app::{Config, session};
use layermark::export::Recipe;

use crate::source::Source;

/// The portal's settings: every text has a reading, if only with problems.
pub fn config(input: &[u8]) {
    let (_, problems) = Config::read(input);
    for problem in problems {
        let _ = problem.message().to_string();
    }
}

/// A recipe that is taken reads the same when it is written.
pub fn recipe(input: &[u8]) {
    match Recipe::parse(input) {
        Ok(recipe) => {
            let written = recipe.to_json();
            let again = Recipe::parse(written.as_bytes());
            assert_eq!(again.ok(), Some(recipe), "{written} reads otherwise");
        }
        Err(error) => drop(error.message().to_string()),
    }
}

/// A saved session that is taken is the same when it is saved again. The input is the image's text,
/// a zero byte, and the text of the edits.
pub fn session(input: &[u8]) {
    let mut source = Source::new(input);
    let (image, edits) = (source.text(), source.text());
    let Some((opened, when)) = session::restore(&image, &edits) else { return };
    let Some(text) = session::image_text(&opened) else { return };
    let saved = session::edits_text(&opened, when);
    let Some((again, _)) = session::restore(&text.text, &saved) else {
        panic!("what was saved is not restored");
    };
    let root = opened.image.root();
    assert_eq!(again.rendered.digest(root), opened.rendered.digest(root));
}
