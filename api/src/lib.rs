//! Assay: a self-hosted service that asks vendors about supplier security and AI risk, scores what they answer
//! exactly, and gets the gaps fixed.
//!
//! The floors, from the ground up (`docs/architecture.md`; the architecture test enforces who may import whom):
//! `domain` (pure rules), `store` / `blobs` / `auth` / `documents` / `render` / `mail` (adapters), `usecases` (one
//! function per thing a person or timer can do), `web` / `jobs` / `cli` (front ends), `bootstrap`, `timekeeping`,
//! `doctor` and `main` (wiring).

pub mod auth;
pub mod blobs;
pub mod bootstrap;
pub mod cli;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod documents;
pub mod domain;
pub mod jobs;
pub mod mail;
pub mod render;
pub mod shutdown;
pub mod store;
pub mod telemetry;
pub mod timekeeping;
pub mod usecases;
pub mod web;
