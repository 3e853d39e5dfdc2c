//! `assay audit verify`: follows every organisation's audit trail and names the first event that is not what was
//! recorded. Exit 0 when all are whole, 1 otherwise.

use crate::{
    domain::audit::TrailFault,
    usecases::{SystemCtx, UseCaseError, audit},
};
use clap::Subcommand;

/// `assay audit ...`
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that no event was changed, taken out or put in between.
    Verify,
}

/// Runs the command; gives the exit status.
///
/// # Errors
/// When the database cannot be read.
pub async fn verify(system: &SystemCtx) -> Result<u8, UseCaseError> {
    let mut status = 0;
    for trail in audit::verify(system).await? {
        let name = &trail.organisation;
        match trail.outcome {
            Ok(count) => println!("{name}: {count} events, whole"),
            Err(fault) => {
                status = 1;
                println!("{name}: {}", in_words(&fault));
            }
        }
    }
    eprintln!(
        "A trail whose last events were taken out together with the count beside them looks whole; keep copies of the \
         newest hash elsewhere where that matters."
    );
    Ok(status)
}

fn in_words(fault: &TrailFault) -> String {
    match fault {
        TrailFault::Missing(seq) => format!("event {seq} is missing"),
        TrailFault::Changed(seq) => format!("event {seq} is not what was recorded"),
        TrailFault::Cut(seq) => format!("the events after {seq} are missing"),
    }
}
