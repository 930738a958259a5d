//! The catalogue of findings, as `rule` prints it.

use super::severity;
use crate::audit::{Bilingual, Entry, ExampleDialect, Level, RuleId, entry};
use crate::lang::problem;
use crate::lang::{Lang, say};
use crate::report::document::Document;

/// All findings in a table.
#[must_use]
pub fn list(lang: Lang) -> Document {
    let headers = vec![say!(lang, "id", "编号"), say!(lang, "level", "级别"), say!(lang, "finding", "问题")];
    let row = |&rule: &RuleId| {
        let entry = entry(rule);
        vec![rule.id().to_owned(), level(entry.level(), lang), text(&entry.title, lang)]
    };
    let mut document = Document::default();
    document.table(headers, RuleId::ALL.iter().map(row).collect());
    document
}

/// One finding: why it matters, wrong and right, how to mend it.
#[must_use]
pub fn page(entry: &Entry, lang: Lang) -> Document {
    let mut document = Document::default();
    let (id, title) = (&entry.id, text(&entry.title, lang));
    document.heading(1, say!(lang, "{id}: {title}", "{id}：{title}"));
    let level = level(entry.level(), lang);
    document.paragraph(say!(lang, "Level: {level}", "级别：{level}"));
    document.heading(2, say!(lang, "Why it matters", "为何重要"));
    document.paragraph(text(&entry.why, lang));
    for example in &entry.examples {
        let dialect = dialect(example.dialect, lang);
        document.heading(2, say!(lang, "Wrong ({dialect})", "错误示例（{dialect}）"));
        document.code(example.wrong.trim_end());
        document.heading(2, say!(lang, "Right ({dialect})", "正确示例（{dialect}）"));
        document.code(example.right.trim_end());
    }
    document.heading(2, say!(lang, "How to mend it", "如何修正"));
    document.paragraph(text(&entry.mend, lang));
    document.heading(2, say!(lang, "Read more", "参考"));
    document.list(entry.references.clone());
    document
}

/// A text of the catalogue in one language.
#[must_use]
pub fn text(text: &Bilingual, lang: Lang) -> String {
    match lang {
        Lang::En => &text.en,
        Lang::Zh => &text.zh,
    }
    .trim()
    .to_owned()
}

/// The name of a level.
fn level(level: Level, lang: Lang) -> String {
    problem::severity(severity(level), lang)
}

fn dialect(dialect: ExampleDialect, lang: Lang) -> String {
    match dialect {
        ExampleDialect::Deployment => say!(lang, "deployment", "部署文件"),
        other => other.id().to_owned(),
    }
}
