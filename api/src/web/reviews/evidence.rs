//! The evidence of an answer: what is cited, and the one piece that is shown beside the answer.

use crate::{
    domain::{
        due,
        evidence::{Shown, shown_as, size_in_words},
        score_inputs::Citation,
    },
    render::reviews::{CitedView, EvidenceView, FrameView},
};

/// Where staff downloads a piece of evidence or follows its link.
pub fn evidence_view(citation: &Citation) -> EvidenceView {
    let size = citation.size_bytes.and_then(|bytes| u64::try_from(bytes).ok()).map(size_in_words);
    let until = citation.valid_until.map(|day| format!("valid until {}", due::short_day(day)));
    let link = citation.url.as_ref().map(|_| "link elsewhere".to_owned());
    let parts: Vec<String> = [size, link, until].into_iter().flatten().collect();
    EvidenceView {
        name: citation.name.clone(),
        href: citation.url.clone().unwrap_or_else(|| format!("/evidence/{}", citation.evidence)),
        about: parts.join(", "),
    }
}

fn shown(citation: &Citation) -> Option<Shown> {
    shown_as(citation.media_type.as_deref())
}

/// The evidence cited for a question, and the piece that is shown: the one that was asked for by id, else the first
/// that can be shown. `here` is the address of the answer.
pub(super) fn beside(
    citations: &[Citation],
    question: &str,
    asked: Option<&str>,
    here: &str,
) -> (Vec<CitedView>, Option<FrameView>) {
    let cited = || citations.iter().filter(|citation| citation.question == question);
    let showable = || cited().filter(|citation| shown(citation).is_some());
    let chosen = showable()
        .find(|citation| asked.is_some_and(|asked| citation.evidence.to_string() == asked))
        .or_else(|| showable().next());
    let listed = cited().map(|citation| {
        let EvidenceView { name, href, about } = evidence_view(citation);
        let current = chosen.is_some_and(|chosen| chosen.evidence == citation.evidence);
        if shown(citation).is_some() {
            let beside = format!("{here}&file={}#ev", citation.evidence);
            return CitedView { name, href: beside, about, current, download: Some(href) };
        }
        let about = if citation.url.is_none() { format!("{about}, cannot be shown here") } else { about };
        CitedView { name, href, about, current, download: None }
    });
    let frame = chosen.map(|citation| {
        let EvidenceView { name, href, .. } = evidence_view(citation);
        let sandbox = shown(citation) == Some(Shown::Picture);
        let alone = format!("{href}/view");
        let src = if sandbox { format!("{alone}?fit=yes") } else { alone.clone() };
        FrameView { name, src, alone, sandbox, download: href }
    });
    (listed.collect(), frame)
}
