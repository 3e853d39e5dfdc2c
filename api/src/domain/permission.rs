//! Roles, and what each of them may do (`product.md`, "Roles").

use crate::word_enum;

word_enum! {
    /// What a user is to a tenant.
    Role {
        /// Everything.
        Admin => "admin",
        /// Everything but users and settings.
        RiskManager => "risk_manager",
        /// Vendors, services, intake, send, remind, extend, cancel, revoke; reads scores and findings.
        Procurement => "procurement",
        /// Reads everything, changes nothing.
        Viewer => "viewer",
    }
}

impl Role {
    /// The role in plain words, for pages.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Admin => "Admin",
            Self::RiskManager => "Risk manager",
            Self::Procurement => "Procurement",
            Self::Viewer => "Viewer",
        }
    }
}

word_enum! {
    /// One kind of act that a role allows. Every staff route names one.
    Permission {
        /// See vendors, assessments, scores, findings, decisions.
        Read => "read",
        /// Register and change vendors, contacts and services; archive.
        ManageVendors => "manage_vendors",
        /// Answer an intake; ask for a tier override.
        AnswerIntake => "answer_intake",
        /// Create, send, remind, extend, cancel; reissue and revoke invitations.
        SendAssessments => "send_assessments",
        /// Give verdicts and return clarifications.
        Review => "review",
        /// Raise, send, verify, dismiss and reopen findings.
        ManageFindings => "manage_findings",
        /// Record and reopen decisions.
        Decide => "decide",
        /// Invite, disable, change roles.
        ManageUsers => "manage_users",
        /// See background work that failed, and try it again.
        Operate => "operate",
        /// Read who did what, from where: what the organisation's own people do is not for everybody.
        ReadAuditTrail => "read_audit_trail",
    }
}

impl Role {
    /// Whether the role allows the act.
    #[must_use]
    pub const fn may(self, permission: Permission) -> bool {
        match self {
            Self::Admin => true,
            Self::RiskManager => !matches!(permission, Permission::ManageUsers | Permission::Operate),
            Self::Procurement => matches!(
                permission,
                Permission::Read
                    | Permission::ManageVendors
                    | Permission::AnswerIntake
                    | Permission::SendAssessments
            ),
            Self::Viewer => matches!(permission, Permission::Read | Permission::ReadAuditTrail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_may_only_read() {
        for &permission in Permission::ALL {
            let reads = matches!(permission, Permission::Read | Permission::ReadAuditTrail);
            assert_eq!(Role::Viewer.may(permission), reads);
        }
    }

    #[test]
    fn everybody_but_procurement_reads_the_audit_trail() {
        for &role in Role::ALL {
            assert_eq!(role.may(Permission::ReadAuditTrail), role != Role::Procurement);
        }
    }

    #[test]
    fn procurement_gives_no_verdict_finding_or_decision() {
        for permission in
            [Permission::Review, Permission::ManageFindings, Permission::Decide, Permission::ManageUsers]
        {
            assert!(!Role::Procurement.may(permission));
        }
    }

    #[test]
    fn words_round_trip() {
        for &role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
    }
}
