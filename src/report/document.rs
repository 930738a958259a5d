//! A text for people, before it has a format.

/// A text for people: its parts in reading order, without line breaks of its own.
///
/// Whatever it says was said in one language before; the formats ([`text`](super::text),
/// [`markdown`](super::markdown)) lay it out and escape it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// The parts.
    pub blocks: Vec<Block>,
}

/// A part of a [`Document`].
///
/// A newline within a text is a line break; other control characters are shown, never acted upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Heading {
        /// 1 for the title, 2 for a chapter, 3 and more for what is below.
        level: u8,
        /// The heading itself.
        text: String,
    },
    /// Sentences.
    Paragraph(String),
    /// Points without an order.
    List(Vec<String>),
    /// A table. A row that is shorter than the headers has empty cells at its end.
    Table {
        /// One for each column.
        headers: Vec<String>,
        /// The rows, each with a cell for each column.
        rows: Vec<Vec<String>>,
    },
    /// Lines to be shown as they are: a diagram, a configuration.
    Code(String),
}

impl Document {
    /// Adds a heading.
    pub fn heading(&mut self, level: u8, text: impl Into<String>) {
        self.blocks.push(Block::Heading { level, text: text.into() });
    }

    /// Adds sentences.
    pub fn paragraph(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Paragraph(text.into()));
    }

    /// Adds a list, unless it is empty.
    pub fn list(&mut self, items: Vec<String>) {
        if !items.is_empty() {
            self.blocks.push(Block::List(items));
        }
    }

    /// Adds a table.
    pub fn table(&mut self, headers: Vec<String>, rows: Vec<Vec<String>>) {
        self.blocks.push(Block::Table { headers, rows });
    }

    /// Adds lines to be shown as they are.
    pub fn code(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Code(text.into()));
    }
}

/// Documents for the property tests of the formats.
#[cfg(test)]
pub(super) mod arbitrary {
    use std::ops::Range;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Text of any characters, with those that formats care about more often than chance has it.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z ]{0,40}",
            "[被动模式，。（） a-z0-9]{0,30}",
            "[|\\\\`*_<>#&~\n\t\r\u{1b}\u{9b} -]{0,20}",
            any::<String>()
        ]
    }

    pub(in super::super) fn texts(count: Range<usize>) -> impl Strategy<Value = Vec<String>> {
        vec(text(), count)
    }

    pub(in super::super) fn document() -> impl Strategy<Value = Document> {
        let block = prop_oneof![
            (1u8..5, text()).prop_map(|(level, text)| Block::Heading { level, text }),
            text().prop_map(Block::Paragraph),
            texts(0..4).prop_map(Block::List),
            (texts(1..5), vec(texts(0..6), 0..4)).prop_map(|(headers, rows)| Block::Table { headers, rows }),
            text().prop_map(Block::Code),
        ];
        vec(block, 0..5).prop_map(|blocks| Document { blocks })
    }
}
