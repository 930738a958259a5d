//! Reading what the machine of a firewall is set to.

use super::check::{At, Check, optional};
use super::service::{field, list};
use super::shape::{self, FieldId};
use crate::ruleset::{Host, module_name, sysctl_name};

/// Reads it; without `at` nothing is declared. `None` if something of it is wrong.
pub(super) fn read(check: &mut Check, at: Option<&At<'_>>) -> Option<Host> {
    let Some(at) = at else { return Some(Host::default()) };
    let before = check.count_problems();
    let fields = check.mapping(at, shape::HOST)?;
    let kernel = optional(fields.get(FieldId::Kernel), |at| check.kernel_version(at));
    let mut host = Host { kernel: kernel.unwrap_or_default(), ..Host::default() };
    for (name, at) in
        check.entries(fields.get(FieldId::Sysctls), shape::SYSCTLS, Check::sysctl_name, sysctl_name)
    {
        let value = check.setting(&at);
        host.set_sysctl(&name, &value.unwrap_or_default(), None);
    }
    if let (Some(at), Some(field)) = (fields.get(FieldId::Modules), field(shape::HOST, FieldId::Modules)) {
        host.all_modules = true;
        for (_, name) in list(check, at, field, Check::module_name) {
            host.load_module(&name, None);
        }
    }
    for (module, at) in check.entries(
        fields.get(FieldId::ModuleOptions),
        shape::MODULE_OPTIONS,
        Check::module_name,
        module_name,
    ) {
        for (parameter, at) in
            check.entries(Some(&at), shape::PARAMETERS, Check::module_name, |name| name.replace('-', "_"))
        {
            let value = check.setting(&at);
            host.set_parameter(&module, &parameter, &value.unwrap_or_default(), None);
        }
    }
    (check.count_problems() == before).then_some(host)
}
