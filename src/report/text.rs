//! A document as text for a terminal.

use anstyle::Style;
use tabled::builder::Builder;
use tabled::settings::Style as Lines;

use super::document::{Block, Document};
use super::escape::visible;
use super::wrap::{columns, longest_piece, wrap};

/// How a text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dress {
    /// The columns that a line may take. Code, and words longer than that, may take more.
    pub width: usize,
    /// Whether headings are set off with escape sequences; otherwise they are underlined.
    pub color: bool,
}

/// Lays out `document`, with a newline at its end unless it is empty.
#[must_use]
pub fn render(document: &Document, dress: Dress) -> String {
    let blocks: Vec<String> = document.blocks.iter().map(|block| lay_out(block, dress)).collect();
    blocks.join("\n")
}

/// Every block ends with a newline, so that joining them with another leaves an empty line between.
fn lay_out(block: &Block, dress: Dress) -> String {
    match block {
        Block::Heading { level, text } => heading(*level, &visible(text), dress),
        Block::Paragraph(text) => lines(wrap(&visible(text), dress.width)),
        Block::List(items) => items.iter().map(|item| point(&visible(item), dress.width)).collect(),
        Block::Table { headers, rows } => table(&cells(headers, rows), dress.width),
        Block::Code(text) => code(text),
    }
}

fn lines(lines: impl IntoIterator<Item = String>) -> String {
    lines.into_iter().map(|line| line + "\n").collect()
}

fn heading(level: u8, text: &str, dress: Dress) -> String {
    let rule = match level {
        1 => "=",
        2 => "-",
        _ => "~",
    };
    let wrapped = wrap(text, dress.width);
    if dress.color {
        let style = if level == 1 { Style::new().bold().underline() } else { Style::new().bold() };
        return lines(wrapped.iter().map(|line| format!("{style}{line}{style:#}")));
    }
    let longest = wrapped.iter().map(|line| columns(line)).max().unwrap_or(0);
    lines(wrapped.into_iter().chain([rule.repeat(longest)]))
}

fn point(text: &str, width: usize) -> String {
    let wrapped = wrap(text, width.saturating_sub(2));
    lines(
        wrapped
            .iter()
            .enumerate()
            .map(|(index, line)| format!("{}{line}", if index == 0 { "- " } else { "  " })),
    )
}

fn code(text: &str) -> String {
    // A tab would be an escape otherwise; rule sets are indented with it.
    lines(
        visible(&text.replace('\t', "    ")).lines().map(|line| format!("    {line}").trim_end().to_owned()),
    )
}

/// The table as a rectangle of visible text, headers first.
fn cells(headers: &[String], rows: &[Vec<String>]) -> Vec<Vec<String>> {
    let rows = rows.iter().map(|row| {
        headers
            .iter()
            .enumerate()
            .map(|(column, _)| visible(row.get(column).map_or("", String::as_str)))
            .collect()
    });
    std::iter::once(headers.iter().map(|header| visible(header)).collect()).chain(rows).collect()
}

fn table(cells: &[Vec<String>], width: usize) -> String {
    let Some(widths) = column_widths(cells, width) else {
        return records(cells, width);
    };
    let mut divided = false;
    let mut builder = Builder::default();
    for row in cells {
        builder.push_record(row.iter().zip(&widths).map(|(cell, &width)| {
            let lines = wrap(cell, width);
            divided |= lines.len() > 1;
            lines.join("\n")
        }));
    }
    let mut table = builder.build();
    // Rows of one line each need no lines between them.
    if divided {
        table.with(Lines::modern());
    } else {
        table.with(Lines::sharp());
    }
    table.to_string() + "\n"
}

/// How wide each column is for the table to fit into `width`, or `None` when it cannot.
///
/// No column is narrower than its longest word; what is left over is shared out evenly among those that still
/// lack something, so that short columns become whole first. What cannot be shared evenly goes to the last of
/// them: sentences stand at the end.
fn column_widths(cells: &[Vec<String>], width: usize) -> Option<Vec<usize>> {
    let count = cells.first()?.len();
    let of_column = |measure: fn(&str) -> usize| -> Vec<usize> {
        (0..count)
            .map(|column| cells.iter().map(|row| measure(&row[column])).max().unwrap_or(0).max(1))
            .collect()
    };
    let (wanted, needed) = (of_column(columns), of_column(longest_piece));
    // A column costs a line and two spaces, the table one line more.
    let available = width.checked_sub(3 * count + 1)?;
    let widened = |most: usize| -> Vec<usize> {
        wanted.iter().zip(&needed).map(|(&wanted, &needed)| wanted.min(needed + most)).collect()
    };
    let mut widths =
        (0..=available).rev().map(widened).find(|widths| widths.iter().sum::<usize>() <= available)?;
    let mut spare = available - widths.iter().sum::<usize>();
    for (width, wanted) in widths.iter_mut().zip(&wanted).rev() {
        let more = spare.min(wanted - *width);
        *width += more;
        spare -= more;
    }
    Some(widths)
}

/// A table too wide for the terminal: a paragraph for each row, in it the cells one below the other.
fn records(cells: &[Vec<String>], width: usize) -> String {
    let Some((headers, rows)) = cells.split_first() else {
        return String::new();
    };
    let indent = headers.iter().map(|header| columns(header)).max().unwrap_or(0) + 2;
    let record = |row: &Vec<String>| {
        lines(headers.iter().zip(row).flat_map(|(header, cell)| field(header, cell, indent, width)))
    };
    rows.iter().map(record).collect::<Vec<_>>().join("\n")
}

/// A cell with its header beside it, or above it where that would take most of the line.
fn field(header: &str, cell: &str, indent: usize, width: usize) -> Vec<String> {
    let beside = indent <= width / 2;
    let indent = if beside { indent } else { 2 };
    let mut lines = wrap(cell, width.saturating_sub(indent));
    for line in &mut lines {
        line.insert_str(0, &" ".repeat(indent));
    }
    let mut headers = wrap(header, width);
    if let ([header], [first, ..], true) = (headers.as_mut_slice(), lines.as_mut_slice(), beside) {
        let gap = " ".repeat(indent - columns(header));
        *first = format!("{header}{gap}{}", &first[indent..]);
        headers.clear();
    }
    headers.into_iter().chain(lines).map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::document::arbitrary;

    fn plain(block: Block, width: usize) -> String {
        render(&Document { blocks: vec![block] }, Dress { width, color: false })
    }

    fn example() -> Block {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        Block::Table {
            headers: row(["id", "端口", "why"]),
            rows: vec![
                row(["P1", "21", "客户端发起控制连接。"]),
                row(["P3", "60000-60020", "the client opens the data connection"]),
            ],
        }
    }

    #[test]
    fn a_table_with_room_has_a_line_for_each_row() {
        let expected = "\
┌────┬─────────────┬──────────────────────────────────────┐
│ id │ 端口        │ why                                  │
├────┼─────────────┼──────────────────────────────────────┤
│ P1 │ 21          │ 客户端发起控制连接。                 │
│ P3 │ 60000-60020 │ the client opens the data connection │
└────┴─────────────┴──────────────────────────────────────┘
";
        assert_eq!(plain(example(), 80), expected);
    }

    #[test]
    fn a_tight_table_divides_its_widest_column() {
        let expected = "\
┌────┬─────────────┬────────────────┐
│ id │ 端口        │ why            │
├────┼─────────────┼────────────────┤
│ P1 │ 21          │ 客户端发起控制 │
│    │             │ 连接。         │
├────┼─────────────┼────────────────┤
│ P3 │ 60000-60020 │ the client     │
│    │             │ opens the data │
│    │             │ connection     │
└────┴─────────────┴────────────────┘
";
        assert_eq!(plain(example(), 38), expected);
    }

    #[test]
    fn a_table_that_cannot_fit_becomes_records() {
        let expected = "\
id    P1
端口  21
why   客户端发起控制连接。

id    P3
端口  60000-60020
why   the client opens the
      data connection
";
        assert_eq!(plain(example(), 26), expected);
    }

    #[test]
    fn headings_are_underlined_or_bold() {
        let heading = || Block::Heading { level: 2, text: "防火墙 ftp-host".into() };
        assert_eq!(plain(heading(), 80), "防火墙 ftp-host\n---------------\n");
        let colored = render(&Document { blocks: vec![heading()] }, Dress { width: 80, color: true });
        assert_eq!(colored, "\u{1b}[1m防火墙 ftp-host\u{1b}[0m\n");
    }

    #[test]
    fn points_hang() {
        assert_eq!(
            plain(Block::List(vec!["one two three".into(), "四".into()]), 10),
            "- one two\n  three\n- 四\n"
        );
    }

    proptest! {
        #[test]
        fn nothing_acts_on_the_terminal(document in arbitrary::document(), width in 20usize..120) {
            let text = render(&document, Dress { width, color: false });
            prop_assert!(text.chars().all(|character| character == '\n' || !character.is_control()), "{text:?}");
        }

        #[test]
        fn all_but_code_fits(document in arbitrary::document(), width in 20usize..120) {
            let blocks = document.blocks.into_iter().filter(|block| !matches!(block, Block::Code(_))).collect();
            let text = render(&Document { blocks }, Dress { width, color: false });
            prop_assert!(columns(&text) <= width, "{text}");
        }
    }
}
