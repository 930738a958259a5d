//! The wrong and right rule sets of `tests/audit/findings/`, which the audit's own tests and the lab read.
//!
//! `findings/FTP005/` holds the cases of that finding. A case is a file, or a folder of files that apply together:
//! `iptables.wrong.rules` has to raise the finding, `iptables.right.rules` must not. Its deployment is `iptables.yaml`
//! if that is there, else `deployment.yaml`.

use std::fs;
use std::path::{Path, PathBuf};

use ftpfw::deployment::{self, Deployment};
use ftpfw::dialect::Format;
use ftpfw::dialect::collection::{Collection, Text, read};

/// A case, as it is written.
#[derive(Debug, Clone)]
pub(crate) struct Fixture {
    /// The finding that it is about.
    pub(crate) finding: String,
    /// The name of the file or folder.
    pub(crate) name: String,
    /// Whether it has to raise the finding.
    pub(crate) wrong: bool,
    /// The deployment.
    pub(crate) yaml: String,
    /// The files.
    pub(crate) texts: Vec<Text>,
}

impl Fixture {
    /// All of them, by finding and name.
    pub(crate) fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit/findings");
        entries(&folder).iter().flat_map(|of| Self::of(of)).collect()
    }

    /// Those of one finding.
    fn of(folder: &Path) -> Vec<Self> {
        let mut fixtures = Vec::new();
        for path in entries(folder) {
            let name = file_name(&path);
            let mut parts = name.split('.').map(str::to_owned);
            let (Some(case), Some(kind)) = (parts.next(), parts.next()) else { continue };
            if kind != "wrong" && kind != "right" {
                continue;
            }
            let own = folder.join(format!("{case}.yaml"));
            let yaml = text(&if own.exists() { own } else { folder.join("deployment.yaml") });
            let files = if path.is_dir() { entries(&path) } else { vec![path.clone()] };
            let texts =
                files.iter().map(|file| Text { name: file_name(file), content: text(file) }).collect();
            fixtures.push(Self { finding: file_name(folder), name, wrong: kind == "wrong", yaml, texts });
        }
        fixtures
    }

    /// The deployment, read.
    pub(crate) fn deployment(&self) -> Deployment {
        let reading = deployment::read(&self.name, self.yaml.as_bytes(), None);
        reading.deployment.unwrap_or_else(|| panic!("{}: {:?}", self.name, reading.problems))
    }

    /// The files, each with its format.
    pub(crate) fn formats(&self) -> Vec<(Text, Format)> {
        let recognized = self.texts.iter().map(|text| {
            let format = Format::recognize(&text.name, &text.content);
            let format = format.unwrap_or_else(|| panic!("{}: of which format is {}", self.name, text.name));
            (text.clone(), format)
        });
        recognized.collect()
    }

    /// The rules, read.
    pub(crate) fn rules(&self) -> Collection {
        read(self.formats(), &mut |_| None)
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    entries
}

fn file_name(path: &Path) -> String {
    path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8").to_owned()
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
