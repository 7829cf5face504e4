//! What the browser below this program takes of the machine.

use std::collections::BTreeMap;
use std::fs;

/// The seconds that each worker thread of a browser below this program had on a processor.
pub(crate) fn worker_times() -> BTreeMap<String, f64> {
    let mut times = BTreeMap::new();
    for process in renderers() {
        for thread in fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten()
        {
            let read = |name| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
            if read("comm").starts_with("DedicatedWorker") {
                let time = read("schedstat").split(' ').next().and_then(|time| time.parse().ok());
                times.insert(thread.path().display().to_string(), time.unwrap_or(0.0) / 1e9);
            }
        }
    }
    times
}

/// The seconds that the pages' own threads had on a processor.
pub(crate) fn page_time() -> f64 {
    let time = |process: u32| {
        let text = fs::read_to_string(format!("/proc/{process}/task/{process}/schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    };
    renderers().into_iter().filter_map(time).sum::<f64>() / 1e9
}

/// The memory of the largest renderer, in MiB.
pub(crate) fn memory() -> u64 {
    renderers().into_iter().filter_map(resident).max().unwrap_or(0) / 1024
}

/// The memory of the whole browser, its driver included, in MiB.
pub(crate) fn whole_memory() -> u64 {
    processes().into_iter().filter_map(resident).sum::<u64>() / 1024
}

/// The memory of a process, in KiB.
fn resident(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok()
}

fn renderers() -> Vec<u32> {
    let mut all = processes();
    let is_renderer = |process: &u32| {
        fs::read_to_string(format!("/proc/{process}/cmdline"))
            .is_ok_and(|line| line.contains("type=renderer"))
    };
    all.retain(is_renderer);
    all
}

/// Every process below this program.
fn processes() -> Vec<u32> {
    let numbers = fs::read_dir("/proc").unwrap().flatten();
    let all: Vec<(u32, u32)> = numbers
        .filter_map(|entry| {
            let process = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
            Some((process, parent))
        })
        .collect();
    let mut below = vec![std::process::id()];
    let mut at = 0;
    while at < below.len() {
        let own = below[at];
        below.extend(all.iter().filter(|(_, parent)| *parent == own).map(|(process, _)| *process));
        at += 1;
    }
    below.remove(0);
    below
}
