//! Files and folders: who can read what is secret, whether evidence can be kept, and how much room there is.

use super::{Report, State};
use crate::{
    auth::keys::{KeyError, KeyFolder},
    blobs::room::{LeastFree, Space},
    bootstrap::{kept_in, least_free},
    config::{Config, LoadedConfig, Sources},
};
use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

/// Below this much room nothing more should be begun.
const LEAST_ROOM: u64 = 100 << 20;

/// Files that hold a secret are for the service alone.
pub(super) fn examine_secrets(loaded: &LoadedConfig, sources: &Sources, report: &mut Report) {
    let config = &loaded.config;
    let in_file =
        |redacted: &str, source: &str| redacted.contains("[redacted]") && source.starts_with("file ");
    let holds_secret = loaded.effective.iter().any(|setting| in_file(&setting.value, &setting.source));
    let settings_file = sources.file.as_deref().filter(|_| holds_secret);
    for (check, path) in [
        ("settings_file", settings_file),
        ("smtp.password_file", config.smtp.password_file.as_deref()),
        ("database.url_file", config.database.url_file.as_deref()),
    ] {
        let Some(path) = path else { continue };
        let Some(mode) = mode_of(path) else { continue };
        let place = path.display();
        let (message, fix) =
            (format!("{place} holds a secret and has mode {mode:03o}"), format!("chmod 600 {place}"));
        if mode & 0o007 != 0 {
            report.fail(check, format!("{message}: every user of this machine can read it"), fix);
        } else if mode & 0o070 != 0 {
            report.warn(check, format!("{message}: its group can read it"), fix);
        } else {
            report.ok(check, format!("{place} is for its owner alone"));
        }
    }
}

fn mode_of(path: &Path) -> Option<u32> {
    Some(std::fs::metadata(path).ok()?.permissions().mode() & 0o777)
}

/// The data folder, the evidence in it, and the disk under it.
pub(super) fn examine_data(config: &Config, report: &mut Report) {
    let folder = &config.data_dir;
    let place = folder.display();
    match std::fs::metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let fix = "Nothing, before the first start of the service; later on check data_dir.";
            report.warn("data_dir", format!("{place} does not exist yet"), fix);
            return;
        }
        Err(error) => {
            let fix = "Let the user that runs the service own this folder.";
            report.fail("data_dir", format!("{place} cannot be looked at: {error}"), fix);
            return;
        }
        Ok(found) if !found.is_dir() => {
            report.fail("data_dir", format!("{place} is no folder"), "Name a folder in data_dir.");
            return;
        }
        Ok(_) => {}
    }
    match mode_of(folder) {
        Some(mode) if mode & 0o007 != 0 => report.warn(
            "data_dir",
            format!("{place} has mode {mode:03o}: every user of this machine can look into it"),
            format!("chmod 700 {place}"),
        ),
        _ => report.ok("data_dir", format!("{place} is closed to other users")),
    }
    let evidence = config.evidence_dir();
    // Before the first start the evidence is where the folder will be made.
    let writable = if evidence.exists() { &evidence } else { folder };
    match write_durably(writable) {
        Ok(()) => report.ok("evidence", format!("files can be written durably in {}", writable.display())),
        Err(error) => report.fail(
            "evidence",
            format!("no file can be written in {}: {error}", writable.display()),
            "Let the user that runs the service own this folder, on a local disk with room.",
        ),
    }
    let mut disks = BTreeSet::new();
    for folder in kept_in(config) {
        if std::fs::metadata(&folder).is_ok_and(|found| disks.insert(found.dev())) {
            examine_room(&folder, least_free(config), report);
        }
    }
}

/// The private keys: they are made at the first start, and a service with one that cannot be used does not start.
pub(super) fn examine_keys(config: &Config, report: &mut Report) {
    if report.tells_of("data_dir") {
        return;
    }
    let folder = config.keys_dir();
    let keys = match KeyFolder::at(&folder).look() {
        Ok(keys) => keys,
        Err(error) => {
            let fix = "Let the user that runs the service own this folder.";
            report.fail("keys", format!("{} cannot be read: {error}", folder.display()), fix);
            return;
        }
    };
    let mut good = 0;
    for key in keys {
        match key {
            Ok(()) => good += 1,
            Err(error) => {
                let fix = match &error {
                    KeyError::Open(path) => {
                        format!("chmod 600 {}; then assay keys rotate --emergency", path.display())
                    }
                    _ => "Put it back from a backup, or move it away: a new key is then made.".to_owned(),
                };
                report.fail("keys", error.to_string(), fix);
            }
        }
    }
    match good {
        _ if report.tells_of("keys") => {}
        0 => report.ok("keys", "no key yet; they are made at the first start"),
        _ => report.ok("keys", format!("{good} private keys, for their owner alone")),
    }
}

/// Writes a file as an upload does, and takes it away again.
fn write_durably(folder: &Path) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix("doctor-").tempfile_in(folder)?;
    file.write_all(b"assay doctor")?;
    file.as_file().sync_all()?;
    file.close()?;
    File::open(folder)?.sync_all()
}

fn examine_room(folder: &Path, least: LeastFree, report: &mut Report) {
    let Ok(space) = Space::of(folder) else { return };
    let place = folder.display();
    let message = format!("{} free of {} at {place}", in_words(space.free), in_words(space.total));
    let fix = format!(
        "Make room, or move it to a larger disk. With less than {} free uploads are refused; when it is full, nothing \
         can be saved.",
        in_words(least.of(space.total))
    );
    match room(space, least) {
        State::Ok => report.ok("disk", message),
        State::Warning => report.warn("disk", message, fix),
        State::Failed => report.fail("disk", message, fix),
    }
}

fn room(space: Space, least: LeastFree) -> State {
    if space.total > 0 && space.free < LEAST_ROOM {
        State::Failed
    } else if least.is_met_by(space) {
        State::Ok
    } else {
        State::Warning
    }
}

fn in_words(bytes: u64) -> String {
    let mb = bytes >> 20;
    if mb < 10_240 { format!("{mb} MB") } else { format!("{} GB", mb >> 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_full_in_time_to_do_something() {
        let gb = 1_u64 << 30;
        let room = |free, total| room(Space { free, total }, LeastFree { percent: 5, bytes: gb });
        assert_eq!(room(50 * gb, 100 * gb), State::Ok);
        assert_eq!(room(4 * gb, 100 * gb), State::Warning);
        assert_eq!(room(gb / 2, 4 * gb), State::Warning);
        assert_eq!(room(gb / 20, 4 * gb), State::Failed);
        assert_eq!(in_words(5 * gb), "5120 MB");
        assert_eq!(in_words(50 * gb), "50 GB");
    }
}
