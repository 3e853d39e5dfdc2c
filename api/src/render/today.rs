//! Views of the start page.

use super::{
    Html,
    charts::dots::Dots,
    page::Section,
    parts::{Band, EmptyState, Link, ResultsView},
    samples::{Sample, staff},
};
use serde::Serialize;

/// The start page.
#[derive(Debug, Clone, Serialize)]
pub struct TodayView {
    /// Greeting and day.
    pub lede: String,
    /// That all mail is paused, and why.
    pub paused: Option<String>,
    /// Where to begin: what is late for longest, else the first item.
    pub first: Option<Link>,
    /// Groups in the order of work; empty ones are left out.
    pub groups: Vec<TodayGroup>,
    /// What waits for its vendor.
    pub running: Option<TodayGroup>,
    /// When nothing needs anybody.
    pub empty: Option<EmptyState>,
    /// Vendors by residual risk; none before there is any vendor.
    pub portfolio: Option<Portfolio>,
    /// What comes due, a line for each day.
    pub week: Vec<WeekDay>,
    /// How much more there is.
    pub more: usize,
    /// Decided, the newest decision first.
    pub decided: Vec<DecidedLine>,
}

/// Vendors by residual risk.
#[derive(Debug, Clone, Serialize)]
pub struct Portfolio {
    /// How many vendors there are.
    pub title: String,
    /// How to read the squares.
    pub note: String,
    /// The worst level first.
    pub rows: Vec<PortfolioRow>,
}

/// Vendors of one level.
#[derive(Debug, Clone, Serialize)]
pub struct PortfolioRow {
    /// The level.
    pub band: Band,
    /// Where these vendors are listed.
    pub href: String,
    /// A square for each, or for each so many.
    pub dots: Html,
    /// How many.
    pub count: usize,
}

/// What comes due on a day.
#[derive(Debug, Clone, Serialize)]
pub struct WeekDay {
    /// `Wed 14`.
    pub day: String,
    /// What.
    pub items: Vec<Link>,
}

/// An assessment with a decision.
#[derive(Debug, Clone, Serialize)]
pub struct DecidedLine {
    /// Vendor and service.
    pub title: String,
    /// Its page.
    pub href: String,
    /// When it was decided.
    pub when: String,
    /// What it came to.
    pub results: Option<ResultsView>,
}

/// Things of one kind.
#[derive(Debug, Clone, Serialize)]
pub struct TodayGroup {
    /// For the heading's id.
    pub id: String,
    /// Heading.
    pub label: String,
    /// How many things there are.
    pub count: usize,
    /// The first of them.
    pub items: Vec<TodayItem>,
    /// Where all of them are listed, when these are not all.
    pub all: Option<String>,
}

/// One thing.
#[derive(Debug, Clone, Serialize)]
pub struct TodayItem {
    /// Its name.
    pub title: String,
    /// Where it is.
    pub href: String,
    /// What to know.
    pub note: String,
    /// What it came to, once scored.
    pub results: Option<ResultsView>,
    /// Since or until when.
    pub when: String,
    /// Whether that is past.
    pub late: bool,
    /// The act.
    pub act: String,
}

impl Portfolio {
    /// How many active vendors have which level, from 0, not assessed, to 4, critical; none when there is no vendor.
    #[must_use]
    pub fn new(of_level: impl Fn(usize) -> usize) -> Option<Self> {
        const LEVELS: [(usize, &str); 5] =
            [(4, "critical"), (3, "high"), (2, "moderate"), (1, "low"), (0, "none")];
        let counts = LEVELS.map(|(level, _)| of_level(level));
        let total: usize = counts.iter().sum();
        let each = Dots::each(counts.into_iter().max().unwrap_or_default());
        let rows = LEVELS.iter().zip(counts).map(|((_, name), count)| {
            let band = Band::named(name);
            let dots = Dots { level: band.level, count, each }.drawing();
            PortfolioRow { band, href: format!("/vendors?residual={name}"), dots, count }
        });
        let squares = match each {
            1 => String::new(),
            _ => format!(" One square is up to {each} vendors."),
        };
        (total > 0).then(|| Self {
            title: format!("{total} {} by residual risk", if total == 1 { "vendor" } else { "vendors" }),
            note: format!("The worst of a vendor's services.{squares}"),
            rows: rows.collect(),
        })
    }
}

pub(super) fn samples() -> Vec<Sample> {
    let item = |late| TodayItem {
        title: "Lumen Analytics, Lumen Triage".to_owned(),
        href: "/assessments/1/review".to_owned(),
        note: "Handed in 12 January".to_owned(),
        results: Some(ResultsView::sample()),
        when: "due 19 January".to_owned(),
        late,
        act: "Start review".to_owned(),
    };
    let today = TodayView {
        lede: "Good morning, Amara. Tuesday 13 January 2026.".to_owned(),
        paused: Some("All mail is paused: the mail server refused the password.".to_owned()),
        first: Some(Link::new("Open first item", "/assessments/1/review")),
        groups: vec![TodayGroup {
            id: "review".to_owned(),
            label: "Review".to_owned(),
            count: 12,
            items: vec![item(false), item(true)],
            all: Some("/assessments?waits=review".to_owned()),
        }],
        running: Some(TodayGroup {
            id: "running".to_owned(),
            label: "With the vendor".to_owned(),
            count: 1,
            items: vec![item(false)],
            all: None,
        }),
        empty: None,
        portfolio: Portfolio::new(|level| [2, 6, 5, 30, 1].get(level).copied().unwrap_or_default()),
        week: vec![WeekDay {
            day: "Fri 16".to_owned(),
            items: vec![
                Link::new("Nimbus OCR: answers due", "/assessments/2"),
                Link::new("Corvid AI: no test of restores", "/findings/3"),
            ],
        }],
        more: 2,
        decided: vec![DecidedLine {
            title: "Kestrel Payments, Payouts".to_owned(),
            href: "/assessments/4".to_owned(),
            when: "12 Jan 2026".to_owned(),
            results: Some(ResultsView::sample()),
        }],
    };
    let calm = TodayView {
        paused: None,
        first: None,
        groups: Vec::new(),
        running: None,
        portfolio: None,
        week: Vec::new(),
        more: 0,
        decided: Vec::new(),
        empty: Some(EmptyState {
            title: "Nothing needs you".to_owned(),
            text: "Next: Lumen Triage is due on 19 January.".to_owned(),
            action: Some(Link::new("Register a vendor", "/vendors/new")),
        }),
        ..today.clone()
    };
    vec![
        Sample::page("pages/today/today", "busy", &staff("2 things need you", Section::Today).wrap(today)),
        Sample::page("pages/today/today", "calm", &staff("Nothing needs you", Section::Today).wrap(calm)),
    ]
}
