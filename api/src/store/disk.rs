//! Where a SQLite file may lie: on a disk of this machine. Its write-ahead log needs memory that all processes share,
//! and locks that hold, and a network gives neither (https://www.sqlite.org/wal.html, "Overview", disadvantage 2).

use super::error::StoreError;
use std::path::Path;

/// File systems over a network, by the number that Linux gives them (statfs(2)).
const NETWORKS: [(u32, &str); 9] = [
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB"),
    (0x0102_1997, "9P"),
    (0x00C3_6400, "Ceph"),
    (0x5346_414F, "AFS"),
    (0x7375_7245, "Coda"),
    (0x0BD0_0BD0, "Lustre"),
];

fn network(number: u32) -> Option<&'static str> {
    NETWORKS.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

/// Refuses a file on another machine's disk. What cannot be asked is let pass: opening it will say more.
///
/// # Errors
/// [`StoreError::Unsuitable`] with the kind of file system.
pub(super) fn assert_local(file: &Path) -> Result<(), StoreError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(found) = rustix::fs::statfs(folder) else { return Ok(()) };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "only the lower half of a wider field is the number"
    )]
    let number = found.f_type as u32;
    match network(number) {
        None => Ok(()),
        Some(kind) => Err(StoreError::Unsuitable(format!(
            "the SQLite file {} lies on a network file system ({kind}), where its log and its locks do not work and \
             answers could be lost: put it on a disk of this machine, or use PostgreSQL",
            file.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_of_this_machine_is_taken_and_a_network_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_local(&folder.path().join("assay.db")).unwrap();
        assert_local(Path::new("assay.db")).unwrap();
        assert_eq!(network(0x6969), Some("NFS"));
        assert_eq!(network(0xFF53_4D42), Some("CIFS"));
        assert_eq!(network(0xEF53), None, "ext4");
        assert_eq!(network(0x0102_1994), None, "tmpfs");
    }
}
