//! Mounts the editor into the page.
fn main() {}
