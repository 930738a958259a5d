//! A printed deployment reads back as itself.

use ftpfw::deployment::{self, print};

use crate::valid::{EVERYTHING, SMALL, accepted};

#[test]
fn a_printed_deployment_reads_back_as_itself() {
    for text in [SMALL, EVERYTHING, include_str!("../../rules/demo/ftpfw.yaml")] {
        let deployment = accepted(text);
        let printed = print(&deployment);
        assert_eq!(accepted(&printed), deployment, "{printed}");
        // Nothing is left to normalise.
        assert_eq!(print(&accepted(&printed)), printed);
    }
}

#[test]
fn everything_is_printed() {
    crate::assert_golden!("deployment__printed", print(&accepted(EVERYTHING)));
}

#[test]
fn text_that_yaml_would_read_as_something_else_is_quoted() {
    for name in ["true", "null", "21", "0x15", "1e3", "12:30", "_", "-_-", "yes"] {
        let text = SMALL.replace("  passive", &format!("  name: \"{name}\"\n  passive"));
        let reading = deployment::read("x.yaml", text.as_bytes(), None);
        let Some(deployment) = reading.deployment else { continue };
        let printed = print(&deployment);
        assert_eq!(accepted(&printed).service.name, name, "{printed}");
    }
    let note = r#"a "quoted" # note: with 'all' of \ it, é"#;
    let text =
        format!("{SMALL}    also_allow: [{{ proto: icmp, note: {} }}]\n", serde_json::Value::from(note));
    let deployment = accepted(&text);
    assert_eq!(deployment.firewalls[0].also_allow[0].note.as_deref(), Some(note));
    assert_eq!(accepted(&print(&deployment)), deployment);
}
