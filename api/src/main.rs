//! The one binary. Commands on files run at once; everything else is wired by `bootstrap`.

use api::{
    bootstrap,
    cli::{
        Cli, Command, ConfigCommand, accounts,
        audit::{self, AuditCommand},
        config, keys,
        mail::MailCommand,
        questionnaire, score, tier, verify,
    },
    config::Sources,
    demo,
    doctor::{self, State},
    domain::Surroundings,
};
use clap::Parser as _;
use std::process::ExitCode;

/// Gives memory back after large pages, and takes less of the processor than the system's (ADR 25).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let started = std::time::Instant::now();
    let cli = Cli::parse();
    let status = match cli.command {
        Command::Score(args) => score::run(&args),
        Command::Tier(args) => tier::run(&args),
        Command::Questionnaire(command) => questionnaire::run(&command),
        Command::Config(ConfigCommand::Check) => config::check(cli.config),
        Command::Verify(args) if args.jwks.is_some() => verify::with_saved_keys(&args),
        Command::Config(ConfigCommand::Reference) => config::print_reference(),
        command => return service(command, cli.config, started),
    };
    ExitCode::from(status)
}

/// Commands that need the async runtime.
fn service(command: Command, file: Option<std::path::PathBuf>, started: std::time::Instant) -> ExitCode {
    bootstrap::cryptography();
    let ran = actix_web::rt::System::new().block_on(async move {
        if let Command::Demo(args) = command {
            return demo::run(args, started).await.map(|()| ExitCode::SUCCESS);
        }
        if let Command::Doctor(args) = command {
            let sources = Sources::of_this_process(file, Vec::new());
            let report = doctor::examine(&sources, &Surroundings::system()).await;
            let out = &mut std::io::stdout();
            if args.json {
                report.print_json(out)?
            } else {
                report.print(out)?
            }
            return Ok(if report.state() == State::Failed { ExitCode::FAILURE } else { ExitCode::SUCCESS });
        }
        let settings = bootstrap::settings(file)?;
        match command {
            Command::Serve(args) => bootstrap::serve(&settings, !args.no_worker).await?,
            Command::Worker => bootstrap::worker(&settings).await?,
            Command::Migrate => bootstrap::migrate(&settings).await?,
            Command::Tenant(command) => {
                let system = bootstrap::founding(&settings, "assay tenant").await?;
                if let Err(error) = accounts::tenant(&system, command).await {
                    return Ok(ExitCode::from(accounts::explain(&error)));
                }
            }
            Command::User(command) => {
                let system = bootstrap::operator(&settings, "assay user").await?;
                if let Err(error) = accounts::user(&system, command).await {
                    return Ok(ExitCode::from(accounts::explain(&error)));
                }
            }
            Command::Mail(MailCommand::Test(args)) => {
                return Ok(ExitCode::from(bootstrap::mail_test(&settings, &args).await?));
            }
            Command::Audit(AuditCommand::Verify) => {
                let system = bootstrap::operator(&settings, "assay audit").await?;
                return Ok(ExitCode::from(audit::verify(&system).await?));
            }
            Command::Keys(command) => {
                let system = bootstrap::operator(&settings, "assay keys").await?;
                keys::run(&system, command).await?;
            }
            Command::Verify(args) => {
                let keys = bootstrap::published_keys(&settings).await?;
                return Ok(ExitCode::from(verify::run(&args, &keys)));
            }
            _ => {}
        }
        Ok::<_, anyhow::Error>(ExitCode::SUCCESS)
    });
    ran.unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}
