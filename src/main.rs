//! Starts the page.

#[cfg(target_arch = "wasm32")]
fn main() {
    // The worker that hashes layers loads this same file.
    layermark::ui::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("Layermark runs in the browser. Build and serve it with: cargo xtask serve");
}
