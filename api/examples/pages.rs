//! Writes every page and mail of the samples, and the static files, into a folder to look at:
//! `cargo run -p api --example pages -- FOLDER`. Serve that folder over HTTP: the icons come from a file of their own.

use std::fs;
use std::path::PathBuf;

use api::render::{Renderer, samples};

fn main() -> anyhow::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/pages".to_owned()));
    let renderer = Renderer::new(None)?;
    for asset in renderer.assets().iter() {
        let path = folder.join(asset.href.trim_start_matches('/'));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, &asset.bytes)?;
    }
    for sample in samples::pages() {
        let name = format!("{}--{}.html", sample.template.replace('/', "-"), sample.state);
        fs::write(folder.join(name), renderer.page(sample.template, &sample.view)?)?;
    }
    for sample in samples::mails() {
        let mail = renderer.mail_sample(&sample)?;
        let name = format!("email-{}--{}", sample.template, sample.state);
        fs::write(folder.join(format!("{name}.html")), &mail.html)?;
        fs::write(folder.join(format!("{name}.txt")), format!("{}\n\n{}", mail.subject, mail.text))?;
    }
    Ok(())
}
