//! The settings by themselves: what forbids serving, and what serves this machine alone.

use super::Report;
use crate::config::{Config, Mode};

pub(super) fn examine(config: &Config, report: &mut Report) {
    let faults = config.faults();
    for fault in &faults {
        let fix = "Change it in assay.toml or its variable; docs/configuration.md says what it may be.";
        report.fail(fault.name, fault.message.clone(), fix);
    }
    if faults.is_empty() {
        report.ok("settings", "fit for serving");
    }
    if config.mode == Mode::Production && config.is_loopback() && !report.tells_of("base_url") {
        report.warn(
            "base_url",
            format!("{} leads to this machine, and stands in every mail to vendors", config.base_url()),
            "Set base_url to the https address of your reverse proxy.",
        );
    } else if config.is_https() {
        report.ok("base_url", config.base_url());
    }
}
