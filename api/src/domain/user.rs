//! Organisations and the people who sign in for them.

use super::{
    ids::{TenantId, UserId},
    permission::Role,
};
use crate::word_enum;
use chrono::{DateTime, Utc};

/// An organisation that assesses vendors.
#[derive(Clone, Debug)]
pub struct Organisation {
    /// Which.
    pub id: TenantId,
    /// Name as vendors see it.
    pub name: String,
    /// IANA time zone; due dates end there.
    pub time_zone: String,
    /// When it was set up.
    pub created_at: DateTime<Utc>,
}

word_enum! {
    /// Whether a user can sign in.
    UserState {
        /// Has a sign-in link, has not chosen a password yet.
        Invited => "invited",
        /// Can sign in.
        Active => "active",
        /// Cannot sign in; history stays.
        Disabled => "disabled",
    }
}

/// A person who signs in for an organisation.
#[derive(Clone, Debug)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// For whom.
    pub tenant_id: TenantId,
    /// Name as shown.
    pub name: String,
    /// Address as typed.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// argon2id; none until they chose a password.
    pub password_hash: Option<String>,
    /// Whether they can sign in.
    pub state: UserState,
    /// For optimistic saves.
    pub version: i64,
}

word_enum! {
    /// Why a sign-in link was made; decides how long it works.
    UserLinkPurpose {
        /// A new user's first link.
        Invite => "invite",
        /// The password was forgotten.
        Reset => "reset",
    }
}
