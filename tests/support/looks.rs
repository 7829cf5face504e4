//! The ways in which a person may have set up browser and system, and the page looks accordingly.

use serde_json::json;

use super::page::Page;

/// What the browser pretends to be set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A window of 1280 × 1000 points, light colours.
    Light,
    /// The same in dark colours.
    Dark,
    /// A phone of 320 points, the width that WCAG 1.4.10 (reflow) names.
    Narrow,
    /// [`Look::Light`] at 200 % (WCAG 1.4.4).
    Zoomed,
    /// The few colours that the system allows, and no motion.
    Forced,
}

impl Look {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Light, Self::Dark, Self::Narrow, Self::Zoomed, Self::Forced];

    /// A word for file names and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Narrow => "narrow",
            Self::Zoomed => "zoomed",
            Self::Forced => "forced",
        }
    }

    /// Width and height in CSS points, and how many points of the screen each of them has.
    fn window(self) -> (u32, u32, u32) {
        match self {
            Self::Light | Self::Dark | Self::Forced => (1280, 1000, 1),
            Self::Narrow => (320, 720, 2),
            Self::Zoomed => (640, 500, 2),
        }
    }

    /// Sets the browser up like this, and waits until the page is drawn anew.
    pub async fn put_on(self, page: &Page) {
        let (width, height, _) = self.window();
        self.put_on_sized(page, width, height).await;
    }

    /// As [`Look::put_on`], with a window as high as the page, to see all of it at once.
    pub async fn put_on_whole(self, page: &Page) {
        self.put_on(page).await;
        let (width, height, _) = self.window();
        let whole = page.script("return document.documentElement.scrollHeight").await;
        let whole = u32::try_from(whole.as_u64().unwrap_or_default()).unwrap_or(height);
        self.put_on_sized(page, width, whole.clamp(height, 12_000)).await;
    }

    async fn put_on_sized(self, page: &Page, width: u32, height: u32) {
        let (_, _, scale) = self.window();
        let scheme = if self == Self::Dark { "dark" } else { "light" };
        let (colours, motion) = match self {
            Self::Forced => ("active", "reduce"),
            _ => ("none", "no-preference"),
        };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "forced-colors", "value": colours },
            { "name": "prefers-reduced-motion", "value": motion },
        ]);
        page.cdp("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        let window = json!({
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": false,
        });
        page.cdp("Emulation.setDeviceMetricsOverride", window).await;
        let drawn = "return new Promise(done =>
            requestAnimationFrame(() => requestAnimationFrame(() => done(true))))";
        page.script(drawn).await;
        // Whatever changes slowly, such as a switch, is shown at its end.
        page.script("document.getAnimations().forEach(each => each.finish())").await;
    }

    /// Takes it all back.
    pub async fn take_off(page: &Page) {
        page.cdp("Emulation.setEmulatedMedia", json!({ "features": [] })).await;
        page.cdp("Emulation.clearDeviceMetricsOverride", json!({})).await;
    }
}
