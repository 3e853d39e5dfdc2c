//! Static files under content-hashed names, cached for ever; each name is a new address when its content changes.

use super::{
    Answer,
    problem::{NOT_FOUND, Problem},
    routes::{Access, routes},
};
use crate::render::Renderer;
use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Path},
};

routes! {
    GET "/static/{file:.*}" => file, Access::Public, Bytes;
}

async fn file(renderer: Data<Renderer>, name: Path<String>) -> Answer {
    let asset = renderer.assets().at(&format!("/static/{name}")).ok_or_else(|| Problem::new(NOT_FOUND))?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, asset.mime))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::ETAG, asset.etag.clone()))
        .body(asset.bytes.clone()))
}
