//! The commands that deliver layers, run as the page writes them, as far as their tools are in Debian.

use std::fs;

use layermark::deliver::{BlobHome, Delivery, Fetch, MarkedLayer, delete_commands, fetch_commands};
use layermark::manifest::Digest;

use crate::support::dir::Dir;
use crate::support::image::{TestImage, push_blob};
use crate::support::process::run;
use crate::support::program::program;
use crate::support::registry::{BASIC, Registry, Settings};

/// The first two layers of `image`, marked.
fn marked(image: &TestImage, path: &str) -> [MarkedLayer; 2] {
    let layer = |index: usize| {
        let digest = Digest::parse(&image.layer(index)).unwrap();
        let urls = vec![format!("https://cdn.example.com/{path}/{}", digest.hex())];
        MarkedLayer { digest, size: image.blobs[index + 1].len() as u64, urls, as_loaded: false }
    };
    [layer(0), layer(1)]
}

#[test]
fn curl_fetches_and_checks_every_layer() {
    for password in [false, true] {
        let registry = Registry::with(&Settings { password, ..Settings::default() });
        let image = TestImage::oci(&["base", "libraries", "app"]);
        let headers: &[(&str, &str)] = if password { &[("Authorization", BASIC)] } else { &[] };
        for blob in &image.blobs {
            push_blob(&registry.url, "team/app", blob, headers);
        }
        let home = BlobHome { registry: &registry.host, repository: "team/app", plain_http: true };
        // A path with what a shell would take for something else.
        let layers = marked(&image, "it's $HOME; a b");
        let delivery = Delivery::new(&layers);
        let dir = Dir::new("commands");
        let script = fetch_commands(Fetch::Curl, home, &delivery).join("\n");
        let mut bash = program("bash");
        bash.current_dir(dir.path()).args(["-euc", &script]);
        if password {
            bash.env("REGISTRY_AUTH", BASIC);
        } else {
            bash.env("REGISTRY_AUTH", "");
        }
        run(&mut bash);
        for (file, index) in delivery.files.iter().map(|file| {
            let digest = file.digest.to_string();
            (file, (0..2).find(|index| image.layer(*index) == digest).unwrap())
        }) {
            let written = fs::read(dir.path().join("layers").join(&file.path)).unwrap();
            assert_eq!(written, image.blobs[index + 1]);
        }

        // Bytes that are not the layer do not get past the sums.
        registry.spoil(&image.layer(0));
        let mut again = program("bash");
        again.current_dir(dir.path()).args(["-euc", &script]);
        again.env("REGISTRY_AUTH", if password { BASIC } else { "" });
        assert!(!again.output().unwrap().status.success());

        // The registry of these tests allows deletion.
        let mut delete = program("bash");
        delete.args(["-euc", &delete_commands(home, &layers).join("\n")]);
        run(delete.env("REGISTRY_AUTH", if password { BASIC } else { "" }));
        let left = [0, 1, 2].map(|layer| registry.has_blob("team/app", &image.layer(layer)));
        assert_eq!(left, [false, false, true]);
    }
}
