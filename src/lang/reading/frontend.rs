//! What there is to say of texts for firewalld and ufw, in words.

use crate::dialect::frontend::{Frontend, Problem};
use crate::lang::problem::{Words, excerpt};
use crate::lang::{Lang, say};

/// What was found, what was expected, and how to mend it.
#[must_use]
pub fn words(problem: &Problem, lang: Lang) -> Words {
    match problem {
        Problem::NotEvaluated(frontend) => {
            let name = name(*frontend);
            Words {
                title: say!(
                    lang,
                    "this is for {name}, whose rules are known only once it has loaded them",
                    "这是 {name} 的配置，其规则只有在加载之后才能得知"
                ),
                label: say!(lang, "only ports are checked here", "此处只检查端口写法"),
                related: None,
                help: Some(say!(
                    lang,
                    "give what it has loaded, the output of `nft -j list ruleset` or of `iptables-save` and `ip6tables-save`, or use `audit --live` on that machine",
                    "请提供其实际加载的规则，即 `nft -j list ruleset` 或 `iptables-save`、`ip6tables-save` 的输出，或在该主机上运行 `audit --live`"
                )),
            }
        }
        Problem::NoProtocol(frontend) => {
            let name = name(*frontend);
            Words {
                title: say!(
                    lang,
                    "{name} needs the protocol of these ports",
                    "{name} 要求为这些端口指明协议"
                ),
                label: say!(lang, "expected `tcp` beside it", "应同时写明 `tcp`"),
                related: None,
                help: None,
            }
        }
        Problem::Range { frontend, found } => {
            let (name, found) = (name(*frontend), excerpt(found));
            Words {
                title: say!(
                    lang,
                    "{found} is no range of ports to {name}",
                    "{found} 不是 {name} 的端口范围写法"
                ),
                label: match frontend {
                    Frontend::Firewalld => say!(lang, "expected a hyphen", "应使用连字符"),
                    Frontend::Ufw => say!(lang, "expected a colon", "应使用冒号"),
                },
                related: None,
                help: None,
            }
        }
    }
}

fn name(frontend: Frontend) -> &'static str {
    match frontend {
        Frontend::Firewalld => "firewalld",
        Frontend::Ufw => "ufw",
    }
}
