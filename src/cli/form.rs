//! `--format`: for people or for programs.

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Sentences.
    Text,
    /// JSON, for programs.
    Json,
}

impl Form {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::Text, Self::Json];

    /// The name that `--format` takes.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}
