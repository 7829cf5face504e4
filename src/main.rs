//! Mounts the editor into the page.

#[cfg(target_arch = "wasm32")]
fn main() {
    layermark::ui::mount();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("Layermark runs in the browser. Build and serve it with: cargo xtask serve");
}
