//! Puts the HTTP service together: data, middleware in order, routes. `main` serves it, tests call it.

use super::{
    body::Pace,
    load::Load,
    problem::{NOT_FOUND, Problem},
    routes,
    session::CookieRules,
    shares::Shares,
};
use crate::{config::TrustedProxies, render::Renderer, usecases::Services};
use actix_web::{
    HttpResponse,
    web::{self, Data, ServiceConfig},
};
use std::sync::Arc;

/// Gives the demo's mails as JSON, newest first; pages do not know the mail adapter.
pub type MailboxReader = Arc<dyn Fn() -> serde_json::Value + Send + Sync>;

/// Everything that handlers reach besides their request.
#[derive(Clone)]
pub struct AppState {
    /// Adapters and settings for use-cases.
    pub services: Data<Services>,
    /// Templates.
    pub renderer: Data<Renderer>,
    /// Cookie names and flags.
    pub cookies: Data<CookieRules>,
    /// Reads the mailbox that `assay demo` shows; none in production.
    pub mailbox: Data<Option<MailboxReader>>,
    /// How slowly a body may arrive and be taken.
    pub pace: Data<Pace>,
    /// How many requests may be worked on at once.
    pub load: Data<Load>,
    /// How much of it one person may have.
    pub shares: Data<Shares>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Data<TrustedProxies>,
}

impl AppState {
    /// State for a service reached under the base URL of `services`.
    #[must_use]
    pub fn new(services: Services, renderer: Renderer, mailbox: Option<MailboxReader>) -> Self {
        let cookies = CookieRules::for_base_url(&services.base_url);
        Self {
            services: Data::new(services),
            renderer: Data::new(renderer),
            cookies: Data::new(cookies),
            mailbox: Data::new(mailbox),
            pace: Data::new(Pace::default()),
            load: Data::new(Load::default()),
            shares: Data::new(Shares::default()),
            trusted_proxies: Data::new(TrustedProxies::default()),
        }
    }
    /// Behind these reverse proxies.
    #[must_use]
    pub fn behind(self, proxies: TrustedProxies) -> Self {
        Self { trusted_proxies: Data::new(proxies), ..self }
    }
    /// With another bound on what is done at once.
    #[must_use]
    pub fn bearing(self, load: Load) -> Self {
        Self { load: Data::new(load), ..self }
    }
    /// With other shares for each person.
    #[must_use]
    pub fn sharing(self, shares: Shares) -> Self {
        Self { shares: Data::new(shares), ..self }
    }
    /// With another pace for bodies.
    #[must_use]
    pub fn at_pace(self, pace: Pace) -> Self {
        Self { pace: Data::new(pace), ..self }
    }
}

/// Registers data, middleware and routes on a scope that covers everything.
pub fn configure(config: &mut ServiceConfig, state: &Arc<AppState>) {
    config
        .app_data(state.services.clone())
        .app_data(state.renderer.clone())
        .app_data(state.cookies.clone())
        .app_data(state.mailbox.clone())
        .app_data(state.pace.clone())
        .app_data(state.load.clone())
        .app_data(state.shares.clone())
        .app_data(state.trusted_proxies.clone());
    routes::register(config);
    config.default_service(web::route().to(nothing_here));
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::new(NOT_FOUND))
}

/// The whole application, ready for `HttpServer` or for actix's test service.
#[macro_export]
macro_rules! http_app {
    ($state:expr) => {{
        let state = std::sync::Arc::clone(&$state);
        actix_web::App::new()
            .wrap(actix_web::middleware::from_fn($crate::web::guard::admit))
            .wrap(actix_web::middleware::from_fn($crate::web::load::bounded))
            .wrap(actix_web::middleware::from_fn($crate::web::head::within))
            .wrap(actix_web::middleware::from_fn($crate::web::error_page::present))
            .wrap(actix_web::middleware::Compress::default())
            .wrap(actix_web::middleware::from_fn($crate::web::body::in_time))
            .configure(move |config| $crate::web::app::configure(config, &state))
    }};
}
