//! `assay keys`: which keys sign, and new ones in their place.

use crate::usecases::{SystemCtx, keys};
use clap::Subcommand;

/// `assay keys ...`
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// The public keys of this installation, newest first.
    List,
    /// Make new keys and let them sign from now on. What the earlier ones signed still verifies.
    Rotate {
        /// The earlier keys may be in other hands: their tokens end at once, and the published keys say so.
        #[arg(long)]
        emergency: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// What the use-case says.
pub async fn run(system: &SystemCtx, command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::List => {
            for key in keys::all(system.services()).await? {
                let state = match (key.revoked_at, key.retired_at) {
                    (Some(at), _) => format!("revoked {}", at.format("%Y-%m-%d %H:%M UTC")),
                    (None, Some(at)) => format!("retired {}", at.format("%Y-%m-%d %H:%M UTC")),
                    (None, None) => "signs".to_owned(),
                };
                println!("{}  {:<9}  {state}", key.kid, key.purpose);
            }
        }
        KeysCommand::Rotate { emergency } => {
            for (purpose, kid) in keys::rotate(system.services(), emergency).await? {
                println!("{kid}  {purpose:<9}  signs");
            }
        }
    }
    Ok(())
}
