//! Every sentence shown to people, in English and Chinese.
//!
//! A message is data (an enum variant or a struct of a lower room) until it comes here. Each is said by
//! one [`say!`], whose expansion is an exhaustive match over [`Lang`]: a missing translation does not compile.

pub mod audit;
pub mod demo;
pub mod diff;
pub mod explain;
pub mod failure;
pub mod field;
pub mod generate;
pub mod help;
pub mod live;
pub mod load;
pub mod probe;
pub mod problem;
pub mod reading;
pub mod settings;
pub mod template;
pub mod trace;
pub mod usage;
mod yaml;

/// A language that people are spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese, simplified.
    Zh,
}

impl Lang {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// The name that `--lang` takes.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// The language of a POSIX locale name such as `zh_CN.UTF-8`: Chinese where it says so, English otherwise.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        if locale.starts_with("zh") { Self::Zh } else { Self::En }
    }
}

/// Says one message: `say!(lang, "English {x}", "中文 {x}")`, with the captures of `format!`.
macro_rules! say {
    ($lang:expr, $en:literal, $zh:literal $(, $($argument:tt)*)?) => {
        match $lang {
            $crate::lang::Lang::En => format!($en $(, $($argument)*)?),
            $crate::lang::Lang::Zh => format!($zh $(, $($argument)*)?),
        }
    };
}
pub(crate) use say;
