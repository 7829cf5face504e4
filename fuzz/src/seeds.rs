//! Inputs that mutations start from, made here: the kinds of data of the distribution
//! specification's conformance suite, the kinds of JSONTestSuite, and what attacks look like.

use layermark::manifest::Digest;
use layermark::manifest::media_type::{
    DOCKER_CONFIG, DOCKER_LIST, DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST,
};

type Seeds = Vec<Vec<u8>>;

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const FOREIGN: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
const DOCKER_FOREIGN: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
const SAMPLE: &str = include_str!("../../samples/golang-windows-amd64.json");
const SAMPLE_INDEX: &str = include_str!("../../samples/platforms/index.json");

fn bytes(texts: &[&str]) -> Seeds {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.join(&0)
}

/// The kinds of JSONTestSuite: what every reader takes, what none may take, and what readers differ
/// in.
pub(crate) fn json() -> Seeds {
    let mut seeds = bytes(&[
        // taken by all
        "[]",
        "{}",
        "[1,2.0,-0,1e5,1E-2,true,false,null]",
        r#"{"a":{"b":["c"]}}"#,
        r#""\u00e9\n\/\\""#,
        " \t\r\n[ ]\n",
        r#"["\ud83d\ude00"]"#,
        r#"{"":0}"#,
        "[123456789012345678901234567890]",
        // taken by none
        "[1,]",
        "[,1]",
        "{\"a\":1,}",
        "{'a':1}",
        "{a:1}",
        "[01]",
        "[+1]",
        "[.5]",
        "[1.]",
        "[0x1]",
        "[NaN]",
        "[Infinity]",
        "[\"\t\"]",
        "[\"\\x41\"]",
        "[\"\\u12\"]",
        "[1] x",
        "[1][2]",
        "",
        " ",
        "[",
        "{\"a\"",
        "nul",
        "// c\n[]",
        "/* c */[]",
        "[1 2]",
        "{\"a\" 1}",
        "[\"a",
        "{\"a\":}",
        // taken by some
        "\u{feff}[]",
        r#"{"a":1,"a":2}"#,
        r#"["\ud800"]"#,
        r#"["\udc00\ud800"]"#,
        "[1e400]",
        "[-0.0]",
        r#"{"mediaType":"a","MediaType":"b"}"#,
        "[9007199254740993]",
    ]);
    seeds.push(vec![b'[', 0xff, b']']);
    seeds.push(vec![b'"', 0xc0, 0x80, b'"']);
    seeds.push([vec![b'['; 101], vec![b']'; 101]].concat());
    seeds
}

fn digest(of: &str) -> Digest {
    Digest::sha256(of.as_bytes())
}

fn descriptor(media_type: &str, of: &str, more: &str) -> String {
    format!(r#"{{"mediaType":"{media_type}","digest":"{}","size":{}{more}}}"#, digest(of), of.len())
}

fn manifest(media_type: &str, config: &str, layers: &[String], more: &str) -> String {
    let config = descriptor(config, "{}", "");
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{media_type}","config":{config},"layers":[{}]{more}}}"#,
        layers.join(",")
    )
}

fn index(media_type: &str, entries: &[String], more: &str) -> String {
    let entries = entries.join(",");
    format!(r#"{{"schemaVersion":2,"mediaType":"{media_type}","manifests":[{entries}]{more}}}"#)
}

/// The kinds of data of the conformance suite, in both families.
fn kinds() -> Vec<String> {
    let image = manifest(
        OCI_MANIFEST,
        OCI_CONFIG,
        &[descriptor(LAYER, "a", ""), descriptor(LAYER, "b", "")],
        "",
    );
    let platform = r#","platform":{"os":"linux","architecture":"amd64"}"#;
    let entry = descriptor(OCI_MANIFEST, &image, platform);
    let foreign = r#","urls":["https://cdn.example/a","http://cdn.example/b"]"#;
    let subject = format!(r#","subject":{}"#, descriptor(OCI_MANIFEST, &image, ""));
    let artifact = r#","artifactType":"application/vnd.example+type""#;
    let data = r#","data":"YQ==""#;
    let custom = r#","org.example.custom":{"a":[1,2.50,"\u0041"]},"annotations":{"org.example.key":"value"}"#;
    let sha512 = Digest::of(layermark::manifest::Algorithm::Sha512, b"a");
    vec![
        // image, empty, without configuration
        image.clone(),
        manifest(OCI_MANIFEST, OCI_CONFIG, &[], ""),
        manifest(
            OCI_MANIFEST,
            "application/vnd.oci.empty.v1+json",
            &[descriptor("application/vnd.oci.empty.v1+json", "{}", "")],
            artifact,
        ),
        // layers that are not distributed, with URLs and without
        manifest(
            OCI_MANIFEST,
            OCI_CONFIG,
            &[descriptor(FOREIGN, "a", foreign), descriptor(FOREIGN, "b", "")],
            "",
        ),
        manifest(DOCKER_MANIFEST, DOCKER_CONFIG, &[descriptor(DOCKER_FOREIGN, "a", foreign)], ""),
        // custom members, data, other digests, artifacts, subjects
        manifest(OCI_MANIFEST, OCI_CONFIG, &[descriptor(LAYER, "a", custom)], custom),
        manifest(OCI_MANIFEST, OCI_CONFIG, &[descriptor(LAYER, "a", data)], ""),
        manifest(
            OCI_MANIFEST,
            OCI_CONFIG,
            &[format!(r#"{{"mediaType":"{LAYER}","digest":"{sha512}","size":1}}"#)],
            "",
        ),
        manifest(OCI_MANIFEST, OCI_CONFIG, &[], &format!("{artifact}{subject}")),
        // an artifact without layers, and one whose subject is missing
        format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{},"layers":[]{subject}}}"#,
            descriptor("application/vnd.oci.empty.v1+json", "{}", "")
        ),
        // an index, an empty one, a nested one, one with subject, a sparse one, one with data
        index(OCI_INDEX, std::slice::from_ref(&entry), ""),
        index(OCI_INDEX, &[], ""),
        index(
            OCI_INDEX,
            &[descriptor(OCI_INDEX, &index(OCI_INDEX, std::slice::from_ref(&entry), ""), "")],
            "",
        ),
        index(OCI_INDEX, std::slice::from_ref(&entry), &format!("{artifact}{subject}")),
        index(OCI_INDEX, &[entry, descriptor(OCI_MANIFEST, "absent", platform)], ""),
        index(DOCKER_LIST, &[descriptor(DOCKER_MANIFEST, "absent", platform)], ""),
        // as builders lay them out
        SAMPLE.to_owned(),
        SAMPLE_INDEX.to_owned(),
        SAMPLE.replace('\n', "\r\n"),
        SAMPLE.replace("   ", "\t"),
    ]
}

pub(crate) fn documents() -> Seeds {
    let mut seeds: Seeds = kinds().into_iter().map(String::into_bytes).collect();
    seeds.extend(json());
    seeds
}

pub(crate) fn edited_documents() -> Seeds {
    let choices: [&[u8]; 3] = [
        b"\0\0\0\x01https://cdn.example/a\0\0\x01\x01\0\0",
        b"\0\x01\0\x02https://a.example/\xc3\xa9\0https://b.example/\"\\\0",
        b"\0\0\x01\0\0\0\0\x02\0\0",
    ];
    let with = |kind: &String| choices.map(|choice| joined(&[kind.as_bytes(), choice]));
    kinds().iter().flat_map(with).collect()
}

pub(crate) fn trees() -> Seeds {
    let image = manifest(OCI_MANIFEST, OCI_CONFIG, &[descriptor(LAYER, "a", "")], "");
    let other = manifest(OCI_MANIFEST, OCI_CONFIG, &[descriptor(LAYER, "b", "")], "\n");
    let of = |entries: &[&str]| {
        let entries: Vec<String> =
            entries.iter().map(|entry| descriptor(OCI_MANIFEST, entry, "")).collect();
        index(OCI_INDEX, &entries, "")
    };
    let (inner, twice) = (of(&[&image]), of(&[&image, &image, &other]));
    let nested = index(OCI_INDEX, &[descriptor(OCI_INDEX, &inner, "")], "");
    let about = manifest(
        OCI_MANIFEST,
        OCI_CONFIG,
        &[],
        &format!(r#","subject":{}"#, descriptor(OCI_MANIFEST, &image, "")),
    );
    let with_about = of(&[&image, &about]);
    let tree =
        |parts: &[&String]| joined(&parts.iter().map(|part| part.as_bytes()).collect::<Vec<_>>());
    let mut seeds = vec![
        tree(&[&inner, &image]),
        tree(&[&twice, &image, &other]),
        tree(&[&nested, &inner, &image]),
        tree(&[&with_about, &image, &about]),
    ];
    seeds.extend(documents());
    seeds
}

pub(crate) fn references() -> Seeds {
    bytes(&[
        "team/app:1.4",
        "registry.example.com/team/app:1.4",
        "localhost:5000/app",
        "app",
        "app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "docker.io/library/golang:1.22-windowsservercore-ltsc2022",
        "[::1]:5000/a/b:c",
        "127.0.0.1:5000/a__b/c--d:e",
        "https://registry.example.com/v2/",
        "oci://registry.example.com/app:1",
        "user:secret@registry.example.com/app",
        "registry.example.com:99999/app",
        "app:tag@sha512:00",
        "a/../b",
        "A/B",
        "app:",
        "@",
        ":",
        "/",
        "xn--bcher-kva.example/app",
        "bücher.example/app",
    ])
}

pub(crate) fn urls() -> Seeds {
    bytes(&[
        "https://cdn.example.com/blobs/sha256:00?x=1#f",
        "http://127.0.0.1:8080/",
        "https://[2001:db8::1]:443/a",
        "HTTPS://EXAMPLE.com",
        "https://user:pw@host/",
        "https://a@b@c/",
        "https:\\\\evil.example/",
        "https:///x",
        "https:/x",
        "//other.example/x",
        "/v2/x",
        "../x",
        "?y",
        "",
        "https://0x7f.1/",
        "https://1.1/",
        "https://127.1/",
        "https://256.1.1.1/",
        "https://a..b/",
        "https://a b/",
        "https://a%2eb/",
        "https://exa\tmple/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:/",
        "ftp://x/",
        "javascript:alert(1)",
        "https://ex\u{ad}ample.com/",
        "https://xn--a/",
        "https://[::ffff:1.2.3.4]/",
        "https://registry.example/v2/%2e%2e/%2e%2e/portal",
        "/v2/team/app/blobs/uploads/1/../../../../../x",
        "./..//x",
    ])
}

pub(crate) fn challenges() -> Seeds {
    bytes(&[
        r#"Bearer realm="https://auth.example/token",service="registry.example",scope="repository:team/app:pull""#,
        r#"Basic realm="x""#,
        r#"x-Basic realm="x", Bearer realm="https://auth.example/t?a=\"b\"""#,
        "Negotiate",
        "Bearer",
        "Bearer realm=",
        r#"Bearer realm="a", , realm=b"#,
        "Basic abc==, Digest nonce=\"1\"",
        "bearer REALM=token68==",
    ])
}

/// A choice of the call, then answers: a status, headers, a body.
pub(crate) fn answers() -> Seeds {
    let mut seeds = Seeds::new();
    let challenge = br#"Bearer realm="https://registry.example/token",service="s",scope="x""#;
    let next = br#"</v2/team/app/tags/list?last=a>; rel="next""#;
    let away = b"https://evil.example/v2/team/app/blobs/uploads/1";
    for call in 0..6_u8 {
        seeds.push(
            [
                &[call, 1, 1, 0][..],
                challenge,
                b"\0{}\0",
                b"\x00\x00",
                br#"{"token":"t"}"#,
                b"\0\x00\x01\x01",
                next,
                b"\0",
                br#"{"name":"team/app","tags":["a","b"]}"#,
                b"\0",
            ]
            .concat(),
        );
        seeds.push(
            [
                &[call, 1, 1, 0][..],
                br#"Basic realm="x""#,
                b"\0\0\x04\x01\x02",
                away,
                b"\0\0\x00\x00{}\0",
            ]
            .concat(),
        );
        seeds.push(
            [
                &[call, 5, 1, 2][..],
                b"//evil.example/",
                b"\0\0\x00\x01\x01",
                br#"<https://evil.example/v2/>; rel="next""#,
                b"\0",
                SAMPLE.as_bytes(),
                b"\0",
            ]
            .concat(),
        );
        seeds.push(
            [
                &[call, 1, 1, 0][..],
                br#"Bearer realm="https://evil.example/token",service="s""#,
                b"\0\0",
            ]
            .concat(),
        );
    }
    seeds
}

pub(crate) fn templates() -> Seeds {
    [
        "https://cdn.example.com/{repository}/blobs/{digest}",
        "https://{registry}/{repository}/{tag}/{index}/{size}/{algorithm}/{hex}",
        "https://a.example/{digest}\nhttps://b.example/{hex}",
        "https://{tag}.example/",
        "{registry}",
        "{",
        "}",
        "{{digest}}",
        "https://a.example/{x}",
        "",
    ]
    .iter()
    .flat_map(|template| {
        [
            ("team/app", "registry.example:5000", "1.4"),
            ("../..", "evil.example/@x", "a?b#c"),
            ("", "", ""),
        ]
        .map(|(one, two, three)| {
            joined(&[template.as_bytes(), one.as_bytes(), two.as_bytes(), three.as_bytes(), b""])
        })
    })
    .collect()
}

/// A file of a tar archive: header and content.
fn tar_entry(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len().min(100)].copy_from_slice(&name.as_bytes()[..name.len().min(100)]);
    header[100..108].copy_from_slice(b"0000644\0");
    header[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
    header[156] = kind;
    header[257..265].copy_from_slice(b"ustar\x0000");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let padding = content.len().div_ceil(512) * 512 - content.len();
    [&header[..], content, &vec![0; padding]].concat()
}

pub(crate) fn archives() -> Seeds {
    let blob = |text: &str| format!("blobs/sha256/{}", digest(text).hex());
    let image = manifest(OCI_MANIFEST, OCI_CONFIG, &[descriptor(LAYER, "a", "")], "");
    let list = index(OCI_INDEX, &[descriptor(OCI_MANIFEST, &image, "")], "");
    let end = [0; 1024];
    let layout = tar_entry("oci-layout", b'0', br#"{"imageLayoutVersion":"1.0.0"}"#);
    let oci = [
        &layout[..],
        &tar_entry("index.json", b'0', list.as_bytes()),
        &tar_entry(&blob(&image), b'0', image.as_bytes()),
        &tar_entry(&blob("{}"), b'0', b"{}"),
        &tar_entry(&blob("a"), b'0', b"a"),
        &end,
    ]
    .concat();
    let saved =
        br#"[{"Config":"c.json","RepoTags":["app:1"],"Layers":["a/layer.tar","b/layer.tar"]}]"#;
    let config =
        br#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#;
    let docker = [
        &tar_entry("manifest.json", b'0', saved)[..],
        &tar_entry("c.json", b'0', config),
        &tar_entry("a/layer.tar", b'0', b"a"),
        &tar_entry("b/layer.tar", b'2', b""),
        &tar_entry("././@LongLink", b'L', b"a/very/long/name\0"),
        &tar_entry("pax", b'x', b"20 path=../../escape\n"),
        &end,
    ]
    .concat();
    vec![oci, docker, layout, end.to_vec()]
}

pub(crate) fn settings() -> Seeds {
    bytes(&[
        r#"{"title":"Example","tabs":["registry","paste"],"defaultRegistry":"registry.example.com","allowedRegistries":["a.example:5000"],"urlTemplates":[{"name":"EU","url":"https://eu.example/{digest}"}],"allowedUrlHosts":["*.example.com"],"backupTag":"{tag}-{date}","cookies":"same-origin","pathPrefix":"/registry","offline":false}"#,
        r##"{"colours":{"accent":{"light":"#7a1fa2","dark":"#fff"}},"logo":"/x.svg","helpLink":"https://x.example/"}"##,
        "{}",
        "[]",
        "<html></html>",
        r#"{"title":1}"#,
        r#"{"logo":"//evil.example/x.svg"}"#,
        r#"{"helpLink":"javascript:alert(1)"}"#,
        "",
    ])
}

pub(crate) fn recipes() -> Seeds {
    bytes(&[
        r#"{"layermarkRecipe":1,"description":"x","family":"oci","attestations":"drop","rules":[{"platform":"linux/*","layers":[0,2],"mark":"foreign","urls":["https://cdn.example/{digest}"]}]}"#,
        r#"{"layermarkRecipe":1,"rules":[]}"#,
        r#"{"layermarkRecipe":2,"rules":[]}"#,
        r#"{"layermarkRecipe":1,"rules":[{"minSize":9223372036854775808,"mark":"plain"}]}"#,
        r#"{"layermarkRecipe":1,"base":"golang:1","rules":[{"mediaType":"x","mark":"foreign"}]}"#,
        "{}",
        "",
    ])
}

pub(crate) fn sessions() -> Seeds {
    let sample = layermark::image::SAMPLES.first().and_then(|sample| sample.open().ok());
    let mut seeds = vec![joined(&[b"{}", b"{}"])];
    if let Some(image) = sample {
        let opened = layermark::app::Opened::new(image, layermark::app::Origin::Paste);
        if let Some(text) = layermark::app::session::image_text(&opened) {
            let edits = layermark::app::session::edits_text(&opened, 1_800_000_000_000);
            seeds.push(joined(&[text.text.as_bytes(), edits.as_bytes()]));
        }
    }
    seeds
}

pub(crate) fn links() -> Seeds {
    bytes(&[
        "#ref=registry.example.com/team/app:1.4&platform=linux/amd64",
        "#ref=%",
        "#ref=%00",
        "#ref=a&ref=b",
        "#platform=x",
        "#",
        "",
        r#"{"layermark":1,"type":"load","reference":"team/app:1"}"#,
        r#"{"layermark":1,"type":"load","manifest":"{}","platform":"linux"}"#,
        r#"{"layermark":1,"type":"push"}"#,
    ])
}

pub(crate) fn hostile_texts() -> Seeds {
    bytes(&[
        "plain",
        "two words",
        "it's",
        "a\\|b",
        "a|b|c",
        "`code`",
        "``",
        "```\n# x",
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](https://evil.example/)",
        "$(touch x)",
        "`touch x`",
        "x\u{200b}';touch F;#",
        "$'\\''",
        "a\nb",
        "\r\n",
        "- x",
        "# x",
        "| a | b |",
        "\u{202e}evil",
        "\u{1b}[31m",
        "\0",
        "|\0\\|\0`|`\0a\n\n# b",
        "&amp;",
        "<!-- -->",
        "https://example.com/",
        "~~x~~",
        "\\",
        "''",
        "-n",
        "!!",
        "\u{feff}",
        "a\u{1e}b c\u{1e}'d'",
    ])
}
