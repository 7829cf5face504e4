//! The parts of the crate `gloo` that Yew and its runtime call: the document, time-outs, and messages
//! in the console.
//!
//! Yew takes all of `gloo`, which brings thirty crates that a page never runs: workers, storage, a
//! history, a reader of TOML files. They were a fifth of a first build. `[patch.crates-io]` in the
//! workspace puts this crate in its place; where a later Yew calls more of it, the compiler says so.

pub use gloo_timers as timers;

/// What the window holds.
pub mod utils {
    use web_sys::{Document, Window, window as global};

    /// The window.
    ///
    /// # Panics
    ///
    /// Where there is none: in a worker, which draws nothing.
    #[allow(clippy::expect_used)] // the signature is gloo's
    pub fn window() -> Window {
        global().expect("the page has a window")
    }

    /// The window's document.
    ///
    /// # Panics
    ///
    /// Where there is none: in a worker, which draws nothing.
    #[allow(clippy::expect_used)] // the signature is gloo's
    pub fn document() -> Document {
        window().document().expect("the window has a document")
    }
}

/// Messages in the console.
pub mod console {
    pub use crate::error;

    #[doc(hidden)]
    pub mod imports {
        pub use js_sys::Array;
        pub use wasm_bindgen::JsValue;
        pub use web_sys::console::error;
    }
}

/// An error in the console; each argument can be inspected there.
#[macro_export]
macro_rules! error {
    ($($argument:expr),+ $(,)?) => {{
        let arguments = $crate::console::imports::Array::new();
        $(arguments.push(&$crate::console::imports::JsValue::from($argument));)+
        $crate::console::imports::error(&arguments);
    }};
}
