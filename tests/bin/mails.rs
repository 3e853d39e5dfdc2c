//! `mails --count N`: N mails through the real worker and a real SMTP conversation; each must be accepted once.
//! 200 in the continuous run, 2,000 by hand. Prints figures; the exit code is 1 when a mail is lost or doubled.

use std::process::ExitCode;

fn count() -> Option<usize> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Some(200),
        ["--count", number] => number.parse().ok(),
        _ => None,
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let Some(count) = count() else {
        eprintln!("usage: mails [--count N]");
        return ExitCode::from(2);
    };
    let run = tests::mail_run::run(count).await;
    let seconds = run.took.as_secs_f64();
    println!(
        "{} queued, {} accepted, {} Message-IDs, {} lost, {} doubled, {} jobs left; {seconds:.1} s, {:.0} mails a second",
        run.queued,
        run.accepted,
        run.message_ids,
        run.lost,
        run.doubled,
        run.left,
        run.accepted as f64 / seconds.max(0.001),
    );
    if run.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
