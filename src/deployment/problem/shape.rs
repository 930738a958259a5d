//! Problems with the fields of a deployment.

use crate::deployment::shape::Kind;

/// A field that is unknown, missing, twice there or of the wrong type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShapeProblem {
    /// A field that this mapping does not have.
    UnknownField {
        /// Its name.
        name: String,
        /// The field that was probably meant.
        suggestion: Option<&'static str>,
        /// The fields that there are.
        known: Vec<&'static str>,
    },
    /// A key that is not text, such as a number or a list.
    KeyNotText {
        /// What it is.
        found: Found,
    },
    /// A field that stands twice in one mapping.
    DuplicateField {
        /// Its name.
        name: String,
    },
    /// A field that has to be there.
    MissingField {
        /// Its name.
        name: &'static str,
        /// What it holds.
        expected: Kind,
    },
    /// A value of another type than the field has.
    WrongType {
        /// What it is.
        found: Found,
        /// What the field holds.
        expected: Kind,
    },
    /// A value where a list belongs.
    NotAList {
        /// What it is.
        found: Found,
        /// What the items of the list are.
        expected: Kind,
    },
    /// A list that holds nothing.
    EmptyList {
        /// What its items would be.
        expected: Kind,
    },
    /// An item that stands in the list already.
    DuplicateItem {
        /// The item.
        item: String,
    },
}

/// The type of a value, and the value where that is short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing, or `null`.
    Nothing,
    /// `true` or `false`.
    Boolean(bool),
    /// A number.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    List,
    /// A mapping.
    Mapping,
    /// A value with a tag such as `!port`.
    Tagged(String),
}
