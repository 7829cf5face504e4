//! A copy of the built page, to be changed by a test.

use std::fs;
use std::path::{Path, PathBuf};

use super::dir::Dir;
use super::server::{Server, dist};

/// The folder of the page, without its compressed files: what is changed is what is served.
#[derive(Debug)]
pub struct Site(Dir);

impl Site {
    /// Copies the built page.
    pub fn copy() -> Self {
        let site = Self(Dir::new("site"));
        copy_folder(&dist(), site.path());
        site
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Serves it.
    pub fn serve(&self) -> Server {
        Server::start_with(&["--dist", self.path().to_str().unwrap()])
    }

    /// The one file whose name starts and ends like this.
    pub fn file(&self, start: &str, end: &str) -> PathBuf {
        let files = fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files = files.filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with(start) && name.ends_with(end)
        });
        let file = files.next().unwrap();
        assert!(files.next().is_none(), "several files {start}…{end}");
        file
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) {
        self.0.write(name, text);
    }

    /// Replaces text that has to be there in a file.
    pub fn replace(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path().join(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        self.write(name, &text.replace(from, to));
    }

    /// Publishes the same files as another build, and returns its name.
    pub fn update(&self) -> String {
        let index = fs::read_to_string(self.path().join("index.html")).unwrap();
        let (_, rest) = index.split_once("name=\"layermark-build\" content=\"").unwrap();
        let old = rest.split('"').next().unwrap();
        let new = if old.starts_with('0') { "1".repeat(16) } else { "0".repeat(16) };
        for name in ["index.html", "sw.js"] {
            self.replace(name, old, &new);
        }
        new
    }
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy_folder(&path, &target);
        } else if !path.extension().is_some_and(|ending| ending == "br" || ending == "gz") {
            fs::copy(&path, &target).unwrap();
        }
    }
}
