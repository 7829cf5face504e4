//! How often progress is told.

/// Lets one call through in a while: progress that is told with every piece would cost more than the
/// work.
pub struct Throttle {
    every_ms: u64,
    next_ms: u64,
}

impl Throttle {
    /// The pace of what people read: five times a second.
    pub fn for_people() -> Self {
        Self { every_ms: 200, next_ms: 0 }
    }

    /// Whether it is time to tell, at this time in milliseconds.
    pub fn is_due(&mut self, now_ms: u64) -> bool {
        let due = now_ms >= self.next_ms;
        if due {
            self.next_ms = now_ms + self.every_ms;
        }
        due
    }
}
