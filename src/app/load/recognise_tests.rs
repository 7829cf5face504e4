use super::*;

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn what_names_an_image() {
    let at = format!("registry.example.com/team/app@{DIGEST}");
    for (text, expected) in [
        ("https://hub.docker.com/_/alpine", "docker.io/library/alpine"),
        ("https://hub.docker.com/_/alpine/tags?name=3.20", "docker.io/library/alpine:3.20"),
        ("https://hub.docker.com/r/grafana/grafana/tags", "docker.io/grafana/grafana"),
        (
            "https://hub.docker.com/layers/grafana/grafana/11.0/images/sha256-12",
            "docker.io/grafana/grafana:11.0",
        ),
        ("https://quay.io/repository/team/app?tab=tags&tag=1", "quay.io/team/app:1"),
        ("https://gallery.ecr.aws/nginx/nginx", "public.ecr.aws/nginx/nginx"),
        (
            "https://registry.example.com/v2/team/app/manifests/1.4",
            "registry.example.com/team/app:1.4",
        ),
        (&format!("https://registry.example.com/v2/team/app/manifests/{DIGEST}"), &at),
        ("http://localhost:5000/v2/app/tags/list", "localhost:5000/app"),
        ("https://registry.example.com/team/app:1.4", "registry.example.com/team/app:1.4"),
        ("docker://registry.example.com/team/app:1.4", "registry.example.com/team/app:1.4"),
        ("oci://registry.example.com/charts/app:1", "registry.example.com/charts/app:1"),
        ("docker pull registry.example.com/team/app:1.4", "registry.example.com/team/app:1.4"),
        ("$ sudo podman pull ghcr.io/team/app", "ghcr.io/team/app"),
        ("docker run --rm -it ghcr.io/team/app:1 sh", "ghcr.io/team/app:1"),
        ("docker run -p 8080:80 r.example/app:1", "r.example/app:1"),
        (
            "docker run -d -p 127.0.0.1:80:80 -v data/x:rw -u app:app r.example/app:1 a/b",
            "r.example/app:1",
        ),
        ("docker pull --platform linux/arm64 r.example/app:1", "r.example/app:1"),
        ("oras pull -v r.example/app:1", "r.example/app:1"),
        ("docker build -f docker/Dockerfile -t r.example/app:1 .", "r.example/app:1"),
        ("skopeo inspect --raw docker://r.example/a:1", "r.example/a:1"),
        ("skopeo copy --all \\\n  docker://r.example/a:1", "r.example/a:1"),
        ("        - image: \"ghcr.io/team/app:2\"", "ghcr.io/team/app:2"),
    ] {
        assert_eq!(recognise(text), Some(Recognised::Image(expected.into())), "{text}");
    }
}

#[test]
fn what_is_no_image_is_answered_by_what_to_do() {
    let at = format!("r.example/team/app@{DIGEST}");
    let inspect = format!(
        "[{{\"Id\": \"{DIGEST}\", \"RepoTags\": [\"r.example/team/app:1\"], \"RepoDigests\": [\"{at}\"], \"Config\": {{}}}}]"
    );
    let skopeo = format!(
        "{{\"Name\": \"r.example/team/app\", \"Digest\": \"{DIGEST}\", \"RepoTags\": [], \"Layers\": []}}"
    );
    let buildx =
        format!("Name:      {at}\nMediaType: application/vnd.oci.image.index.v1+json\nDigest: x\n");
    let verbose = format!("[{{\"Ref\": \"{at}\", \"Descriptor\": {{}}, \"OCIManifest\": {{}}}}]");
    for (text, key, image) in [
        (DIGEST, "recognised.digest", None),
        (&DIGEST[7..], "recognised.digest", None),
        (&inspect, "recognised.docker-inspect", Some(&at)),
        (&skopeo, "recognised.skopeo-inspect", Some(&at)),
        (&format!("```json\n{skopeo}\n```"), "recognised.skopeo-inspect", Some(&at)),
        (&verbose, "recognised.manifest-verbose", Some(&at)),
        (&buildx, "recognised.imagetools", Some(&at)),
        (
            "[{\"Config\": \"a.json\", \"RepoTags\": [], \"Layers\": []}]",
            "recognised.docker-save",
            None,
        ),
        (
            "{\"architecture\": \"amd64\", \"os\": \"linux\", \"rootfs\": {}}",
            "recognised.config",
            None,
        ),
        ("{\"imageLayoutVersion\": \"1.0.0\"}", "recognised.layout", None),
        (
            "# syntax=docker/dockerfile:1\nFROM alpine:3 AS base\nRUN true\n",
            "recognised.dockerfile",
            None,
        ),
        ("FROM alpine:3", "recognised.dockerfile", None),
        ("https://registry.example.com/", "recognised.registry", None),
        ("https://registry.example.com/v2/", "recognised.registry", None),
    ] {
        let Some(Recognised::Other(found)) = recognise(text) else { panic!("{text}") };
        assert_eq!((found.what.key, found.image.as_ref()), (key, image), "{text}");
        assert_ne!(found.what.to_string(), key, "there is a sentence");
        let command = image.map(|image| format!("skopeo inspect --raw docker://{image}"));
        assert_eq!(found.command, command, "{text}");
    }
}

#[test]
fn manifests_recipes_and_links() {
    let manifest = "{\"schemaVersion\": 2, \"config\": {}}";
    for text in
        [manifest, &format!("Look:\n```json\n{manifest}\n```\n"), &format!("```{manifest}```")]
    {
        assert_eq!(recognise(text), Some(Recognised::Manifest(manifest.into())), "{text}");
    }
    let fenced =
        "{\"schemaVersion\": 2, \"annotations\": {\"a\": \"```docker pull r.example/x:1```\"}}";
    assert_eq!(recognise(fenced), Some(Recognised::Manifest(fenced.into())));
    let ambiguous = fenced.replace("\"a\":", "\"a\": \"\", \"a\":");
    assert_eq!(recognise(&ambiguous), None, "what is refused is shown, and nothing in it taken");
    let linked = format!("[Manifest](x):\n```\n{manifest}\n```");
    assert_eq!(recognise(&linked), Some(Recognised::Manifest(manifest.into())));
    let recipe = "{\"layermarkRecipe\": 1, \"rules\": []}";
    assert_eq!(recognise(recipe), Some(Recognised::Recipe(recipe.into())));
    let link = recognise("https://portal.example/edit/#ref=r.example/a:1&platform=linux/arm64");
    let Some(Recognised::Link(link)) = link else { panic!("{link:?}") };
    assert_eq!(link.reference, "r.example/a:1");
}

#[test]
fn everything_else_is_left_to_its_field() {
    for text in [
        "",
        "registry.example.com/team/app:1.4",
        "alpine",
        "Team/App",
        "some words",
        "two\nlines",
        "{\"a\": 1}",
        "[]",
        "{not json",
        "docker pull",
        "rm -rf /etc/a:b",
        "```",
    ] {
        assert_eq!(recognise(text), None, "{text}");
    }
}
