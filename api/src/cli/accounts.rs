//! `assay tenant add` and `assay user add|reset`: how an operator lets people in, with or without mail.

use crate::usecases::{
    SystemCtx, UseCaseError,
    accounts::{self, CreateOrganisation, InviteUser},
};
use clap::Subcommand;
use std::io::BufRead as _;

/// `assay tenant ...`
#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Add an organisation with its first admin; the password is read from standard input.
    Add {
        /// Name as vendors will see it.
        #[arg(long)]
        name: String,
        /// IANA time zone; due dates end there.
        #[arg(long, default_value = "UTC")]
        time_zone: String,
        /// The admin's name.
        #[arg(long)]
        admin_name: String,
        /// The admin's address.
        #[arg(long)]
        admin_email: String,
    },
}

/// `assay user ...`
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a user and print a sign-in link.
    Add {
        /// Which organisation, by name or id; not needed when there is one.
        #[arg(long)]
        tenant: Option<String>,
        /// Their name.
        #[arg(long)]
        name: String,
        /// Their address.
        #[arg(long)]
        email: String,
        /// admin, risk_manager, procurement or viewer.
        #[arg(long)]
        role: String,
    },
    /// Print a sign-in link for a user who cannot get in; works without mail.
    Reset {
        /// Their address.
        #[arg(long)]
        email: String,
    },
}

/// Runs `assay tenant ...`; gives the exit status.
///
/// # Errors
/// What the use-case refuses, for [`explain`].
pub async fn tenant(system: &SystemCtx, command: TenantCommand) -> Result<(), UseCaseError> {
    let TenantCommand::Add { name, time_zone, admin_name, admin_email } = command;
    let mut password = String::new();
    eprintln!("Password of the admin (at least 15 characters), then Enter:");
    std::io::stdin().lock().read_line(&mut password).map_err(UseCaseError::internal)?;
    let input = CreateOrganisation {
        organisation: name,
        time_zone,
        name: admin_name,
        email: admin_email,
        password: password.trim_end_matches(['\r', '\n']).to_owned(),
    };
    let admin = accounts::add_tenant(system, input).await?;
    println!("Added organisation {} with admin {}", admin.tenant_id, admin.email);
    Ok(())
}

/// Runs `assay user ...`.
///
/// # Errors
/// What the use-case refuses, for [`explain`].
pub async fn user(system: &SystemCtx, command: UserCommand) -> Result<(), UseCaseError> {
    let email = match command {
        UserCommand::Reset { email } => email,
        UserCommand::Add { tenant, name, email, role } => {
            let input = InviteUser { name, email, role };
            accounts::add_user(system, tenant.as_deref(), input).await?.email
        }
    };
    let secret = accounts::reset_by_operator(system, &email).await?;
    println!("{}/join#{}", system.services().base_url, secret.reveal());
    eprintln!("The code in it, to type: {}", secret.grouped());
    eprintln!("The link works once. Give it to {email} over a channel you trust.");
    Ok(())
}

/// Prints what went wrong, for a terminal; gives the exit status.
#[must_use]
pub fn explain(error: &UseCaseError) -> u8 {
    match error {
        UseCaseError::Invalid(faults) => {
            for fault in faults {
                eprintln!("{}: {}", fault.pointer, fault.message);
            }
        }
        UseCaseError::NotFound => eprintln!("Nothing like that exists here."),
        other => eprintln!("{other}"),
    }
    1
}
