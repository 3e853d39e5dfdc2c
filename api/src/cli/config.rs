//! `assay config check`: the settings in force, secrets hidden, each with its source; exit 1 when one is wrong.
//! `assay config reference`: what every setting means, as in `docs/configuration.md`.

use crate::config::{Config, Sources, reference};
use std::path::PathBuf;

/// Runs the command; gives the exit status.
#[must_use]
pub fn check(file: Option<PathBuf>) -> u8 {
    let loaded = match Config::load(&Sources::of_this_process(file, Vec::new())) {
        Ok(loaded) => loaded,
        Err(error) => {
            eprintln!("{error}");
            return 1;
        }
    };
    for setting in &loaded.effective {
        println!("{} = {}    ({})", setting.name, setting.value, setting.source);
    }
    let faults = loaded.config.faults();
    for fault in &faults {
        eprintln!("{}: {}", fault.name, fault.message);
    }
    u8::from(!faults.is_empty())
}

/// Prints the reference; gives the exit status.
#[must_use]
pub fn print_reference() -> u8 {
    print!("{}", reference::document());
    0
}
