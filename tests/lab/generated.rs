//! What `ftpfw generate` writes, taken at its word.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::command::attempt;
use crate::owned::folder;

/// Whether a rule set stands alone or is added to one that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The whole policy of the machine.
    Complete,
    /// Chains to jump to.
    Fragment,
}

impl Form {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Complete, Self::Fragment];

    /// The option that asks for it.
    fn option(self) -> &'static str {
        match self {
            Self::Complete => "--complete",
            Self::Fragment => "--fragment",
        }
    }
}

/// What a line in a file's header begins with when it is a command that puts the file to work.
const COMMAND: &str = "#     ";

/// The files for one firewall, in a folder of their own.
#[derive(Debug)]
pub(crate) struct Generated {
    folder: TempDir,
    files: Vec<PathBuf>,
}

impl Generated {
    /// Has the program write the rule sets of one firewall of a deployment.
    pub(crate) fn new(deployment: &str, firewall: &str, form: Form) -> Result<Self, String> {
        let folder = folder("rules");
        // Beside the files that are written, not among them.
        let input = folder.path().join("deployment.yaml");
        let output = output(&folder);
        fs::write(&input, deployment).map_err(|error| format!("{}: {error}", input.display()))?;
        attempt(
            Command::new(env!("CARGO_BIN_EXE_ftpfw"))
                .arg("generate")
                .arg(&input)
                .args(["--firewall", firewall, form.option(), "-o"])
                .arg(&output),
        )?;
        let entries = fs::read_dir(&output).map_err(|error| format!("{}: {error}", output.display()))?;
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        // The families' files can be loaded in any order; let it be the same each time.
        files.sort();
        Ok(Self { folder, files })
    }

    /// The folder that the commands expect to be run in.
    pub(crate) fn directory(&self) -> PathBuf {
        output(&self.folder)
    }

    /// The files.
    pub(crate) fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The commands in the headers of the files that put them to work, as a shell script.
    pub(crate) fn commands(&self) -> Result<String, String> {
        let mut script = String::new();
        for file in &self.files {
            let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
            let header = text.lines().take_while(|line| line.starts_with('#'));
            let commands: Vec<&str> = header.filter_map(|line| line.strip_prefix(COMMAND)).collect();
            if commands.is_empty() {
                return Err(format!(
                    "the header of {} has no command that loads it:\n{text}",
                    file.display()
                ));
            }
            for command in commands {
                let _ = writeln!(script, "{command}");
            }
        }
        Ok(script)
    }

    /// All that was written, for the reader of a failure.
    pub(crate) fn text(&self) -> String {
        self.files.iter().fold(String::new(), |mut all, file| {
            let text = fs::read_to_string(file).unwrap_or_else(|error| error.to_string());
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let _ = writeln!(all, "==> {name} <==\n{}", text.trim_end());
            all
        })
    }
}

/// Where the files are.
fn output(folder: &TempDir) -> PathBuf {
    folder.path().join("generated")
}
