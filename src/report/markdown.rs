//! A document as GitHub Flavored Markdown.

use super::document::{Block, Document};
use super::escape::visible;

/// Writes `document`, with a newline at its end unless it is empty.
#[must_use]
pub fn render(document: &Document) -> String {
    let blocks: Vec<String> = document.blocks.iter().map(write).collect();
    blocks.join("\n")
}

/// Every block ends with a newline, so that joining them with another leaves an empty line between.
fn write(block: &Block) -> String {
    match block {
        Block::Heading { level, text } => {
            format!("{} {}\n", "#".repeat(usize::from(*level).clamp(1, 6)), inline(text, " "))
        }
        Block::Paragraph(text) => inline(text, "\\\n") + "\n",
        Block::List(items) => {
            items.iter().map(|item| "- ".to_owned() + &inline(item, "\\\n  ") + "\n").collect()
        }
        Block::Table { headers, rows } => table(headers, rows),
        Block::Code(text) => code(text),
    }
}

fn table(headers: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &mut dyn Iterator<Item = String>| -> String {
        cells.fold("|".to_owned(), |line, cell| line + " " + &cell + " |") + "\n"
    };
    let row = |row: &[String]| {
        line(&mut (0..headers.len()).map(|column| inline(row.get(column).map_or("", String::as_str), "<br>")))
    };
    let rule = line(&mut headers.iter().map(|_| "---".to_owned()));
    row(headers) + &rule + &rows.iter().map(|cells| row(cells)).collect::<String>()
}

fn code(text: &str) -> String {
    // The fence has to be longer than any within. A tab is the indentation of a rule set, not a threat.
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let text = visible(&text.replace('\t', "    "));
    format!("{fence}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

/// Text that means itself, with `line_break` for its newlines.
fn inline(text: &str, line_break: &str) -> String {
    let text = visible(text);
    let lines: Vec<String> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(escape_line).collect();
    lines.join(line_break)
}

fn escape_line(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    let characters: Vec<char> = line.chars().collect();
    // Digits at the beginning of a line, with a dot or a bracket behind them, number a list.
    let number = characters.iter().take_while(|character| character.is_ascii_digit()).count();
    for (index, &character) in characters.iter().enumerate() {
        let within_word = index > 0
            && characters[index - 1].is_alphanumeric()
            && characters.get(index + 1).is_some_and(|next| next.is_alphanumeric());
        let ends_marker = characters.get(index + 1).is_none_or(|next| *next == ' ');
        let special = match character {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '#' => true,
            '_' => !within_word,
            '+' | '-' | '=' | ':' => index == 0,
            '.' | ')' => index > 0 && index == number && ends_marker,
            _ => false,
        };
        if special {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::document::arbitrary;

    fn one(block: Block) -> String {
        render(&Document { blocks: vec![block] })
    }

    #[test]
    fn text_means_itself() {
        assert_eq!(
            one(Block::Paragraph("a <b> *c* `d` e|f \\ &lt;".into())),
            "a \\<b\\> \\*c\\* \\`d\\` e\\|f \\\\ \\&lt;\n"
        );
        assert_eq!(one(Block::Paragraph("- x\n1. y\n# z".into())), "\\- x\\\n1\\. y\\\n\\# z\n");
        assert_eq!(
            one(Block::Paragraph("ftp_data_port and _this_".into())),
            "ftp_data_port and \\_this\\_\n"
        );
    }

    #[test]
    fn a_table_is_one_line_for_each_row() {
        let table = Block::Table {
            headers: vec!["a".into(), "b".into()],
            rows: vec![vec!["x|y\nz".into()], vec!["1".into(), "2".into(), "3".into()]],
        };
        assert_eq!(one(table), "| a | b |\n| --- | --- |\n| x\\|y<br>z |  |\n| 1 | 2 |\n");
    }

    #[test]
    fn a_fence_is_longer_than_those_within() {
        assert_eq!(one(Block::Code("```\nx\n```".into())), "````\n```\nx\n```\n````\n");
    }

    /// The pipes of a line that are not escaped.
    fn pipes(line: &str) -> usize {
        let mut escaped = false;
        let mut count = 0;
        for character in line.chars() {
            count += usize::from(character == '|' && !escaped);
            escaped = character == '\\' && !escaped;
        }
        count
    }

    proptest! {
        #[test]
        fn nothing_acts_on_the_terminal(document in arbitrary::document()) {
            let text = render(&document);
            prop_assert!(text.chars().all(|character| character == '\n' || !character.is_control()), "{text:?}");
        }

        #[test]
        fn every_row_has_as_many_cells_as_the_headers(headers in arbitrary::texts(1..6), rows in proptest::collection::vec(arbitrary::texts(0..8), 0..6)) {
            let (columns, count) = (headers.len(), rows.len());
            let text = one(Block::Table { headers, rows });
            prop_assert_eq!(text.lines().count(), count + 2);
            for line in text.lines() {
                prop_assert_eq!(pipes(line), columns + 1, "{}", line);
            }
        }
    }
}
