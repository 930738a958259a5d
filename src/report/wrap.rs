//! Lines of a given width, in scripts with and without spaces between words.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that `text` takes on a terminal; of several lines, the widest counts.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

/// The columns of the longest piece of `text` that is not to be divided.
#[must_use]
pub fn longest_piece(text: &str) -> usize {
    text.lines().flat_map(pieces).map(|piece| piece.trim_end().width()).max().unwrap_or(0)
}

/// `text` in lines of at most `width` columns, divided between words and between Chinese characters.
///
/// Newlines stay. A piece that is too long for a line of its own is divided wherever the line ends.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    text.split('\n').flat_map(|line| wrap_line(line, width.max(2))).collect()
}

fn wrap_line(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if !line.is_empty() && line.width() + piece.trim_end().width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if piece.trim_end().width() <= width {
            line.push_str(piece);
            continue;
        }
        for character in piece.chars() {
            if line.width() + character.width().unwrap_or(0) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(character);
        }
    }
    lines.push(line);
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// `text` divided at every place where a line may end; each piece with the spaces that follow it.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest
            .char_indices()
            .zip(rest.char_indices().skip(1))
            .find(|((_, before), (_, after))| divides(*before, *after))
            .map_or(rest.len(), |(_, (index, _))| index);
        let (piece, others) = rest.split_at(end);
        rest = others;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Whether a line may end between these two characters: the part of Unicode Standard Annex #14 that English and
/// Chinese prose with technical names in it needs.
fn divides(before: char, after: char) -> bool {
    if after == ' ' {
        return false;
    }
    if before == ' ' {
        return true;
    }
    let wide = |character: char| character.width() == Some(2);
    (wide(before) || wide(after)) && !opens(before) && !closes(after)
}

fn opens(character: char) -> bool {
    "（《〈「『【“‘([{<".contains(character)
}

fn closes(character: char) -> bool {
    "，。、；：？！）》〉」』】”’…—,.;:?!)]}>%/".contains(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_stay_whole() {
        assert_eq!(wrap("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(wrap("one\ntwo three", 20), ["one", "two three"]);
        assert_eq!(wrap("", 10), [""]);
    }

    #[test]
    fn chinese_is_divided_between_characters_but_not_before_its_punctuation() {
        assert_eq!(
            wrap("被动模式下，数据连接由客户端发起。", 12),
            ["被动模式下，", "数据连接由客", "户端发起。"]
        );
        assert_eq!(wrap("数据连接（被动）", 8), ["数据连接", "（被动）"]);
        assert_eq!(wrap("由客户端。", 8), ["由客户", "端。"]);
    }

    #[test]
    fn a_name_in_chinese_prose_stays_whole() {
        assert_eq!(wrap("放行端口60000-60020即可", 14), ["放行端口", "60000-60020即", "可"]);
    }

    #[test]
    fn what_does_not_fit_is_divided_anywhere() {
        assert_eq!(wrap("2001:db8:1:2:3:4:5:6", 8), ["2001:db8", ":1:2:3:4", ":5:6"]);
    }

    proptest! {
        #[test]
        fn lines_fit_and_nothing_but_space_is_lost(text in "[a-z ，。防火墙（）0-9:-]{0,60}", width in 4usize..30) {
            let lines = wrap(&text, width);
            prop_assert!(lines.iter().all(|line| columns(line) <= width));
            let dense = |text: &str| text.replace(' ', "");
            prop_assert_eq!(dense(&lines.concat()), dense(&text));
        }
    }
}
