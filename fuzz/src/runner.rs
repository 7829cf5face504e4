//! Runs a target on stable Rust: what broke it before, its corpus and seeds as they are, then
//! mutations of them until the time is up.
//!
//! There is no coverage to guide it. It finds what a neighbour of a known input breaks; for deeper
//! runs there is `cargo fuzz`. Equal numbers of executions from one start value try equal inputs.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, str};

use layermark::manifest::Digest;

use crate::Target;

/// How long one execution may take; longer is a hang.
const LONGEST: Duration = Duration::from_secs(10);

/// The largest input that is tried, in bytes.
const MAX_INPUT: usize = 64 * 1024;

/// What a run did.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// How many inputs were tried.
    pub executions: u64,
    /// How many inputs mutations started from.
    pub seeds: usize,
    /// The longest execution.
    pub slowest: Duration,
}

/// An input that breaks a target.
#[derive(Debug)]
pub struct Crash {
    /// The target.
    pub target: &'static str,
    /// What happened, or that it took too long.
    pub what: String,
    /// Where the input was written.
    pub file: PathBuf,
}

/// Runs `target` for about `time`, from the start value `start`.
///
/// # Errors
/// The first input that breaks it; it is kept in `crashes/`, and from then on tried first.
pub fn run(target: &Target, time: Duration, start: u64) -> Result<Run, Crash> {
    let began = Instant::now();
    let mut run = Run { executions: 0, seeds: 0, slowest: Duration::ZERO };
    let mut pool: Vec<Vec<u8>> = (target.seeds)();
    for folder in ["crashes", "corpus"] {
        pool.extend(files(&root().join(folder).join(target.name)).unwrap_or_default());
    }
    pool.push(Vec::new());
    run.seeds = pool.len();
    for input in &pool {
        execute(target, input, &mut run)?;
    }
    let mut random = Random(start | 1);
    while began.elapsed() < time {
        // The clock is asked once for a handful of executions.
        for _ in 0..32 {
            let input = mutated(&pool, &mut random);
            execute(target, &input, &mut run)?;
        }
    }
    Ok(run)
}

fn execute(target: &Target, input: &[u8], run: &mut Run) -> Result<(), Crash> {
    let began = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let took = began.elapsed();
    run.executions += 1;
    run.slowest = run.slowest.max(took);
    let what = match outcome {
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
        }
        Ok(()) if took > LONGEST => format!("took {} s", took.as_secs()),
        Ok(()) => return Ok(()),
    };
    let folder = root().join("crashes").join(target.name);
    let file = folder.join(&Digest::sha256(input).hex()[..16]);
    let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&file, input));
    let what = match written {
        Ok(()) => what,
        Err(error) => format!("{what} (the input could not be kept: {error})"),
    };
    Err(Crash { target: target.name, what, file })
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    paths.iter().map(fs::read).collect()
}

/// A neighbour of the inputs in `pool`.
fn mutated(pool: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = pool[random.below(pool.len())].clone();
    for _ in 0..=random.below(5) {
        mutate(&mut input, pool, random);
    }
    input.truncate(MAX_INPUT);
    input
}

fn mutate(input: &mut Vec<u8>, pool: &[Vec<u8>], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let until = at + random.below((input.len() - at).min(64) + 1);
    match random.below(8) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => input.insert(at, INTERESTING[random.below(INTERESTING.len())]),
        2 => drop(input.drain(at..until)),
        3 => {
            let again = input[at..until].to_vec();
            input.splice(at..at, again);
        }
        4 => {
            let word = WORDS[random.below(WORDS.len())].as_bytes();
            input.splice(at..until, word.iter().copied());
        }
        5 => {
            // A part of another input.
            let other = &pool[random.below(pool.len())];
            let from = random.below(other.len() + 1);
            let to = from + random.below((other.len() - from).min(256) + 1);
            input.splice(at..until, other[from..to].iter().copied());
        }
        6 => {
            // A number that is a little or very different.
            if let Some(start) = input[at..].iter().position(u8::is_ascii_digit) {
                let start = at + start;
                let length = input[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                let number = NUMBERS[random.below(NUMBERS.len())].as_bytes();
                input.splice(start..start + length, number.iter().copied());
            }
        }
        _ => {
            if let Some(byte) = input.get_mut(at) {
                *byte = u8::try_from(random.below(256)).unwrap_or_default();
            }
        }
    }
}

const INTERESTING: &[u8] = b"\0\n\r\t \"'\\/{}[],:#%&?=@|`$;<>*_~-.+0\x7f\x80\xc2\xe2\xf0\xff";

const NUMBERS: [&str; 9] = [
    "0",
    "-1",
    "1e3",
    "9007199254740991",
    "9007199254740992",
    "18446744073709551616",
    "00",
    "0.5",
    "4294967296",
];

/// Words that readers look for.
const WORDS: [&str; 40] = [
    "\"mediaType\":",
    "\"urls\":",
    "\"layers\":[",
    "\"manifests\":[",
    "\"annotations\":{",
    "\"digest\":",
    "\"platform\":{",
    "\"data\":",
    "\"subject\":",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    "null",
    "true",
    "{}",
    "[]",
    "\\u0000",
    "\\ud800",
    "\u{202e}",
    "\u{200b}",
    "\u{feff}",
    "https://",
    "http://[::1]:5000/",
    "//evil.example/",
    "/../",
    "%2e%2e%2f",
    "%00",
    "@sha256:",
    "localhost:5000/",
    "user:secret@",
    "{digest}",
    "{repository}",
    "realm=\"",
    "Bearer ",
    ", Basic realm=",
    ">; rel=\"next\"",
    "</script>",
    "`|`",
    "$(touch x)",
    "'\\''",
    "ustar\x0000",
];

/// A xorshift generator: no secrets here, only variety.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap_or_default()
    }
}
