//! `fuzz [TARGET] [MINUTES]`: runs one target, or all, for so many minutes each.

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use layermark_fuzz::{TARGETS, runner};

fn main() -> ExitCode {
    let (mut wanted, mut minutes) = (None, 1.0_f64);
    for argument in std::env::args().skip(1) {
        match argument.parse() {
            Ok(number) => minutes = number,
            Err(_) => wanted = Some(argument),
        }
    }
    let chosen = |name: &str| wanted.as_ref().is_none_or(|wanted| wanted == name);
    let targets: Vec<_> = TARGETS.iter().filter(|target| chosen(target.name)).collect();
    if targets.is_empty() || !minutes.is_finite() || minutes <= 0.0 {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        eprintln!("usage: fuzz [TARGET] [MINUTES]; targets: {}", names.join(", "));
        return ExitCode::FAILURE;
    }
    // Another start value each time: longer runs together see more.
    let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let start = start.map_or(1, |since| since.as_secs());
    let mut failed = false;
    for target in targets {
        match runner::run(target, Duration::from_secs_f64(minutes * 60.0), start) {
            Ok(run) => println!(
                "{:<10} {:>11} executions from {} inputs, the longest {} ms",
                target.name,
                run.executions,
                run.seeds,
                run.slowest.as_millis()
            ),
            Err(crash) => {
                failed = true;
                println!("{:<10} BROKEN by {}: {}", target.name, crash.file.display(), crash.what);
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
