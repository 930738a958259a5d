//! `--firewall`: which of the declared firewalls a command is about.

use super::Failure;
use crate::deployment::{Deployment, Firewall};

/// Which of the declared firewalls a command is about; all of them unless some are named.
#[derive(Debug, clap::Args)]
pub(super) struct Chosen {
    /// The names.
    #[arg(long = "firewall", value_name = "NAME")]
    pub(super) firewall: Vec<String>,
}

impl Chosen {
    /// Whether `firewall` is one of them.
    pub(super) fn includes(&self, firewall: &Firewall) -> bool {
        self.firewall.is_empty() || self.firewall.contains(&firewall.name)
    }

    /// Refuses names that `deployment` does not declare.
    pub(super) fn check(&self, deployment: &Deployment) -> Result<(), Failure> {
        let declared = || deployment.firewalls.iter().map(|firewall| firewall.name.clone());
        match self.firewall.iter().find(|name| declared().all(|declared| declared != **name)) {
            Some(name) => {
                Err(Failure::UnknownFirewall { name: name.clone(), declared: declared().collect() })
            }
            None => Ok(()),
        }
    }
}
