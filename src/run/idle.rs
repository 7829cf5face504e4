//! Signing out where nothing was asked for a while.

use super::runner::Runner;
use crate::app::{AccessAction, Notice, NoticeKind, ViewAction};
use crate::msg;
use crate::registry::Cancel;

/// How long nothing may be asked of a registry before the person is signed out.
const IDLE_MS: u64 = 15 * 60 * 1000;
/// How often that is looked at.
const LOOK_MS: u64 = 60_000;

impl Runner {
    /// From the first call on, signs out where nothing was asked for [`IDLE_MS`].
    pub(super) fn sign_out_when_idle(&self) {
        if !self.begins_to_watch() {
            return;
        }
        let runner = self.clone();
        self.spawn(Box::pin(async move {
            while runner.world().http.sleep(LOOK_MS, &Cancel::new()).await.is_ok() {
                for endpoint in runner.gateway().sign_out_idle(IDLE_MS) {
                    let registry = endpoint.to_string();
                    let message = msg!("notice.signed-out", registry = &registry);
                    runner.send(AccessAction::SignedOut(registry));
                    runner.send(ViewAction::Notice(Notice { kind: NoticeKind::Done, message }));
                }
            }
        }));
    }
}
