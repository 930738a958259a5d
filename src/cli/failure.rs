//! Why a command could not do its work.

use std::io;
use std::path::PathBuf;

use crate::lang::{self, Lang};

/// Why a command could not do its work; the process ends with [`Exit::Unusable`](super::Exit::Unusable).
#[derive(Debug)]
pub enum Failure {
    /// The arguments are wrong.
    Usage(Box<clap::Error>),
    /// Standard output does not take what is written to it.
    Output(io::Error),
    /// A file or directory cannot be written.
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file to be written from scratch is there already.
    Exists(PathBuf),
    /// A firewall is asked for that is not declared.
    UnknownFirewall {
        /// The name asked for.
        name: String,
        /// The names declared, in the order of the deployment.
        declared: Vec<String>,
    },
    /// There is no rule set to look at: none is named, on the command line or by the deployment.
    NoRulesets,
    /// Rule sets are named, and it is not said of which firewall they are.
    WhichFirewall {
        /// The names declared, in the order of the deployment.
        declared: Vec<String>,
    },
    /// A finding is asked for that the catalogue does not have.
    UnknownRule(String),
    /// A file cannot be read.
    Read {
        /// Which; `-` is standard input.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no baseline.
    Baseline {
        /// Which.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// Files of rules are named, and those in force here asked for.
    LiveAndFiles,
    /// No rules that are in force here can be read.
    NothingLive,
    /// A rule set whose format neither its content nor its name tells.
    UnknownFormat(PathBuf),
    /// A rule set that is larger than any is, or has no end.
    TooLarge {
        /// Which.
        path: PathBuf,
        /// How many bytes are read.
        most: u64,
    },
    /// A rule set that is compressed.
    Compressed(PathBuf),
    /// A rule set in UTF-16, which no firewall reads.
    Utf16(PathBuf),
    /// The description of a packet is none; what is wrong with it, in words.
    Packet(String),
    /// The question has no answer; why, in words.
    NoAnswer(String),
    /// Everything there is to say has been said.
    Reported,
}

impl Failure {
    /// Whether the reader of standard output has gone away.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// What to tell the person at the keyboard, if anything is left to be told.
    #[must_use]
    pub fn message(&self, lang: Lang) -> Option<String> {
        Some(match self {
            Self::Usage(error) => lang::usage::message(error, lang),
            Self::Output(error) => lang::failure::output(error, lang),
            Self::Write { path, source } => lang::failure::write(path, source, lang),
            Self::Exists(path) => lang::failure::exists(path, lang),
            Self::UnknownFirewall { name, declared } => lang::failure::unknown_firewall(name, declared, lang),
            Self::NoRulesets => lang::failure::no_rulesets(lang),
            Self::WhichFirewall { declared } => lang::failure::which_firewall(declared, lang),
            Self::UnknownRule(id) => lang::failure::unknown_rule(id, lang),
            Self::Read { path, source } => lang::failure::read(path, source, lang),
            Self::Baseline { path, source } => lang::failure::baseline(path, source, lang),
            Self::LiveAndFiles => lang::live::and_files(lang),
            Self::NothingLive => lang::live::nothing(lang),
            Self::UnknownFormat(path) => lang::failure::unknown_format(path, lang),
            Self::TooLarge { path, most } => lang::failure::too_large(path, *most, lang),
            Self::Compressed(path) => lang::failure::compressed(path, lang),
            Self::Utf16(path) => lang::failure::utf16(path, lang),
            Self::Packet(words) => lang::failure::packet(words, lang),
            Self::NoAnswer(words) => words.clone(),
            Self::Reported => return None,
        })
    }
}

/// The only bare I/O in a command is its output; everything else names the file that it is about.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
