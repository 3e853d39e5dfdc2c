//! Is it alive, is it ready, and which JSON routes exist.

use super::{
    Answer,
    routes::{self, Access, Answers, routes},
};
use crate::{
    domain::signing_key::key_set,
    usecases::{Services, keys, operations},
};
use actix_web::{HttpResponse, http::header, web::Data};
use serde_json::{Map, Value, json};

routes! {
    GET "/health/live" => live, Access::Public, Json, "Answers 200 while the process runs.";
    GET "/health/ready" => ready, Access::Public, Json, "Answers 200 when the database answers, its schema is current and no disk is full.";
    GET "/.well-known/jwks.json" => published_keys, Access::Public, Json, "Public keys of signed documents.";
    GET "/openapi.json" => openapi, Access::Public, Json, "This document.";
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

async fn ready(services: Data<Services>) -> Answer {
    operations::ready(&services).await?;
    Ok(HttpResponse::Ok().json(json!({"status": "ok"})))
}

/// Every key that ever signed a receipt, for ever.
async fn published_keys(services: Data<Services>) -> Answer {
    Ok(HttpResponse::Ok().json(key_set(&keys::all(&services).await?)))
}

/// The JSON routes, straight from the route table, so the document cannot name one that does not exist.
async fn openapi() -> HttpResponse {
    let mut paths: Map<String, Value> = Map::new();
    for route in routes::all().filter(|route| route.answers == Answers::Json) {
        let parameters: Vec<Value> = route
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
            .collect();
        let problem = json!({"description": "A problem, see docs/problems.md",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}});
        let operation = json!({
            "summary": route.about,
            "parameters": parameters,
            "responses": {
                "200": {"description": "Done", "content": {"application/json": {"schema": {"type": "object"}}}},
                "default": problem,
            },
        });
        let entry = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        if let Some(methods) = entry.as_object_mut() {
            methods.insert(route.method.to_lowercase(), operation);
        }
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {"title": "Assay", "version": env!("CARGO_PKG_VERSION")},
        "paths": paths,
        "components": {"schemas": {"Problem": {"type": "object", "required": ["type", "title", "status", "code"],
            "properties": {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
                "code": {"type": "string"}, "detail": {"type": "string"}, "instance": {"type": "string"}}}}},
    });
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).json(document)
}
