//! Problems with the file as text.

/// Something that keeps a file from being read as one YAML document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblem {
    /// It has more than [`MAX_BYTES`](crate::deployment::MAX_BYTES) bytes.
    TooLarge,
    /// A byte that no UTF-8 text holds at that place.
    NotUtf8 {
        /// The byte.
        byte: u8,
        /// Whether the file starts as UTF-16 does.
        utf16: bool,
    },
    /// A character that YAML does not allow.
    ControlCharacter {
        /// The character.
        character: char,
    },
    /// More than [`MAX_BRACKETS`](crate::deployment::MAX_BRACKETS) opening brackets.
    TooManyBrackets,
    /// A `%TAG` line.
    TagDirective,
    /// A value nested more than [`MAX_DEPTH`](crate::deployment::MAX_DEPTH) deep.
    TooDeep,
    /// More than [`MAX_VALUES`](crate::deployment::MAX_VALUES) values, once aliases are replaced by what they stand for.
    TooManyValues,
    /// A tab where a value could start: in the indentation.
    Tab,
    /// What the YAML parser does not understand.
    Syntax {
        /// The parser's words for it, without the position.
        message: String,
    },
    /// A second document after `---`.
    SecondDocument,
    /// No document: nothing, or nothing but comments.
    Empty,
}
