//! Tests inside a browser: what only shows as WebAssembly, or with a real document.
#![cfg(target_arch = "wasm32")]
// Helpers of tests may fail the test, too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use layermark::manifest::{Algorithm, Digest};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

mod page;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn digests_are_the_known_ones() {
    // From `sha256sum` and `sha512sum` over a million times the letter a (FIPS 180-2, appendix).
    let million = vec![b'a'; 1_000_000];
    assert_eq!(
        Digest::of(Algorithm::Sha256, &million).as_str(),
        "sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    );
    assert_eq!(
        Digest::of(Algorithm::Sha512, &million).as_str(),
        "sha512:e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb\
         de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"
    );
}
