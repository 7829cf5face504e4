//! Ports for programs that cannot be given port 0 because they do not say which one they took.

use std::fmt;
use std::fs::{self, File};
use std::net::TcpListener;

/// Below what systems hand out by themselves (Linux 32768, others 49152 and up), so that no program
/// that asks for any free port gets one of these.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// A port of 127.0.0.1 that belongs to this value: no other test of this machine takes it, whether
/// or not its program listens on it just now.
#[derive(Debug)]
pub struct Port {
    number: u16,
    // Locked until it is closed, also when the test is killed.
    _lock: File,
}

impl Port {
    /// One that nothing listens on.
    pub fn free() -> Self {
        let folder = std::env::temp_dir().join("layermark-ports");
        fs::create_dir_all(&folder).unwrap();
        // Processes start looking at different places.
        let start = u16::try_from(std::process::id() % u32::from(PORTS.end - PORTS.start)).unwrap();
        let numbers = (PORTS.start + start..PORTS.end).chain(PORTS);
        let mut taken = numbers.filter_map(|number| {
            let lock = File::create(folder.join(number.to_string())).unwrap();
            lock.try_lock().ok()?;
            TcpListener::bind(("127.0.0.1", number)).ok()?;
            Some(Self { number, _lock: lock })
        });
        taken.next().expect("no port is free")
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}

#[test]
fn a_port_is_given_to_one_test_only() {
    let first = Port::free();
    let second = Port::free();
    assert_ne!(first.number, second.number);
    assert!(PORTS.contains(&first.number) && PORTS.contains(&second.number));
    let number = first.number;
    drop(first);
    let file = File::open(std::env::temp_dir().join("layermark-ports").join(number.to_string()));
    assert!(file.unwrap().try_lock().is_ok());
}
